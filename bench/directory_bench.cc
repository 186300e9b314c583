// Addresses a second from one slapd with 10,000 people, 30 % of them misses, by
// how many lookups are in flight: through Directory (controls in every search,
// answers vouched for), and by libldap's searches pipelined on one connection,
// one for each address: plain ones, which can prove nothing, and such as have
// the controls in them. Only ratios mean anything, and they depend on whether
// slapd logs each search.
//
//   bazel run --config=opt //bench:directory_bench

#include <benchmark/benchmark.h>
#include <ldap.h>

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/ldap/directory.h"
#include "lib/ldap/slapd_testing.h"
#include "lib/loop/manual_executor_testing.h"

namespace mailverdict {
namespace {

constexpr int kPeople = 10'000;
constexpr char kBase[] = "ou=people,dc=example,dc=org";

std::string Recipient(int i) {
  const int who = static_cast<int>(i * 7919LL % kPeople);
  return absl::StrCat(i % 10 < 3 ? "nobody" : "user", who, "@example.org");
}

// Asks for one recipient after the other.
class Asking {
 public:
  explicit Asking(const std::string& uri)
      : loop_(ManualExecutor::Clock::kReal),
        directory_(Policy(uri), &loop_, HealthHooks()) {}

  // Returns when one more is answered.
  void Keep(int in_flight) {
    while (asked_ - answered_ < in_flight) Ask();
    const int before = answered_;
    loop_.RunUntil([&] { return answered_ > before; });
  }
  void AwaitAll() {
    loop_.RunUntil([&] { return answered_ == asked_; });
  }
  int asked() const { return asked_; }
  int answered() const { return answered_; }
  int wrong() const { return wrong_; }

 private:
  static std::shared_ptr<const DirectoryPolicy> Policy(const std::string& uri) {
    DirectoryPolicy policy;
    policy.name = "people";
    policy.uris = {uri};
    policy.base = kBase;
    policy.filter =
        *FilterTemplate::Parse("(|(mail=%a)(mailAlternateAddress=%a))");
    policy.controls = {
        {"mail", "control@example.org", absl::StrCat("uid=control,", kBase)},
        {"mailalternateaddress", "control-alt@example.org",
         absl::StrCat("uid=control-alt,", kBase)}};
    return std::make_shared<const DirectoryPolicy>(policy);
  }

  void Ask() {
    const bool there = asked_ % 10 >= 3;
    directory_.Resolve({"people", {Recipient(asked_++)}, ""},
                       [this, there](const Answer& answer) {
                         ++answered_;
                         wrong_ +=
                             there ? !answer.present() : !answer.proven();
                       });
  }

  ManualExecutor loop_;
  Directory directory_;
  int asked_ = 0, answered_ = 0, wrong_ = 0;
};

// By slapd's log, with one lookup in flight and with many.
void CheckThatControlsAreInEachSearch(const Slapd& slapd) {
  for (const int in_flight : {1, 256}) {
    Asking asking(slapd.uri());
    while (asking.answered() < 1000) asking.Keep(in_flight);
    asking.AwaitAll();
  }
  const int searches = slapd.searches();
  if (searches < 1000 || slapd.Logged("(mail=control@") != searches ||
      slapd.Logged("(mailAlternateAddress=control-alt@") != searches) {
    throw std::runtime_error("there are searches without their controls");
  }
}

// One that logs nothing ("none"), or as it does by default ("stats"): to
// syslog, whether there is one or not.
Slapd& Server(const std::string& loglevel) {
  static std::map<std::string, Slapd> servers;
  const auto [server, is_new] = servers.try_emplace(loglevel);
  Slapd& slapd = server->second;
  if (!is_new) return slapd;
  std::string ldif =
      Slapd::Base() + Slapd::Person("control", {"control@example.org"}) +
      Slapd::Person("control-alt", {}, {"control-alt@example.org"});
  for (int i = 0; i < kPeople; ++i) {
    const std::string name = absl::StrCat("user", i);
    ldif += Slapd::Person(name, {name + "@example.org"});
  }
  slapd.Load("full", ldif);
  slapd.Start();
  CheckThatControlsAreInEachSearch(slapd);
  slapd.Stop();
  Slapd::Options options;
  options.log = false;
  // By default it closes a connection on which more than 100 wait.
  options.global =
      absl::StrCat("loglevel ", loglevel, "\nconn_max_pending 1000\n");
  slapd.Start(options);
  return slapd;
}

// Which slapd is asked, in which way, and for whom.
struct Setting {
  std::string Uri() const {
    const Slapd& slapd = Server(loglevel);
    return unix_socket ? slapd.unix_uri() : slapd.uri();
  }

