// The policy's messages, one by one, into the structs of policy.h. Part of
// the loader.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_PARTS_H_
#define MAILVERDICT_LIB_POLICY_LOADER_PARTS_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "lib/mail/domain.h"
#include "lib/policy/loader/address_files.h"
#include "lib/policy/loader/loader.h"
#include "lib/policy/loader/node.h"
#include "lib/policy/loader/values.h"
#include "lib/policy/policy.h"
#include "proto/policy.pb.h"

namespace mailverdict {

// Each fills in what is good of a message and reports the rest.

// `deadline`: the policy's.
DirectoryPolicy ReadDirectory(const Node<proto::Directory>& node,
                              absl::Duration deadline, const FileReader& read);

// Its part of ReadDirectory: the servers, and how we come to them.
void ReadServers(const Node<proto::Directory>& node, const FileReader& read,
                 DirectoryPolicy* directory);

// Its part of ReadDirectory: where is searched. The good ones; empty when none
// is.
struct Base {
  std::string text;
  Dn dn;
  size_t offset;  // of its field
};
std::vector<Base> ReadBases(const Node<proto::Directory>& node,
                            DirectoryPolicy* directory);
// The one that `dn` is, or is below; nullptr when there is none.
const Base* FindBase(const std::vector<Base>& bases, const Dn& dn);

void ReadDns(const Node<proto::Policy>& node, Policy* policy);

// The realms' domains first, since an address file is read for its own realm.
void ReadRealms(const Node<proto::Policy>& node, AddressFiles* files,
                Policy* policy);

// After ReadDns.
void ReadChecks(const Node<proto::Policy>& node, AddressFiles* files,
                const ListReaders& lists, Policy* policy);

// The parts of ReadChecks: what is a kind's own.
RecipientPolicy ReadRecipient(const Node<proto::Check>& check,
                              AddressFiles* files);
DomainCheckPolicy ReadDomain(const Node<proto::Check>& check,
                             const DnsPolicy& dns, const ListReaders& lists);
DnsblCheckPolicy ReadDnsbl(const Node<proto::Check>& check,
                           const Policy& policy);

void ReadListeners(const Node<proto::Policy>& node, Policy* policy);

// That no text of the policy is empty, has blanks around it, control
// characters or bytes that are not UTF-8: in no field would it be meant.
void CheckTexts(const Node<proto::Policy>& node);

// What all of them need.

// One error that names every field of `fields` that is left out: {number, what
// to write}. True if there is none.
template <typename M>
bool Require(const Node<M>& node, std::string_view name,
             const std::vector<std::pair<int, std::string_view>>& fields) {
  std::string missing;
  std::string write;
  for (const auto& [number, example] : fields) {
    const auto* type = M::descriptor()->FindFieldByNumber(number);
    const M& message = *node.operator->();
    const bool there = type->is_repeated()
                           ? node->GetReflection()->FieldSize(message, type) > 0
                           : node->GetReflection()->HasField(message, type);
    if (there) continue;
    absl::StrAppend(&missing, missing.empty() ? "" : ", ", type->name());
    absl::StrAppend(&write, write.empty() ? "" : " ", type->name(), ": \"",
                    absl::string_view(example.data(), example.size()), "\"");
  }
  if (missing.empty()) return true;
  node.faults().Error(
      node.begin(), absl::StrCat(absl::string_view(name.data(), name.size()),
                                 " has no ", missing, "; write, say, ", write));
  return false;
}

// Sets `out` if the field is there and good.
template <typename M>
void ReadDurationField(const Node<M>& node, int field, bool has,
                       std::string_view name, const std::string& text,
                       std::string_view example, absl::Duration* out) {
  if (!has) return;
  const absl::StatusOr<absl::Duration> duration = ReadDuration(text, example);
  if (duration.ok()) {
    *out = *duration;
  } else {
    node.Error(field, absl::StrCat(absl::string_view(name.data(), name.size()),
                                   " ", duration.status().message()));
  }
}

// An error unless it is from `low` to `high`, with `because`: "" or ": a
// reason".
template <typename M>
void CheckBetween(const Node<M>& node, int field, std::string_view name,
                  absl::Duration duration, absl::Duration low,
                  absl::Duration high, std::string_view because) {
  if (low <= duration && duration <= high) return;
  node.Error(field,
             absl::StrCat(absl::string_view(name.data(), name.size()), " is ",
                          absl::FormatDuration(duration), "; write ",
                          absl::FormatDuration(low), " to ",
                          absl::FormatDuration(high),
                          absl::string_view(because.data(), because.size())));
}

// What one server may take, which comes out of the verdict's time.
template <typename M>
void WarnIfBeyondDeadline(const Node<M>& node, int field,
                          absl::Duration timeout, absl::Duration deadline) {
  if (timeout <= deadline) return;
  node.Warning(field, absl::StrCat("timeout is ", absl::FormatDuration(timeout),
                                   " and the policy's deadline ",
                                   absl::FormatDuration(deadline),
                                   ": no verdict waits so long; write less "
                                   "than the deadline"));
}

// Of a cache.
inline void CheckMaxEntries(const Node<proto::Cache>& cache) {
  if (cache->max_entries() > 0) return;
  cache.Error(proto::Cache::kMaxEntriesFieldNumber,
              "max_entries is 0; write present: \"0s\" absent: \"0s\" to "
              "keep no answers");
}

// The domain that `text`, a field's value, has behind its first `skip` bytes:
// canonical, or "" if it is none.
template <typename M>
std::string ReadDomainName(const Node<M>& node, int field,
                           std::string_view name, const std::string& text,
                           int index, size_t skip) {
  absl::StatusOr<std::string> domain =
      mail::CanonicalDomain(std::string_view(text).substr(skip));
  if (domain.ok()) {
    const std::optional<mail::Fault> odd = mail::FindOddALabel(*domain);
    if (odd.has_value()) {
      node.Warning(field,
                   absl::StrCat(absl::string_view(name.data(), name.size()),
                                " ", Quoted(text), ": ", odd->what,
                                "; it is taken byte for byte. Look whether it "
                                "is spelled as it is registered"),
                   index);
    }
    return *std::move(domain);
  }
  const absl::string_view message = domain.status().message();
  node.faults().ErrorInString(
      node.At(field, index),
      absl::StrCat(absl::string_view(name.data(), name.size()), " ",
                   Quoted(text), " is no domain"),
      {message.data(), message.size()}, static_cast<int>(skip));
  return "";
}

// The same for a name of DNS that has `room` bytes for what goes ahead of it.
template <typename M>
std::string ReadZone(const Node<M>& node, int field, std::string_view name,
                     const std::string& text, int index, size_t skip,
                     size_t room) {
  std::string zone = ReadDomainName(node, field, name, text, index, skip);
  const size_t most = mail::kMaxDomainBytes - room;
  const bool address = !zone.empty() && zone[0] == '[';
  if (!address && zone.size() <= most) return zone;
  const std::string about = absl::StrCat(
      absl::string_view(name.data(), name.size()), " ", Quoted(text));
  node.Error(field,
             address ? absl::StrCat(about, " is an address; write a name")
                     : absl::StrCat(about, " has over ", most,
                                    " bytes, too many for what is asked for "
                                    "below it; write a shorter name"),
             index);
  return "";
}

// Where something unique was said first; reports every later time.
class Unique {
 public:
  explicit Unique(Faults* faults) : faults_(*faults) {}

