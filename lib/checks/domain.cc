#include "lib/checks/domain.h"

#include <utility>

#include "lib/checks/shipped_domains.h"
#include "lib/mail/address.h"

namespace mailverdict {

DomainCheck::DomainCheck(std::shared_ptr<const Policy> policy,
                         const DomainCheckPolicy& options, Of of)
    : Check(options.shadow || policy->shadow),
      policy_(std::move(policy)),
      options_(options),
      of_(of) {}

Finding DomainCheck::Examine(const Transaction& transaction, Inquiry&) const {
  const bool sender = of_ == Of::kSender;
  const absl::StatusOr<mail::Address> address =
      mail::ParseAddress(sender ? transaction.sender : transaction.recipient);
  if (!address.ok()) return Verdict::Pass("not an address");
  if (address->domain().empty()) return Verdict::Pass("has no domain");
  if (address->literal()) return Verdict::Pass("an address literal");
  if (policy_->realm_by_domain.Find(address->domain()).has_value()) {
    return Verdict::Pass("domain is ours");
  }
  std::optional<ListEntry> listed = FindListed(address->domain());
  if (!listed.has_value()) return Verdict::Pass();
  return Verdict::Reject(
      sender ? replies::kSenderDomainListed : replies::kRecipientDomainListed,
      Proof(*std::move(listed)));
}

std::optional<ListEntry> DomainCheck::FindListed(
    std::string_view domain) const {
  for (const DomainList& list : options_.lists) {
    if (std::optional<ListEntry> entry = list.Find(domain)) return entry;
  }
  if (!options_.shipped_list) return std::nullopt;
  return ShippedDomains().Find(domain);
}

}  // namespace mailverdict
