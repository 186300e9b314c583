#include "lib/checks/build_chain.h"

#include "lib/checks/dnsbl.h"
#include "lib/checks/domain.h"
#include "lib/checks/recipient.h"

namespace mailverdict {

Chain BuildChain(std::shared_ptr<const Policy> policy,
                 const Overrides& overrides) {
  Chain chain;
  for (const CheckPolicy& check : policy->checks) {
    if (const auto* domain = std::get_if<DomainCheckPolicy>(&check)) {
      for (const auto of :
           {DomainCheck::Of::kSender, DomainCheck::Of::kRecipient}) {
        chain.push_back(std::make_unique<DomainCheck>(policy, *domain, of));
      }
    } else if (const auto* dnsbl = std::get_if<DnsblCheckPolicy>(&check)) {
      for (const Stage stage : {Stage::kConnect, Stage::kRcpt}) {
        chain.push_back(std::make_unique<DnsblCheck>(policy, *dnsbl, stage));
      }
    } else if (const auto* options = std::get_if<RecipientPolicy>(&check)) {
      chain.push_back(
          std::make_unique<RecipientCheck>(policy, *options, overrides));
    }
  }
  return chain;
}

}  // namespace mailverdict