  // True if `value` is new. `what` is said, with the first one's line, of one
  // that is not.
  bool Add(const std::string& value, size_t offset, std::string_view what) {
    const auto [first, added] = seen_.try_emplace(value, offset);
    if (!added) {
      faults_.Error(
          offset,
          absl::StrCat(absl::string_view(what.data(), what.size()),
                       " is there already, ", faults_.Line(first->second)));
    }
    return added;
  }

 private:
  Faults& faults_;
  std::map<std::string, size_t> seen_;
};

// The lists of domains in the files that a field names, each once.
template <typename M>
std::vector<DomainList> ReadDomainLists(
    const Node<M>& node, int field,
    const google::protobuf::RepeatedPtrField<std::string>& paths,
    const ListReaders& lists) {
  const std::string& name = M::descriptor()->FindFieldByNumber(field)->name();
  std::vector<DomainList> result;
  Unique seen(&node.faults());
  for (int i = 0; i < paths.size(); ++i) {
    const std::string& path = paths[i];
    if (!seen.Add(path, node.At(field, i),
                  absl::StrCat(name, " ", Quoted(path)))) {
      continue;
    }
    if (const auto complaint = CheckPath(path, "/etc/mailverdict/wrong")) {
      node.Error(field, absl::StrCat(name, " ", *complaint), i);
      continue;
    }
    absl::StatusOr<DomainList> list = lists.domains(path);
    if (!list.ok()) {
      node.Error(field, absl::StrCat(name, " ", list.status().message()), i);
      continue;
    }
    if (!list->warning().empty()) {
      node.Warning(field, absl::StrCat(name, " ", list->warning()), i);
    }
    result.push_back(*std::move(list));
  }
  return result;
}

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_PARTS_H_
