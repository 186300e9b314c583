// How a daemon's policy and lists are read again: on SIGHUP, when a list has
// changed, when an operator accepts one. Files may be large and disks slow, so
// all of it is done on a thread, one reading at a time; only what it found is
// used on the loop's thread.

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "adapters/daemon/daemon.h"
#include "adapters/daemon/policy_load.h"
#include "lib/dns/servers.h"

namespace mailverdict {
namespace {

constexpr char kAboutPolicy[] = "policy";
constexpr char kAboutMemory[] = "memory of lists";
constexpr char kAboutThread[] = "thread";

std::string AboutList(const ListKey& key) {
  return absl::StrCat("list ", key.second);
}

// The line about a list whose file is not in force as it is.
std::string TroubleLine(const ListKey& key, const ListInForce& list) {
  if (list.state == ListInForce::State::kBroken) {
    return absl::StrCat("list ", key.second,
                        " is refused, its last good version stays in force (",
                        list.entries, " entries): ", list.why,
                        "; mend the file");
  }
  return absl::StrCat("list ", key.second, " is HELD: ", list.why,
                      "; these stay in force, and what is new in it counts, "
                      "too; mend the file, or, if they are gone indeed: "
                      "mailverdict accept ",
                      key.second);
}

// Whether the memory has to be written anew.
bool OtherTexts(const ListsInForce& a, const ListsInForce& b) {
  const auto same = [](const auto& x, const auto& y) {
    return x.first == y.first && *x.second.text == *y.second.text;
  };
  return !std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

bool SameServers(const std::optional<absl::StatusOr<DnsServers>>& a,
                 const std::optional<absl::StatusOr<DnsServers>>& b) {
  if (!a.has_value() || !b.has_value()) return a.has_value() == b.has_value();
  return a->ok() && b->ok() ? **a == **b : a->status() == b->status();
}

}  // namespace

// What a reading has found; nothing of it, where it did not come to that.
struct Daemon::Reading {
  bool whole = false;  // the policy, too
  bool look = false;   // whether files have changed
  std::set<std::string> accepted;
  std::set<std::string> again;  // lists of which the last reading was not final
  bool save = false;            // the lists in force have not been remembered
  std::optional<absl::StatusOr<LoadedPolicyFiles>> read;
  bool same_lists = true;
  std::optional<absl::Status> saved;
  std::string history_path;  // the memory is beside it
  FileWatch watch;           // the daemon's, while the reading has it

