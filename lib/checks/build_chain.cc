#include "lib/checks/build_chain.h"

#include "lib/checks/recipient.h"

namespace mailverdict {

Chain BuildChain(std::shared_ptr<const Policy> policy,
                 const Overrides& overrides) {
  Chain chain;
  for (const RecipientPolicy& options : policy->checks) {
    chain.push_back(
        std::make_unique<RecipientCheck>(policy, options, overrides));
  }
  return chain;
}

}  // namespace mailverdict
