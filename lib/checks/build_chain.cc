#include "lib/checks/build_chain.h"

#include <variant>

#include "lib/checks/dnsbl.h"
#include "lib/checks/domain.h"
#include "lib/checks/recipient.h"

namespace mailverdict {
namespace {

// Adds the Check objects for one of the policy's checks. A kind of check that
// has no function here does not compile.
struct Adding {
  const std::shared_ptr<const Policy>& policy;
  const Overrides& overrides;
  Chain* chain;

  void operator()(const RecipientPolicy& options) const {
    chain->push_back(
        std::make_unique<RecipientCheck>(policy, options, overrides));
  }
  void operator()(const DomainCheckPolicy& options) const {
    for (const auto of :
         {DomainCheck::Of::kSender, DomainCheck::Of::kRecipient}) {
      chain->push_back(std::make_unique<DomainCheck>(policy, options, of));
    }
  }
  void operator()(const DnsblCheckPolicy& options) const {
    for (const Stage stage : {Stage::kConnect, Stage::kRcpt}) {
      chain->push_back(std::make_unique<DnsblCheck>(policy, options, stage));
    }
  }
};

}  // namespace

Chain BuildChain(std::shared_ptr<const Policy> policy,
                 const Overrides& overrides) {
  Chain chain(policy);
  for (const CheckPolicy& check : policy->checks) {
    std::visit(Adding{policy, overrides, &chain}, check);
  }
  return chain;
}

}  // namespace mailverdict