  void Read(PolicyLoadOptions options);
};

void Daemon::LookAtFiles() {
  look_at_files_->Set(kLookAtFiles, [this] {
    for (const std::string& line : alarms_.Due(loop_->Now())) {
      log_->Write(Severity::kError, line);
    }
    StartReading(std::exchange(read_again_, false), /*look=*/true);
    LookAtFiles();
  });
}

// Without `whole` only the lists are read, if one has changed. A reading that
// is under way comes first, and then this one if it is whole: what it would
// read may have changed since.
void Daemon::StartReading(bool whole, bool look) {
  if (reading_->running()) {
    read_again_ |= whole;
    return;
  }
  if (!whole && watch_.empty() && !unsaved_) return;
  auto reading = std::make_shared<Reading>();
  reading->whole = whole;
  reading->look = look;
  if (!whole) {
    for (const PendingAccept& each : pending_accepts_) {
      reading->accepted.insert(each.path);
    }
  }
  reading->save = unsaved_ && loop_->Now() >= save_again_at_;
  PolicyLoadOptions options;
  options.policy_path = policy_path_;
  if (!whole) options.policy_text = policy_text_;
  options.before = lists_;
  options.accepted = reading->accepted;
  options.now = loop_->Now();
  for (const auto& [key, list] : lists_) {
    if (list.reread) reading->again.insert(key.second);
  }
  reading->history_path = started_.history.path;
  reading->watch = std::move(watch_);
  const absl::Status started = reading_->Start(
      [reading, options = std::move(options)] { reading->Read(options); },
      [this, reading] { EndReading(reading.get()); });
  if (started.ok()) {
    alarms_.Clear(kAboutThread);
    return;
  }
  // The machine has no thread to spare. Mail goes on by what is in force, and
  // the next look tries again.
  watch_ = std::move(reading->watch);
  read_again_ |= whole;
  const std::string line =
      absl::StrCat("no thread to read the policy's files (", started.message(),
                   "); what is in force stays, tried again in ",
                   absl::FormatDuration(kLookAtFiles));
  if (alarms_.Raise(kAboutThread, line, loop_->Now())) {
    log_->Write(Severity::kError, line);
  }
}

// On a thread of its own, which may outlive the daemon: uses nothing but this.
void Daemon::Reading::Read(PolicyLoadOptions options) {
  // A whole reading may be refused, and must not use up the news of a list. One
  // that an operator has caused may follow another at once, too soon to say
  // that a file is quiet.
  if (!whole && look) {
    options.only = watch.Look();
    for (const std::string& path : again) {
      if (watch.IsSettled(path)) options.only.insert(path);
    }
  }
  options.only.insert(accepted.begin(), accepted.end());
  const ListsInForce* lists = &options.before;
  if (whole || !options.only.empty()) {
    read = LoadPolicyFiles(options);
    if (read->ok()) lists = &(*read)->lists;
    same_lists = SameLists(options.before, *lists);
  }
  if (save || OtherTexts(options.before, *lists)) {
    saved = SaveLists(history_path, *lists, false);
  }
}

void Daemon::EndReading(Reading* reading) {
  watch_ = std::move(reading->watch);
  const bool again = std::exchange(read_again_, false);
  if (reading->saved.has_value()) TellOfMemory(*reading->saved);
  if (reading->read.has_value() && !(reading->whole && again)) {
    if (reading->whole) {
      UseWhole(*std::move(reading->read));
    } else {
      UseLists(*std::move(reading->read), reading->same_lists);
    }
  }
  AnswerAccepts(reading->accepted);
  if (again || !pending_accepts_.empty()) StartReading(again);
}

void Daemon::UseWhole(absl::StatusOr<LoadedPolicyFiles> read) {
  if (!read.ok()) {
    const std::string line = absl::StrCat("policy refused, the old one stays: ",
                                          read.status().message());
    alarms_.Raise(kAboutPolicy, line, loop_->Now());
    log_->Write(Severity::kError, line);
    return;
  }
  alarms_.Clear(kAboutPolicy);
  if (!started_.CanReloadTo(read->loaded.daemon)) {
    log_->Write(Severity::kWarning,
                absl::StrCat(policy_path_,
                             ": listeners, user, log, history and "
                             "max_connections change with a restart only"));
  }
  EndOverrides();
  Use(*std::move(read), /*whole=*/true);
  log_->Write(Severity::kInfo, absl::StrCat(policy_path_, " read again"));
}

// What operators have set stays in force, and the policy is not read.
void Daemon::UseLists(absl::StatusOr<LoadedPolicyFiles> read, bool same_lists) {
  if (!read.ok()) {
    log_->Write(Severity::kError, absl::StrCat("lists are not read again: ",
                                               read.status().message()));
    return;
  }
  if (SameServers(read->dns_servers, dns_servers_) && same_lists) {
    TellOfLists(read->lists);
    lists_ = read->lists;
    return;
  }
  const Overrides overrides = engine_->overrides();
  Use(*std::move(read), /*whole=*/false);
  engine_->SetOverrides(overrides);
  log_->Write(Severity::kInfo,
              absl::StrCat("what ", policy_path_, " names has changed"));
}

void Daemon::Use(LoadedPolicyFiles read, bool whole) {
  for (const std::string& warning : read.loaded.warnings) {
    // A list that changes each minute does not repeat what is said of the rest.
    if (whole || warned_.count(warning) == 0) {
      log_->Write(Severity::kWarning, warning);
    }
  }
  warned_ = {read.loaded.warnings.begin(), read.loaded.warnings.end()};
  TellOfLists(read.lists);
  TellOfDnsServers(read.dns_servers);
  dns_servers_ = read.dns_servers;
  policy_text_ = read.text;
  lists_ = read.lists;
  if (whole) {
    // The operator has read the policy again, and perhaps unlocked an account.
    for (const auto& [key, account] : accounts_) account->ForgetRefusals();
    std::vector<std::string> watched;
    for (const auto& [key, list] : lists_) watched.push_back(key.second);
    const Policy& policy = read.loaded.policy;
    if (policy.AsksDns() && policy.dns.servers.empty()) {
      watched.push_back(kResolvConf);
    }
    watch_ = FileWatch(watched);
  }
  Use(std::make_shared<const Policy>(std::move(read.loaded.policy)));
}

// Lines about the servers of DNS, if they are others than before.
void Daemon::TellOfDnsServers(
    const std::optional<absl::StatusOr<DnsServers>>& servers) {
  if (!servers.has_value() || SameServers(servers, dns_servers_)) return;
  if (!servers->ok()) {
    log_->Write(Severity::kError, absl::StrCat("DNS is not asked: ",
                                               servers->status().message()));
    return;
  }
  for (const std::string& complaint : (*servers)->complaints) {
    log_->Write(Severity::kWarning, complaint);
  }
}

// Lines about lists whose state is another than it was.
void Daemon::TellOfLists(const ListsInForce& lists) {
  for (const auto& [key, list] : lists_) {
    if (lists.count(key) == 0) alarms_.Clear(AboutList(key));
  }
  for (const auto& [key, list] : lists) {
    if (list.state == ListInForce::State::kGood) {
      if (!alarms_.Clear(AboutList(key))) continue;
      log_->Write(Severity::kWarning,
                  absl::StrCat("list ", key.second,
                               " is in force again as the file says, ",
                               list.entries, " entries"));
    } else if (const std::string line = TroubleLine(key, list);
               alarms_.Raise(AboutList(key), line, loop_->Now())) {
      log_->Write(Severity::kError, line);
    }
  }
}

void Daemon::TellOfMemory(const absl::Status& saved) {
  unsaved_ = !saved.ok();
  if (saved.ok()) {
    if (alarms_.Clear(kAboutMemory)) {
      log_->Write(Severity::kWarning, "lists are remembered again");
    }
    return;
  }
  save_again_at_ = loop_->Now() + kSaveAgain;
  const std::string line = absl::StrCat(
      "lists are not remembered (", saved.message(),
      "): should the daemon be restarted, they are compared with older "
      "versions; tried again each ",
      absl::FormatDuration(kSaveAgain));
  if (alarms_.Raise(kAboutMemory, line, loop_->Now())) {
    log_->Write(Severity::kError, line);
  }
}

// ---- the operator accepts a list ----

void Daemon::Accept(const std::string& path,
                    std::function<void(const absl::Status&)> done) {
  const auto list = lists_.find({false, path});
  if (list == lists_.end()) {
    done(absl::NotFoundError(
        absl::StrCat("the policy names no also_valid or exception_file ", path,
                     "; write it as `mailverdict status` does")));
  } else if (list->second.state == ListInForce::State::kBroken) {
    done(absl::FailedPreconditionError(absl::StrCat(
        path, " cannot be accepted: ", list->second.why, "; mend the file")));
  } else if (list->second.state == ListInForce::State::kGood) {
    done(absl::FailedPreconditionError(absl::StrCat(
        path, " is not held: it is in force as it was read last")));
  } else {
    pending_accepts_.push_back({path, std::move(done)});
    StartReading(false);
  }
}

void Daemon::AnswerAccepts(const std::set<std::string>& accepted) {
  std::vector<PendingAccept> waiting;
  for (PendingAccept& each : std::exchange(pending_accepts_, {})) {
    if (accepted.count(each.path) == 0) {
      waiting.push_back(std::move(each));
      continue;
    }
    const auto list = lists_.find({false, each.path});
    absl::Status status;
    if (list == lists_.end()) {
      status = absl::NotFoundError(
          absl::StrCat("the policy no longer names ", each.path));
    } else if (list->second.state != ListInForce::State::kGood) {
      status = absl::FailedPreconditionError(absl::StrCat(
          each.path,
          " has changed since it was held, and what it says now is another "
          "loss: ",
          list->second.why, "; look at the file and at `mailverdict status`"));
    }
    LogOrder(absl::StrCat("accept ", each.path, status.ok() ? "" : ": ",
                          status.message()));
    each.done(status);
  }
  pending_accepts_ = std::move(waiting);
}

}  // namespace mailverdict
