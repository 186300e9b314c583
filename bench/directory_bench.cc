// Addresses a second from one slapd with 10,000 people, 64 lookups in flight,
// 30 % of them misses: through Directory (controls in every search, answers
// vouched for), and as plain searches pipelined on one connection, which can
// prove nothing. Only the ratio of the two means anything.
//
//   bazel run --config=opt //bench:directory_bench

#include <benchmark/benchmark.h>
#include <ldap.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "lib/resolve/directory.h"
#include "lib/resolve/testing/manual_executor.h"
#include "lib/resolve/testing/slapd.h"

namespace mailverdict {
namespace {

constexpr int kPeople = 10'000;
constexpr int kInFlight = 64;
constexpr char kBase[] = "ou=people,dc=example,dc=org";

Slapd& Server() {
  static Slapd* slapd = [] {
    auto* made = new Slapd;  // for as long as the program runs
    std::string ldif =
        Slapd::Base() + Slapd::Person("control", {"control@example.org"}) +
        Slapd::Person("control-alt", {}, {"control-alt@example.org"});
    for (int i = 0; i < kPeople; ++i) {
      const std::string name = absl::StrCat("user", i);
      ldif += Slapd::Person(name, {name + "@example.org"});
    }
    made->Load("full", ldif);
    Slapd::Options options;
    options.log = false;
    made->Start(options);
    return made;
  }();
  return *slapd;
}

std::string Recipient(int i) {
  const int who = static_cast<int>(i * 7919LL % kPeople);
  return absl::StrCat(i % 10 < 3 ? "nobody" : "user", who, "@example.org");
}

void BM_Directory(benchmark::State& state) {
  DirectoryPolicy policy;
  policy.name = "people";
  policy.uris = {Server().unix_uri()};
  policy.base = kBase;
  policy.filter =
      *FilterTemplate::Parse("(|(mail=%a)(mailAlternateAddress=%a))");
  policy.controls = {
      {"mail", "control@example.org", absl::StrCat("uid=control,", kBase)},
      {"mailalternateaddress", "control-alt@example.org",
       absl::StrCat("uid=control-alt,", kBase)}};
  ManualExecutor loop(ManualExecutor::Clock::kReal);
  Directory directory(std::make_shared<const DirectoryPolicy>(policy), &loop,
                      HealthHooks());
  int asked = 0, answered = 0, wrong = 0;
  const auto ask = [&] {
    const bool there = asked % 10 >= 3;
    directory.Resolve({"people", {Recipient(asked++)}, ""},
                      [&, there](const Answer& answer) {
                        ++answered;
                        wrong += there ? !answer.present() : !answer.vouched();
                      });
  };
  for (auto _ : state) {
    while (asked - answered < kInFlight) ask();
    const int before = answered;
    loop.RunUntil([&] { return answered > before; });
  }
  const int timed = answered;
  loop.RunUntil([&] { return answered == asked; });
  if (wrong != 0) state.SkipWithError("wrong answers");
  state.SetItemsProcessed(timed);
}
BENCHMARK(BM_Directory)->UseRealTime()->MinTime(2);

void BM_PlainSearches(benchmark::State& state) {
  LDAP* handle = nullptr;
  ldap_initialize(&handle, Server().unix_uri().c_str());
  int version = LDAP_VERSION3;
  ldap_set_option(handle, LDAP_OPT_PROTOCOL_VERSION, &version);
  char mail[] = "mail", alternate[] = "mailAlternateAddress";
  char* attributes[] = {mail, alternate, nullptr};
  int asked = 0, answered = 0;
  for (auto _ : state) {
    while (asked - answered < kInFlight) {
      const std::string who = Recipient(asked++);
      int id = 0;
      ldap_search_ext(
          handle, kBase, LDAP_SCOPE_SUBTREE,
          absl::StrCat("(|(mail=", who, ")(mailAlternateAddress=", who, "))")
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
BENCHMARK(BM_PlainSearches)->UseRealTime()->MinTime(2);

}  // namespace
}  // namespace mailverdict
