// A directory, and DNS, each with a cache of its answers. An engine makes them.
// After a reload the new engine shares those whose settings are the same, so
// connections, caches and the state of controls outlive the reload.

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

// Receives the log lines of a directory or of DNS.
using SourceLog = std::function<void(const std::string&)>;

// One directory with its cache. Loop's thread only. A callback of the cache may
// release the last reference to this object.
class CachedDirectory {
 public:
  // Makes the resolver: LDAP in the daemon, a script in tests.
  using Factory = std::function<std::shared_ptr<MailboxResolver>(
      std::shared_ptr<const DirectoryPolicy>, HealthHooks)>;

  // Copies `policy`. `executor` must outlive the result.
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

  // Each member refers to those above it, and is destroyed before them.
  const std::shared_ptr<const DirectoryPolicy> policy_;
  std::shared_ptr<MailboxResolver> directory_;
  std::unique_ptr<AnswerCache> cache_;
};

// The servers of DNS, the controls that vouch for them, and the cache. Loop's
// thread only. A callback of the cache may release the last reference to this
// object.
class CachedDns {
 public:
  // Makes the servers from the settings of the policy that DNS depends on
  // (DnsSettingsOf).
  using Factory = std::function<std::shared_ptr<NameServers>(
      std::shared_ptr<const Policy>)>;

  // `settings` is the result of DnsSettingsOf. `server_names` are the names of
  // the servers that `make` asks (Engine::Services::name_servers). `executor`
  // must outlive the result.
  static std::shared_ptr<CachedDns> Create(
      std::shared_ptr<const Policy> settings,
      std::vector<std::string> server_names, const Factory& make,
      Executor* executor, const SourceLog& log);

  const Policy& settings() const { return *settings_; }
  const std::vector<std::string>& server_names() const { return server_names_; }
  DnsCache& cache() { return *cache_; }

  // Returns the health of each server for lookups in the DNS list of settings()
  // that has the zone of `list` or, if `list` is null, for names in general
  // (dns_vouch.h). Empty if settings() has no list with this zone.
  std::vector<ServerState> servers(const DnsList* list) const;

 private:
  CachedDns(std::shared_ptr<const Policy> settings,
            std::vector<std::string> server_names)
      : settings_(std::move(settings)),
        server_names_(std::move(server_names)) {}

  // Each member refers to those above it, and is destroyed before them.
  const std::shared_ptr<const Policy> settings_;
  const std::vector<std::string> server_names_;
  std::shared_ptr<NameServers> servers_;
  std::unique_ptr<DnsControls> controls_;
  std::unique_ptr<DnsVoucher> voucher_;
  std::unique_ptr<DnsCache> cache_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_ENGINE_CACHED_SOURCES_H_
