#include "adapters/deliver/users/unknown_user_rule.h"

#include <algorithm>
#include <utility>

namespace mailverdict::deliver {
namespace {

// The same as mail::kMaxAddressBytes: no mailbox has a longer name.
constexpr size_t kMaxRecipientBytes = 1024;

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

}  // namespace

UnknownUserRule::UnknownUserRule(
    UnknownPolicy policy, std::vector<std::unique_ptr<ProofSource>> proofs,
    absl::Duration timeout, std::string domain)
    : policy_(policy),
      proofs_(std::move(proofs)),
      timeout_(timeout),
      domain_(std::move(domain)) {}

Ruling UnknownUserRule::Judge(std::string_view recipient) const {
  const Ruling always_defer{Existence::kUnsure,
                            "--unknown always-defer never lets it stand"};
  const bool defer = policy_ == UnknownPolicy::kAlwaysDefer;
  if (defer && proofs_.empty()) return always_defer;
  if (recipient.empty()) {
    return {
        Existence::kUnsure,
        "no recipient is given, so no proof was asked for; see --recipient"};
  }
  if (recipient.size() > kMaxRecipientBytes) {
    return {Existence::kUnsure,
            "the recipient is too long for an address, so no proof was asked "
            "for"};
  }
  if (std::any_of(recipient.begin(), recipient.end(), IsControl)) {
    return {Existence::kUnsure,
            "the recipient has a control character, so no proof was asked for"};
  }
  std::string address(recipient);
  if (!domain_.empty() && address.find('@') == address.npos) {
    address += "@" + domain_;
  }
  Ruling ruling = AskAll(address);
  const bool absent = ruling.existence == Existence::kProvenAbsent;
  return defer && absent ? always_defer : ruling;
}

// Each source gets an equal share of the time that is left, so that one that
// hangs does not use up the others' time. A presence ends the round; otherwise
// the first source that is unsure decides, since every source has to agree on
// an absence.
Ruling UnknownUserRule::AskAll(std::string_view recipient) const {
  if (proofs_.empty()) {
    return {Existence::kUnsure, "there is no source of proofs; see --proof"};
  }
  const Deadline end = Deadline::After(timeout_);
  Ruling all{Existence::kProvenAbsent, ""};
  int left = static_cast<int>(proofs_.size());
  for (const std::unique_ptr<ProofSource>& proof : proofs_) {
    Ruling one = proof->Ask(recipient, Deadline::After(end.Remaining() / left));
    --left;
    if (one.existence == Existence::kPresent) return one;
    if (all.existence == Existence::kUnsure) continue;
    if (one.existence == Existence::kUnsure) {
      all = std::move(one);
    } else {
      all.why += (all.why.empty() ? "" : "; ") + one.why;
    }
  }
  return all;
}

}  // namespace mailverdict::deliver
