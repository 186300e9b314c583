#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/strings/substitute.h"
#include "lib/policy/loader/read_policy.h"
#include "lib/policy/loader/values.h"

namespace mailverdict {
namespace {

using D = proto::Directory;
using C = proto::Control;

// The longest cache.absent without a warning: for so long a cached absence
// rejects a new account.
constexpr absl::Duration kLongAbsence = absl::Minutes(10);
// Far longer than any deadline.
constexpr absl::Duration kMaxTimeout = absl::Seconds(60);
// More frequent probes would be a load on the server. Many firewalls forget a
// connection that is idle for minutes, and all do after an hour.
constexpr absl::Duration kMinProbeIdle = absl::Seconds(1);
constexpr absl::Duration kMaxProbeIdle = absl::Hours(1);

class DirectoryReader {
 public:
  DirectoryReader(const ParsedMessage<D>& parsed, absl::Duration deadline,
                  const FileReader& read)
      : node_(parsed), deadline_(deadline), read_(read) {}

  DirectoryPolicy Read() {
    Require(node_, "directory",
            {{D::kNameFieldNumber, "people"},
             {D::kUriFieldNumber, "ldap://HOST"},
             {D::kBaseFieldNumber, "ou=people,dc=example,dc=org"},
             {D::kFilterFieldNumber, "(mail=%a)"}});
    ReadServers(node_, read_, &directory_);
    ReadPlace();
    ReadFilter();
    for (int i = 0; i < node_->control_size(); ++i) {
      ReadControl(node_.Child(node_->control(i), D::kControlFieldNumber, i));
    }
    if (has_filter_) WarnIfItCannotVouch();
    ReadReferences();
    ReadDurations();
    return std::move(directory_);
  }

 private:
  void ReadPlace();
  void ReadFilter();
  void ReadControl(const ParsedMessage<C>& control);
  std::string ReadArm(const ParsedMessage<C>& control);
  std::string ReadControlAddress(const ParsedMessage<C>& control);
  void CheckControlDn(const ParsedMessage<C>& control, Control* result);
  void ReadSubtree(const ParsedMessage<C>& control, const Dn& dn,
                   Control* result);
  void WarnIfItCannotVouch();
  void WarnOfOneControl();
  void ReadReferences();
  void ReadDurations();
  void ReadHold();

  std::string ArmList() const {
    return absl::StrJoin(directory_.filter.arms(), ", ",
                         [](std::string* out, const FilterTemplate::Arm& arm) {
                           out->append(QuotedWhole(arm.name));
                         });
  }

