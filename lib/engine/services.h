// Makes an engine's resolvers for real servers: LDAP by libldap, DNS by c-ares.

#ifndef MAILVERDICT_LIB_ENGINE_SERVICES_H_
#define MAILVERDICT_LIB_ENGINE_SERVICES_H_

#include "lib/engine/engine.h"
#include "lib/loop/executor.h"

namespace mailverdict {

// Returns what Engine::Create needs to ask a policy's real servers. `executor`
// must outlive the engine. If the policy asks DNS and names no server,
// Engine::Create reads resolv.conf(5), which blocks. If that file names no
// usable server, every answer of DNS is Unknown.
Engine::Services RealServices(Executor* executor);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_ENGINE_SERVICES_H_
