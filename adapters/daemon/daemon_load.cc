// Loads the daemon's policy and lists again: at SIGHUP, when a list has
// changed, and when an operator accepts a list. Files may be large and disks
// slow, so each load runs on a thread, one load at a time. Only its result is
// applied on the loop's thread.

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
  return absl::StrCat("list ", key.path);
}

// The line about a list whose file is not in force as it is.
std::string TroubleLine(const ListKey& key, const ListInForce& list) {
  if (list.state == ListInForce::State::kBroken) {
    return absl::StrCat("list ", key.path,
                        " is refused, its last good version stays in force (",
                        list.entries, " entries): ", list.why,
                        "; mend the file");
  }
  return absl::StrCat("list ", key.path, " is HELD: ", list.why,
                      "; these stay in force, and what is new in it counts, "
                      "too; mend the file, or, if they are gone indeed: "
                      "mailverdict accept ",
                      key.path);
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

// One load: what it has to do, and its results.
struct Daemon::Load {
  bool whole = false;  // load the policy, too
  bool look = false;   // look which files have changed
  std::set<std::string> accepted;
  std::set<std::string> again;  // lists that must be read again (reread)
  bool save = false;            // save the lists even if they have not changed
  std::optional<absl::StatusOr<LoadedPolicyFiles>> read;
  bool same_lists = true;
  std::optional<absl::Status> saved;
  std::string history_path;  // the memory is beside it
  FileWatch watch;           // the daemon's, during the load

  void Run(PolicyLoadOptions options);
};

void Daemon::PollFiles() {
  poll_files_->Set(kPollInterval, [this] {
    for (const std::string& line : alarms_.Due(loop_->Now())) {
      log_->Write(Severity::kError, line);
    }
    StartLoad(std::exchange(read_again_, false), /*look=*/true);
    PollFiles();
  });
}

// Without `whole` only the lists that have changed are loaded. During another
// load nothing is started; a whole load then starts when that one has ended,
// since the policy may have changed after that one read it.
void Daemon::StartLoad(bool whole, bool look) {
  if (load_task_->running()) {
    read_again_ |= whole;
    return;
  }
  if (!whole && watch_.empty() && !unsaved_) return;
  auto load = std::make_shared<Load>();
  load->whole = whole;
  load->look = look;
  if (!whole) {
    for (const PendingAccept& each : pending_accepts_) {
      load->accepted.insert(each.path);
    }
  }
  load->save = unsaved_ && loop_->Now() >= save_again_at_;
  PolicyLoadOptions options;
  options.policy_path = policy_path_;
  if (!whole) options.policy_text = policy_text_;
  options.before = lists_;
  options.accepted = load->accepted;
  options.now = loop_->Now();
  for (const auto& [key, list] : lists_) {
    if (list.reread) load->again.insert(key.path);
  }
  load->history_path = settings_at_start_.history.path;
  load->watch = std::move(watch_);
  const absl::Status started = load_task_->Start(
      [load, options = std::move(options)] { load->Run(options); },
      [this, load] { EndLoad(load.get()); });
  if (started.ok()) {
    alarms_.Clear(kAboutThread);
    return;
  }
  // The machine has no thread to spare. Mail goes on by what is in force, and
  // the next look tries again.
  watch_ = std::move(load->watch);
  read_again_ |= whole;
  const std::string line =
      absl::StrCat("no thread to read the policy's files (", started.message(),
                   "); what is in force stays, tried again in ",
                   absl::FormatDuration(kPollInterval));
  if (alarms_.Raise(kAboutThread, line, loop_->Now())) {
    log_->Write(Severity::kError, line);
  }
}

// On a thread of its own, which may outlive the daemon: uses nothing but this.
void Daemon::Load::Run(PolicyLoadOptions options) {
  // A whole load does not look: it may be refused, and then the change of a
  // list would be lost. Nor does a load for an operator: it may follow another
  // load at once, too soon to see that a file has settled.
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

void Daemon::EndLoad(Load* load) {
  watch_ = std::move(load->watch);
  const bool again = std::exchange(read_again_, false);
  if (load->saved.has_value()) LogSaved(*load->saved);
  if (load->read.has_value() && !(load->whole && again)) {
    if (load->whole) {
      ApplyPolicy(*std::move(load->read));
    } else {
      ApplyLists(*std::move(load->read), load->same_lists);
    }
  }
  AnswerAccepts(load->accepted);
  if (again || !pending_accepts_.empty()) StartLoad(again);
}

void Daemon::ApplyPolicy(absl::StatusOr<LoadedPolicyFiles> read) {
  if (!read.ok()) {
    const std::string line = absl::StrCat("policy refused, the old one stays: ",
                                          read.status().message());
    alarms_.Raise(kAboutPolicy, line, loop_->Now());
    log_->Write(Severity::kError, line);
    return;
  }
  alarms_.Clear(kAboutPolicy);
  if (!settings_at_start_.CanReloadTo(read->loaded.daemon)) {
    log_->Write(Severity::kWarning,
                absl::StrCat(policy_path_,
                             ": listeners, user, log, history and "
                             "max_connections change with a restart only"));
  }
  EndOverrides();
  Apply(*std::move(read), /*whole=*/true);
  log_->Write(Severity::kInfo, absl::StrCat(policy_path_, " read again"));
}

// What operators have set stays in force, and the policy is not read.
void Daemon::ApplyLists(absl::StatusOr<LoadedPolicyFiles> read,
                        bool same_lists) {
  if (!read.ok()) {
    log_->Write(Severity::kError, absl::StrCat("lists are not read again: ",
                                               read.status().message()));
    return;
  }
  if (SameServers(read->dns_servers, dns_servers_) && same_lists) {
    LogLists(read->lists);
    lists_ = read->lists;
    return;
  }
  const Overrides overrides = engine_->overrides();
  Apply(*std::move(read), /*whole=*/false);
  engine_->SetOverrides(overrides);
  log_->Write(Severity::kInfo,
              absl::StrCat("what ", policy_path_, " names has changed"));
}

void Daemon::Apply(LoadedPolicyFiles read, bool whole) {
  for (const std::string& warning : read.loaded.warnings) {
    // A list that changes each minute does not repeat what is said of the rest.
    if (whole || warned_.count(warning) == 0) {
      log_->Write(Severity::kWarning, warning);
    }
  }
  warned_ = {read.loaded.warnings.begin(), read.loaded.warnings.end()};
  LogLists(read.lists);
  LogDnsServers(read.dns_servers);
  dns_servers_ = read.dns_servers;
  policy_text_ = read.text;
  lists_ = read.lists;
  if (whole) {
    // The operator has read the policy again, and perhaps unlocked an account.
    for (const auto& [key, account] : accounts_) account->ForgetRefusals();
    std::vector<std::string> watched;
    for (const auto& [key, list] : lists_) watched.push_back(key.path);
    const Policy& policy = read.loaded.policy;
    if (policy.AsksDns() && policy.dns.servers.empty()) {
      watched.push_back(kResolvConf);
    }
    watch_ = FileWatch(watched);
  }
  MakeEngine(std::make_shared<const Policy>(std::move(read.loaded.policy)));
}

// Lines about the servers of DNS, if they are others than before.
void Daemon::LogDnsServers(
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
void Daemon::LogLists(const ListsInForce& lists) {
  for (const auto& [key, list] : lists_) {
    if (lists.count(key) == 0) alarms_.Clear(AboutList(key));
  }
  for (const auto& [key, list] : lists) {
    if (list.state == ListInForce::State::kGood) {
      if (!alarms_.Clear(AboutList(key))) continue;
      log_->Write(Severity::kWarning,
                  absl::StrCat("list ", key.path,
                               " is in force again as the file says, ",
                               list.entries, " entries"));
    } else if (const std::string line = TroubleLine(key, list);
               alarms_.Raise(AboutList(key), line, loop_->Now())) {
      log_->Write(Severity::kError, line);
    }
  }
}

void Daemon::LogSaved(const absl::Status& saved) {
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
    StartLoad(false);
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
