// Resolvers that ask real servers, for an engine: LDAP by libldap, DNS by
// c-ares.

#ifndef MAILVERDICT_LIB_ENGINE_SERVICES_H_
#define MAILVERDICT_LIB_ENGINE_SERVICES_H_

#include "lib/engine/engine.h"
#include "lib/loop/executor.h"

namespace mailverdict {

// What Engine::Create needs to judge by a policy's real servers. `executor`
// outlives the engine. An engine whose policy asks DNS and names no server
// reads resolv.conf(5) when it is created, which blocks; if that file is of no
// use, every answer of DNS is Unknown.
Engine::Parts RealServices(Executor* executor);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_ENGINE_SERVICES_H_
