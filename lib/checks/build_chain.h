// Builds the Chain of a Policy.

#ifndef MAILVERDICT_LIB_CHECKS_BUILD_CHAIN_H_
#define MAILVERDICT_LIB_CHECKS_BUILD_CHAIN_H_

#include <memory>

#include "lib/core/chain.h"
#include "lib/policy/overrides.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// Returns the policy's checks, in the policy's order, with `overrides` in
// force. The chain keeps the policy alive.
Chain BuildChain(std::shared_ptr<const Policy> policy,
                 const Overrides& overrides = {});

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_BUILD_CHAIN_H_
