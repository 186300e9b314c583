// A directory and DNS, each with the cache of its answers. An engine makes
// them, and a later engine whose policy says the same about them shares them:
// connections, caches and the state of controls outlive a reload.

#ifndef MAILVERDICT_LIB_ENGINE_CACHED_SOURCES_H_
#define MAILVERDICT_LIB_ENGINE_CACHED_SOURCES_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/dns/controls.h"
#include "lib/dns/voucher.h"
#include "lib/engine/answer_cache.h"
#include "lib/engine/dns_cache.h"
#include "lib/loop/executor.h"
#include "lib/policy/policy.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

// Gets the log lines of a directory or of DNS.
using SourceLog = std::function<void(const std::string&)>;

// One directory. Loop's thread only. A `done` of the cache may let go of this.
class CachedDirectory {
 public:
  // Makes the resolver: LDAP in the daemon, a script in tests.
  using Factory = std::function<std::shared_ptr<MailboxResolver>(
      std::shared_ptr<const DirectoryPolicy>, HealthHooks)>;

  // Copies `policy`. `executor` outlives what this returns.
  static std::shared_ptr<CachedDirectory> Create(const DirectoryPolicy& policy,
                                                 const Factory& make,
                                                 Executor* executor,
                                                 const SourceLog& log);

  const DirectoryPolicy& policy() const { return *policy_; }
  AnswerCache& cache() { return *cache_; }
  std::vector<ServerState> servers() const { return directory_->servers(); }

 private:
  explicit CachedDirectory(const DirectoryPolicy& policy)
      : policy_(std::make_shared<const DirectoryPolicy>(policy)) {}

  // Destroyed from the last to the first: each borrows those before it.
  const std::shared_ptr<const DirectoryPolicy> policy_;
  std::shared_ptr<MailboxResolver> directory_;
  std::unique_ptr<AnswerCache> cache_;
};

// The servers of DNS, the controls that vouch for them, and the cache. Loop's
// thread only. A `done` of the cache may let go of this.
class CachedDns {
 public:
  // Makes the servers. It is given the part of the policy (DnsPartOf).
  using Factory = std::function<std::shared_ptr<NameServers>(
      std::shared_ptr<const Policy>)>;

  // `part` is a DnsPartOf. `servers` tells whether another factory would ask
  // the same servers: see Engine::Parts. `executor` outlives what this returns.
  static std::shared_ptr<CachedDns> Create(std::shared_ptr<const Policy> part,
                                           std::vector<std::string> servers,
                                           const Factory& make,
                                           Executor* executor,
                                           const SourceLog& log);

  const Policy& part() const { return *part_; }
  const std::vector<std::string>& server_names() const { return server_names_; }
  DnsCache& cache() { return *cache_; }

  // The servers as names in general are asked of them (nullptr), or as the list
  // of the same zone is. Empty for a list that the part does not have.
  std::vector<ServerState> servers(const DnsList* list) const;

 private:
  CachedDns(std::shared_ptr<const Policy> part,
            std::vector<std::string> server_names)
      : part_(std::move(part)), server_names_(std::move(server_names)) {}

  // Destroyed from the last to the first: each borrows those before it.
  const std::shared_ptr<const Policy> part_;
  const std::vector<std::string> server_names_;
  std::shared_ptr<NameServers> servers_;
  std::unique_ptr<DnsControls> controls_;
  std::unique_ptr<DnsVoucher> voucher_;
  std::unique_ptr<DnsCache> cache_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_ENGINE_CACHED_SOURCES_H_