  const ParsedMessage<D>& node_;
  const absl::Duration deadline_;
  const FileReader& read_;
  DirectoryPolicy directory_;
  bool has_filter_ = false;
  std::vector<Base> bases_;
  UniqueValues controls_{&node_.faults()};
  // For each control entry: the arm that it covers, and the offset of its dn.
  std::map<Dn, std::pair<std::string, size_t>> entries_;
};

void DirectoryReader::ReadPlace() {
  directory_.name = node_->name();
  if (node_->has_name()) {
    if (const Complaint complaint = CheckWord(node_->name(), "people")) {
      node_.Error(D::kNameFieldNumber, absl::StrCat("name ", *complaint));
    }
  }
  bases_ = ReadBases(node_, &directory_);
  switch (node_->scope()) {
    case D::BASE:
      directory_.scope = DirectoryPolicy::Scope::kBase;
      break;
    case D::ONE:
      directory_.scope = DirectoryPolicy::Scope::kOneLevel;
      break;
    case D::SUBTREE:
      directory_.scope = DirectoryPolicy::Scope::kSubtree;
      break;
  }
}

void DirectoryReader::ReadFilter() {
  if (!node_->has_filter()) return;
  absl::StatusOr<FilterTemplate> filter =
      FilterTemplate::Parse(node_->filter());
  if (filter.ok()) {
    directory_.filter = *std::move(filter);
    has_filter_ = true;
    return;
  }
  // The message is "filter, byte 7: ...", and bytes count from 1.
  absl::string_view message = filter.status().message();
  absl::ConsumePrefix(&message, "filter, ");
  node_.faults().ErrorInString(node_.At(D::kFilterFieldNumber), "filter",
                               {message.data(), message.size()}, -1);
}

void DirectoryReader::ReadControl(const ParsedMessage<C>& control) {
  const bool complete =
      Require(control, "control",
              {{C::kArmFieldNumber, "mail"},
               {C::kAddressFieldNumber, "canary@example.org"},
               {C::kDnFieldNumber, "uid=canary,ou=people,dc=example,dc=org"}});
  Control result;
  result.dn = control->dn();
  if (control->has_arm()) result.arm = ReadArm(control);
  if (control->has_address()) result.address = ReadControlAddress(control);
  if (control->has_dn()) CheckControlDn(control, &result);
  if (complete && !result.arm.empty() && !result.address.empty()) {
    // The key has the attributes and not the whole arm. Two entries with the
    // same value of an attribute are found by the same search, so each would
    // seem to confirm the other.
    const std::string attributes = result.arm.substr(0, result.arm.find('('));
    controls_.Add(attributes + " " + result.address,
                  control.At(C::kAddressFieldNumber),
                  absl::Substitute("a control found through $0 by address $1",
                                   Quoted(attributes), Quoted(result.address)));
  }
  directory_.controls.push_back(std::move(result));
}

std::string DirectoryReader::ReadArm(const ParsedMessage<C>& control) {
  if (!has_filter_) return control->arm();
  const auto* arm = directory_.filter.FindArm(control->arm());
  if (arm != nullptr) return arm->name;
  for (const FilterTemplate::Arm& other : directory_.filter.arms()) {
    // Attribute names have no case in LDAP. The spelling of the filter is kept,
    // because controls are later compared with arms byte by byte.
    if (absl::EqualsIgnoreCase(other.name, control->arm())) return other.name;
  }
  control.Error(C::kArmFieldNumber,
                absl::Substitute("the filter has no arm $0; its arms are $1",
                                 QuotedWhole(control->arm()), ArmList()));
  return "";
}

std::string DirectoryReader::ReadControlAddress(
    const ParsedMessage<C>& control) {
  const absl::StatusOr<mail::Address> address =
      mail::ParseAddress(control->address());
  if (!address.ok()) {
    const absl::string_view message = address.status().message();
    control.faults().ErrorInString(
        control.At(C::kAddressFieldNumber),
        absl::StrCat("address ", Quoted(control->address())),
        {message.data(), message.size()}, 0);
    return "";
  }
  if (address->domain().empty()) {
    control.Error(C::kAddressFieldNumber,
                  absl::Substitute("address $0 has no domain; write it in full",
                                   Quoted(control->address())));
    return "";
  }
  return address->ToString();
}

void DirectoryReader::CheckControlDn(const ParsedMessage<C>& control,
                                     Control* result) {
  const absl::StatusOr<Dn> dn =
      ReadDn(control->dn(), "uid=canary,ou=people,dc=example,dc=org");
  if (!dn.ok()) {
    control.Error(C::kDnFieldNumber,
                  absl::StrCat("dn ", dn.status().message()));
    return;
  }
  ReadSubtree(control, *dn, result);
  const std::string& arm = result->arm;
  const size_t offset = control.At(C::kDnFieldNumber);
  const auto [first, added] = entries_.try_emplace(*dn, arm, offset);
  // An arm that is empty was reported already.
  if (added || arm.empty()) return;
  const auto& [other_arm, other_offset] = first->second;
  const std::string line = node_.faults().Line(other_offset);
  if (other_arm != arm) {
    control.Error(
        C::kDnFieldNumber,
        absl::Substitute("this entry is the control of arm $0 already, $1; it "
                         "comes back once and proves one arm: use another "
                         "account",
                         QuotedWhole(other_arm), line));
  } else {
    control.Warning(
        C::kDnFieldNumber,
        absl::Substitute("this entry is a control of the same arm already, "
                         "$0; it proves nothing more",
                         line));
  }
}

void DirectoryReader::ReadSubtree(const ParsedMessage<C>& control, const Dn& dn,
                                  Control* result) {
  if (bases_.empty()) return;
  const Base* base = FindBase(bases_, dn);
  const size_t depth = base == nullptr ? 0 : dn.size() - base->dn.size();
  const auto scope = directory_.scope;
  const bool found =
      base != nullptr &&
      (scope == DirectoryPolicy::Scope::kSubtree ||
       (scope == DirectoryPolicy::Scope::kBase && depth == 0) ||
       (scope == DirectoryPolicy::Scope::kOneLevel && depth == 1));
  if (found) {
    if (bases_.size() > 1) result->subtree = base->text;
    return;
  }
  control.Error(
      C::kDnFieldNumber,
      absl::Substitute("$0 is outside of base $1 and scope $2, so no search "
                       "can find it; use an account within, and end its dn as "
                       "base is written",
                       Quoted(control->dn()),
                       absl::StrJoin(bases_, ", ",
                                     [](std::string* out, const Base& each) {
                                       out->append(Quoted(each.text));
                                     }),
                       D::Scope_Name(node_->scope())));
}

void DirectoryReader::WarnIfItCannotVouch() {
  if (directory_.proxy) {
    node_.faults().Warning(
        node_.At(D::kProxyFieldNumber),
        absl::Substitute("directory $0 will reject nobody: what a proxy does "
                         "not show is unknown; name the servers behind it",
                         Quoted(directory_.name)));
    return;
  }
  // Only a warning: a directory that rejects nobody loses no mail.
  for (const DirectoryPolicy::Arm& arm : directory_.UncoveredArms()) {
    const std::string name = QuotedWhole(arm.name);
    const std::string below =
        arm.subtree.empty() ? "" : absl::StrCat(" below ", arm.subtree);
    node_.faults().Warning(
        node_.begin(),
        absl::Substitute(
            "directory $0 will reject nobody: $1$2; add control { arm: $3 "
            "address: ... dn: ... }",
            Quoted(directory_.name),
            directory_.controls.empty()
                ? absl::StrCat("it has no control, and its filter has arm ",
                               name)
                : absl::StrCat("no control covers arm ", name,
                               " of its filter"),
            below, name));
  }
  WarnOfOneControl();
}

// An index that was added later without indexing the old entries (slapd's
// `index` without slapindex) finds only the young entries. A replica that is
// behind has only the old ones. A single control can detect only one of the
// two.
void DirectoryReader::WarnOfOneControl() {
  for (const DirectoryPolicy::Arm& arm : directory_.ArmsWithOneControl()) {
    const std::string name = QuotedWhole(arm.name);
    node_.faults().Warning(
        node_.begin(),
        absl::Substitute(
            "directory $0: arm $1$2 has one control; an index that lacks the "
            "old entries, or a replica that lacks the young ones, may still "
            "show it, and then people who exist are rejected; add a second "
            "control { arm: $1 ... }, so that one is an old account and one "
            "a young one",
            Quoted(directory_.name), name,
            arm.subtree.empty() ? "" : absl::StrCat(" below ", arm.subtree)));
  }
}

void DirectoryReader::ReadReferences() {
  UniqueValues references(&node_.faults());
  for (int i = 0; i < node_->ignored_reference_size(); ++i) {
    const std::string& reference = node_->ignored_reference(i);
    const bool uri = absl::StartsWith(reference, "ldap://") ||
                     absl::StartsWith(reference, "ldaps://");
    if (!uri) {
      node_.Error(D::kIgnoredReferenceFieldNumber,
                  absl::Substitute("ignored_reference $0 is no LDAP URL; write "
                                   "it as the server does, as in "
                                   "\"ldap://dc1.example.org/CN=Configuration,"
                                   "DC=example,DC=org\"",
                                   Quoted(reference)),
                  i);
    }
    references.Add(reference, node_.At(D::kIgnoredReferenceFieldNumber, i),
                   absl::StrCat("ignored_reference ", Quoted(reference)));
    directory_.ignored_references.push_back(reference);
  }
}

void DirectoryReader::ReadDurations() {
  ReadDurationField(node_, D::kTimeoutFieldNumber, node_->has_timeout(),
                    "timeout", node_->timeout(), "3s", &directory_.timeout);
  if (directory_.timeout == absl::ZeroDuration()) {
    node_.Error(D::kTimeoutFieldNumber, "timeout is zero; write, say, \"3s\"");
  } else if (directory_.timeout > kMaxTimeout) {
    node_.Error(D::kTimeoutFieldNumber,
                absl::Substitute("timeout is $0, over 60s: no verdict waits so "
                                 "long; write less than the deadline, say, "
                                 "\"3s\"",
                                 absl::FormatDuration(directory_.timeout)));
  } else {
    WarnIfBeyondDeadline(node_, D::kTimeoutFieldNumber, directory_.timeout,
                         deadline_);
  }
  ReadDurationField(node_, D::kProbeIdleFieldNumber, node_->has_probe_idle(),
                    "probe_idle", node_->probe_idle(), "30s",
                    &directory_.probe_idle);
  if (directory_.probe_idle != absl::ZeroDuration()) {
    CheckBetween(node_, D::kProbeIdleFieldNumber, "probe_idle",
                 directory_.probe_idle, kMinProbeIdle, kMaxProbeIdle,
                 ", or \"0s\" to probe none");
  }
  ReadDurationField(node_, D::kGraceFieldNumber, node_->has_grace(), "grace",
                    node_->grace(), "72h", &directory_.grace);
  ReadHold();
  if (!node_->has_cache()) return;

  using H = proto::Cache;
  const ParsedMessage<H> cache =
      node_.Child(node_->cache(), D::kCacheFieldNumber);
  ReadDurationField(cache, H::kPresentFieldNumber, cache->has_present(),
                    "present", cache->present(), "5m",
                    &directory_.keep_present);
  ReadDurationField(cache, H::kAbsentFieldNumber, cache->has_absent(), "absent",
                    cache->absent(), "30s", &directory_.keep_absent);
  directory_.max_cached = cache->max_entries();
  CheckMaxEntries(cache);
  if (directory_.keep_absent > kLongAbsence) {
    cache.Warning(
        H::kAbsentFieldNumber,
        absl::Substitute("absent is $0: a new account is rejected for so long "
                         "after its first mail; write, say, \"30s\"",
                         absl::FormatDuration(directory_.keep_absent)));
  }
}

void DirectoryReader::ReadHold() {
  if (!node_->has_hold()) return;
  using H = proto::Hold;
  const ParsedMessage<H> hold = node_.Child(node_->hold(), D::kHoldFieldNumber);
  ReadDurationField(hold, H::kWithinFieldNumber, hold->has_within(), "within",
                    hold->within(), "10m", &directory_.hold.within);
  if (const Complaint complaint = CheckHoldVanished(hold->vanished())) {
    hold.Error(H::kVanishedFieldNumber, absl::StrCat("vanished ", *complaint));
  }
  directory_.hold.vanished = static_cast<int>(hold->vanished());
}

}  // namespace

DirectoryPolicy ReadDirectory(const ParsedMessage<proto::Directory>& parsed,
                              absl::Duration deadline, const FileReader& read) {
  return DirectoryReader(parsed, deadline, read).Read();
}

}  // namespace mailverdict
