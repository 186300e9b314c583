#include "lib/engine/services.h"

#include <memory>
#include <utility>

#include "lib/dns/dns_resolver.h"
#include "lib/dns/servers.h"
#include "lib/ldap/directory.h"

namespace mailverdict {

Engine::Services RealServices(Executor* executor) {
  Engine::Services services;
  services.directories = [executor](
                             std::shared_ptr<const DirectoryPolicy> policy,
                             HealthHooks hooks) {
    return std::make_shared<Directory>(std::move(policy), executor,
                                       std::move(hooks));
  };
  services.dns = [executor](std::shared_ptr<const Policy> policy) {
    DnsOptions options;
    if (absl::StatusOr<DnsServers> servers = ServersOf(policy->dns);
        servers.ok()) {
      options.servers = servers->servers;
    }
    options.timeout = policy->dns.timeout;
    // Block lists have little time, and must not wait behind other names.
    options.own_channel = [policy](const DnsLookup& lookup) {
      return policy->FindListOfName(lookup.name) != nullptr;
    };
    return std::make_shared<DnsResolver>(options, executor);
  };
  return services;
}

}  // namespace mailverdict
