#include "adapters/daemon/online_check.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/dns/controls.h"
#include "lib/dns/dns_resolver.h"
#include "lib/ldap/bind_account.h"
#include "lib/ldap/directory.h"
#include "lib/loop/event_loop.h"
#include "lib/loop/timer.h"
#include "lib/mail/address.h"
#include "lib/mail/escape.h"

namespace mailverdict {
namespace {

// Of the domain of the controls, which the directory is there for.
std::optional<mail::Address> NobodysAddress(const DirectoryPolicy& directory) {
  uint64_t number = 0;
  if (getentropy(&number, sizeof number) != 0 || directory.controls.empty()) {
    return std::nullopt;
  }
  const std::string& control = directory.controls.front().address;
  absl::StatusOr<mail::Address> address =
      mail::ParseAddress(absl::StrCat("mailverdict-check-", absl::Hex(number),
                                      control.substr(control.rfind('@'))));
  if (!address.ok()) return std::nullopt;
  return *std::move(address);
}

// The answer of the one server that `directory` has.
Answer Ask(std::shared_ptr<const DirectoryPolicy> directory,
           const MailboxLookup& lookup, std::shared_ptr<BindAccount> account) {
  const auto loop = EventLoop::Create();
  if (!loop.ok()) {
    return Answer(
        Report::Unknown(lookup, std::string(loop.status().message())));
  }
  std::optional<Answer> answer;
  {
    const absl::Duration patience = 3 * directory->timeout;
    Directory server(std::move(directory), loop->get(), {}, std::move(account));
    server.Resolve(lookup, [&](const Answer& found) {
      answer = found;
      (*loop)->Stop();
    });
    Timer end(loop->get());
    end.Set(patience, [&] { (*loop)->Stop(); });
    if (!answer.has_value()) (*loop)->Run();
  }
  return answer.has_value()
             ? *std::move(answer)
             : Answer(Report::Unknown(lookup, "no answer in time"));
}

// What a server that has no entry "" says to a search below it.
std::string NothingAtTheRoot(const Answer& answer,
                             const DirectoryPolicy& directory) {
  const bool no_such_object =
      answer.reason().find("No such object (32)") != std::string::npos;
  if (!directory.base.empty() || !no_such_object) return "";
  return "; base is \"\", which only a global catalog of Active Directory "
         "(port 3268, or 3269 with TLS) searches from; for any other server "
         "write the directory's own base";
}

std::string Found(const Answer& answer, const DirectoryPolicy& directory) {
  if (answer.present()) {
    return absl::StrCat(
        "FAILS: ", std::get<MailboxLookup>(answer.lookup()).address(),
        ", made up just now, is there: the filter finds "
        "everybody, and nobody will be rejected");
  }
  if (answer.unknown()) {
    return absl::StrCat("FAILS: ", answer.reason(),
                        NothingAtTheRoot(answer, directory));
  }
  if (!answer.proven()) {
    return "FAILS: it says who is absent, and the controls do not prove it";
  }
  return absl::StrCat(
      "is well: it shows ",
      absl::StrJoin(directory.controls, ", ",
                    [](std::string* out, const Control& control) {
                      absl::StrAppend(out, control.address);
                    }));
}

// `account` is shared, since each wrong password counts toward its lock, at
// whichever server.
bool CheckServer(const DirectoryPolicy& directory, const std::string& uri,
                 const std::shared_ptr<BindAccount>& account,
                 const std::function<void(const std::string&)>& print) {
  const std::optional<mail::Address> nobody = NobodysAddress(directory);
  const std::string name =
      absl::StrCat("directory ", directory.name, ", ", uri, " ");
  if (!nobody.has_value()) {
    print(name + "has no control: it proves nothing, nobody is rejected");
    return false;
  }
  auto alone = std::make_shared<DirectoryPolicy>(directory);
  alone->uris = {uri};
  const Answer answer = Ask(
      alone, MailboxLookup{directory.name, nobody->Spellings(""), ""}, account);
  print(name + Found(answer, directory));
  return answer.proven();
}

// A round of controls, for people.
std::string Found(const DnsControls::Round& round) {
  if (!round.objection.empty()) {
    return absl::StrCat("FAILS: ", round.objection);
  }
  return absl::StrCat(
      "is well: ",
      absl::StrJoin(
          round.reports, ", ", [](std::string* out, const Report& report) {
            const auto& lookup = std::get<DnsLookup>(report.lookup);
            absl::StrAppend(out,
                            report.state == AnswerState::kPresent ? "" : "no ",
                            lookup.name, " ", ToString(lookup.type));
          }));
}

// The rounds of names, if those are asked for, and of each list, at each
// server, all at once.
bool CheckDns(std::shared_ptr<const Policy> policy,
              const std::vector<DnsServer>& servers, EventLoop* loop,
              const std::function<void(const std::string&)>& print) {
  struct Subject {
    std::string name;
    DnsControls::Round round;
  };
  DnsResolver resolver({servers, policy->dns.timeout}, loop);
  DnsControls controls(
      policy, loop, &resolver, DnsControls::BitGen(),
      [](const std::string&, const DnsList*) { return HealthHooks(); });
  std::list<Subject> subjects;
  size_t owed = 0;
  const auto ask = [&](const std::string& what, const std::string& name) {
    for (const std::string& server : resolver.names()) {
      ++owed;
      Subject& subject = subjects.emplace_back();
      subject.name = absl::StrCat(what, ", ", server, " ");
      subject.round.objection = "no answer in time";
      controls.Ask(server, {name, DnsType::kA, true},
                   [&](const DnsControls::Round& round) {
                     subject.round = round;
                     if (--owed == 0) loop->Stop();
                   });
    }
  };
  if (policy->AsksForNames()) ask("dns", "");
  if (const auto* dnsbl = policy->FindCheck<DnsblCheckPolicy>()) {
    for (const DnsList& list : dnsbl->lists) {
      ask("list " + list.zone, "any." + list.zone);
    }
  }
  // Asked once more where it was silent, each time over TCP as well.
  Timer end(loop);
  end.Set(4 * policy->dns.timeout + absl::Milliseconds(500),
          [loop] { loop->Stop(); });
  if (owed > 0) loop->Run();
  bool good = true;
  for (const Subject& subject : subjects) {
    print(subject.name + Found(subject.round));
    good &= subject.round.objection.empty();
  }
  return good;
}

bool CheckDns(const Policy& policy,
              const std::function<void(const std::string&)>& print) {
  if (!policy.AsksDns()) return true;
  if (policy.AsksForNames() && policy.dns.controls.empty()) {
    print(
        "dns has no positive control: without one no domain is ever proven not "
        "to exist, and such mail gets a 451 and nothing more");
  }
  const auto servers = ServersOf(policy.dns);
  const auto loop = EventLoop::Create();
  const absl::Status status = servers.ok() ? loop.status() : servers.status();
  if (!status.ok()) {
    print(absl::StrCat("dns FAILS: ", status.message()));
    return false;
  }
  for (const std::string& complaint : servers->complaints) print(complaint);
  return CheckDns(std::make_shared<const Policy>(policy), servers->servers,
                  loop->get(), print);
}

}  // namespace

bool CheckOnline(const Policy& policy,
                 const std::function<void(const std::string&)>& print_line) {
  // A server's own words are in some of the lines.
  const auto print = [&print_line](const std::string& line) {
    print_line(mail::EscapeLine(line));
  };
  bool good = true;
  for (const DirectoryPolicy& directory : policy.directories) {
    for (const DirectoryPolicy::Arm& arm : directory.UncoveredArms()) {
      print(absl::StrCat("directory ", directory.name, ": the arm ",
                         arm.ToString(),
                         " has no control; nobody is rejected"));
      good = false;
    }
    size_t proving = 0;
    const auto account = std::make_shared<BindAccount>();
    for (const std::string& uri : directory.uris) {
      proving += CheckServer(directory, uri, account, print) ? 1 : 0;
    }
    good &= proving == directory.uris.size();
    if (directory.NeedsConfirmation() && proving == 1) {
      print(absl::StrCat("directory ", directory.name,
                         ": a rejection wants two servers (confirm_absent), "
                         "and one would prove it; nobody is rejected"));
    }
  }
  return CheckDns(policy, print) && good;
}

}  // namespace mailverdict
