#include "adapters/daemon/policy_load.h"

#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/daemon/policy_files.h"
#include "adapters/daemon/told_facts.h"
#include "lib/checks/build_chain.h"
#include "lib/history/saved_lists.h"
#include "lib/history/store_files.h"

namespace mailverdict {
namespace {

// Which lists a policy names, found by loading it with all of them empty.
struct Named {
  std::set<ListKey> lists;
  std::string history_file;
  int max_percent = DaemonPolicy().max_list_loss_percent;
};

Named NamesIn(const std::string& text, const std::string& path,
              const FileReader& read) {
  Named named;
  ListReaders empty;
  empty.addresses = [&named](const std::string& list) {
    named.lists.insert({false, list});
    return mail::AddressFile();
  };
  empty.domains = [&named](const std::string& list) {
    named.lists.insert({true, list});
    return DomainList::Parse("", list);
  };
  const auto loaded = LoadDaemonPolicy(text, path, read, empty);
  if (loaded.ok()) {
    named.history_file = loaded->daemon.history.path;
    named.max_percent = loaded->daemon.max_list_loss_percent;
  }
  return named;
}

// Passwords and certificates of a policy in force were good when it was read,
// and are read again at each connection; that one of them is just being renewed
// must not hinder a list.
absl::StatusOr<std::string> TakenAsGood(const std::string&) {
  return std::string("-----BEGIN ");
}

using ListErrors = std::map<ListKey, absl::Status>;

absl::Status ErrorOf(const ListErrors& errors, const ListKey& key) {
  const auto error = errors.find(key);
  return error == errors.end() ? absl::InternalError("a list was not read")
                               : error->second;
}

void RecallLists(const std::string& history_file, LoadedPolicyFiles* result,
                 ListsInForce* before) {
  if (history_file.empty()) return;
  const auto remembered = ReadSavedLists(SavedListsFile(history_file));
  if (remembered.ok()) {
    *before = FromSavedLists(*remembered, &result->alarms);
  } else if (!absl::IsNotFound(remembered.status())) {
    result->saved_lists_damaged = absl::IsDataLoss(remembered.status());
    result->alarms.push_back(absl::StrCat(
        "what lists said before is not known: ", remembered.status().message(),
        "; each list is taken as it is, without a comparison"));
  }
}

}  // namespace

absl::StatusOr<LoadedPolicyFiles> LoadPolicyFiles(
    const PolicyLoadOptions& options) {
  LoadedPolicyFiles result;
  result.text = options.policy_text;
  if (result.text == nullptr) {
    absl::StatusOr<std::string> text = ReadFile(options.policy_path);
    if (!text.ok()) return text.status();
    result.text = std::make_shared<const std::string>(*std::move(text));
  }
  const FileReader read =
      options.policy_text == nullptr ? FileReader(ReadFile) : TakenAsGood;
  const Named named = NamesIn(*result.text, options.policy_path, read);
  ListsInForce before = options.before;
  if (options.compare_with_saved) {
    RecallLists(named.history_file, &result, &before);
  }

  ListErrors errors;
  for (const ListKey& key : named.lists) {
    const auto known = before.find(key);
    if (options.policy_text != nullptr && known != before.end() &&
        options.only.count(key.path) == 0) {
      result.lists.emplace(key, known->second);
      continue;
    }
    absl::StatusOr<ListInForce> list = ReadList(
        key, known == before.end() ? nullptr : &known->second,
        named.max_percent, options.accepted.count(key.path) > 0, options.now);
    if (list.ok()) {
      result.lists.emplace(key, *std::move(list));
    } else {
      errors.emplace(key, list.status());
    }
  }
  ListReaders lists;
  lists.addresses =
      [&](const std::string& path) -> absl::StatusOr<mail::AddressFile> {
    const auto list = result.lists.find({false, path});
    if (list != result.lists.end()) return list->second.ValidAddresses();
    return ErrorOf(errors, {false, path});
  };
  lists.domains = [&](const std::string& path) -> absl::StatusOr<DomainList> {
    const auto list = result.lists.find({true, path});
    if (list != result.lists.end()) return *list->second.domains;
    return ErrorOf(errors, {true, path});
  };
  absl::StatusOr<LoadedDaemonPolicy> loaded =
      LoadDaemonPolicy(*result.text, options.policy_path, read, lists);
  if (!loaded.ok()) return loaded.status();
  result.loaded = *std::move(loaded);
  const absl::Status serves = CheckHasEffect(
      result.loaded.policy, result.loaded.daemon, options.policy_path);
  if (!serves.ok()) return serves;
  const Policy& policy = result.loaded.policy;
  // The chain lives only for this call, so it need not own the policy.
  const std::shared_ptr<const Policy> unowned(std::shared_ptr<void>(), &policy);
  for (std::string& warning : WarnOfUntoldFacts(
           BuildChain(unowned, {}), result.loaded.daemon.listeners)) {
    result.loaded.warnings.push_back(std::move(warning));
  }
  if (policy.AsksDns()) result.dns_servers = ServersOf(policy.dns);
  return result;
}

absl::Status CheckHasEffect(const Policy& policy, const DaemonPolicy& daemon,
                            const std::string& path) {
  const auto refused = [&path](const std::string& why) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": ", why));
  };
  if (daemon.listeners.empty()) {
    return refused(
        "no listener; add listener { socketmap: "
        "\"unix:/run/mailverdict/socketmap\" }");
  }
  if (policy.shadow) return absl::OkStatus();
  constexpr absl::string_view kMeant =
      " would pass; the file may have been cut; if it is meant, write shadow: "
      "true";
  const bool recipient = policy.FindCheck<RecipientPolicy>() != nullptr;
  if (policy.checks.empty()) {
    return refused(absl::StrCat("no check, so everything", kMeant));
  }
  if (recipient && policy.realms.empty()) {
    return refused(absl::StrCat(
        "check recipient and no realm, so every recipient", kMeant));
  }
  if (!recipient && !policy.directories.empty()) {
    return refused(absl::StrCat("directory ", policy.directories[0].name,
                                " and no check recipient that asks it, so "
                                "every recipient",
                                kMeant));
  }
  return absl::OkStatus();
}

absl::Status SaveLists(const std::string& history_file,
                       const ListsInForce& lists, bool saved_lists_damaged) {
  const std::string file = SavedListsFile(history_file);
  if (file.empty()) return absl::OkStatus();
  if (saved_lists_damaged) {
    const auto aside = SetFileAside(file);
    if (!aside.ok()) return aside.status();
  }
  return WriteSavedLists(file, ToSavedLists(lists));
}

}  // namespace mailverdict