  std::string name;
  // Each is asked for once by one Directory. Nothing to libldap.
  bool strangers = false;
  std::string loglevel = "none";
  bool unix_socket = false;
};

void BM_Directory(benchmark::State& state, const Setting& setting) {
  const int in_flight = static_cast<int>(state.range(0));
  std::optional<Asking> asking;
  int timed = 0, wrong = 0;
  const auto end = [&] {
    asking->AwaitAll();
    wrong += asking->wrong();
  };
  const auto begin = [&] {
    asking.emplace(setting.Uri());
    const int before = setting.strangers ? 1 : kPeople;
    while (asking->answered() < before) asking->Keep(in_flight);
    return asking->answered();
  };
  int counted_from = begin();
  for (auto _ : state) {
    if (setting.strangers && asking->asked() >= kPeople) {
      state.PauseTiming();
      timed += asking->answered() - counted_from;
      end();
      counted_from = begin();
      state.ResumeTiming();
    }
    asking->Keep(in_flight);
  }
  timed += asking->answered() - counted_from;
  end();
  if (wrong != 0) state.SkipWithError("wrong answers");
  state.SetItemsProcessed(timed);
}

// `controls`: the part of each filter that asks for them.
void Searches(benchmark::State& state, const Setting& setting,
              const std::string& controls) {
  LDAP* handle = nullptr;
  ldap_initialize(&handle, setting.Uri().c_str());
  int version = LDAP_VERSION3;
  ldap_set_option(handle, LDAP_OPT_PROTOCOL_VERSION, &version);
  char mail[] = "mail", alternate[] = "mailAlternateAddress";
  char* attributes[] = {mail, alternate, nullptr};
  int asked = 0, answered = 0;
  for (auto _ : state) {
    while (asked - answered < state.range(0)) {
      const std::string who = Recipient(asked++);
      int id = 0;
      ldap_search_ext(handle, kBase, LDAP_SCOPE_SUBTREE,
                      absl::StrCat("(|", controls, "(mail=", who,
                                   ")(mailAlternateAddress=", who, "))")
                          .c_str(),
                      attributes, 0, nullptr, nullptr, nullptr, 0, &id);
    }
    LDAPMessage* message = nullptr;
    const int kind =
        ldap_result(handle, LDAP_RES_ANY, LDAP_MSG_ONE, nullptr, &message);
    if (kind < 0) return state.SkipWithError("slapd has gone");
    answered += kind == LDAP_RES_SEARCH_RESULT;
    ldap_msgfree(message);
  }
  state.SetItemsProcessed(answered);
  ldap_unbind_ext(handle, nullptr, nullptr);
}

void BM_PlainSearches(benchmark::State& state, const Setting& setting) {
  Searches(state, setting, "");
}

void BM_WithControls(benchmark::State& state, const Setting& setting) {
  Searches(state, setting,
           "(mail=control@example.org)"
           "(mailAlternateAddress=control-alt@example.org)");
}

const bool kRegistered = [] {
  const Setting kSettings[] = {
      {"known"},
      {"strangers", /*strangers=*/true},
      {"slapd logs", /*strangers=*/false, "stats"},
      {"unix socket", /*strangers=*/false, "none", /*unix_socket=*/true},
  };
  for (const auto& [name, run] :
       {std::pair("BM_Directory", BM_Directory),
        std::pair("BM_PlainSearches", BM_PlainSearches),
        std::pair("BM_WithControls", BM_WithControls)}) {
    for (const Setting& setting : kSettings) {
      benchmark::RegisterBenchmark(
          absl::StrCat(name, "/", setting.name).c_str(), run, setting)
          ->ArgName("in flight")
          ->Arg(1)
          ->Arg(16)
          ->Arg(64)
          ->Arg(256)
          ->UseRealTime();
    }
  }
  return true;
}();

}  // namespace
}  // namespace mailverdict
