#include "lib/engine/cached_sources.h"

#include <utility>

namespace mailverdict {

std::shared_ptr<CachedDirectory> CachedDirectory::Create(
    const DirectoryPolicy& policy, const Factory& make, Executor* executor,
    const SourceLog& log) {
  auto made = std::shared_ptr<CachedDirectory>(new CachedDirectory(policy));
  HealthHooks hooks;
  hooks.log = log;
  // The hook refers to the directory, not to the engine that made it: when a
  // later engine has taken the cache over, its absences must be forgotten, too.
  hooks.on_trouble = [weak = std::weak_ptr<CachedDirectory>(made)] {
    const std::shared_ptr<CachedDirectory> self = weak.lock();
    if (self != nullptr) self->cache_->ForgetAbsences();
  };
  made->directory_ = make(made->policy_, std::move(hooks));
  made->cache_ = std::make_unique<AnswerCache>(*made->policy_, executor,
                                               made->directory_.get());
  return made;
}

std::shared_ptr<CachedDns> CachedDns::Create(
    std::shared_ptr<const Policy> settings,
    std::vector<std::string> server_names, const Factory& make,
    Executor* executor, const SourceLog& log) {
  auto made = std::shared_ptr<CachedDns>(
      new CachedDns(std::move(settings), std::move(server_names)));
  made->servers_ = make(made->settings_);
  made->controls_ = std::make_unique<DnsControls>(
      made->settings_, executor, made->servers_.get(), DnsControls::BitGen(),
      [&](const std::string& server, const DnsList* list) {
        HealthHooks hooks;
        hooks.log = log;
        hooks.on_trouble = [weak = std::weak_ptr<CachedDns>(made), server,
                            list] {
          const std::shared_ptr<CachedDns> self = weak.lock();
          if (self != nullptr) self->cache_->Distrust(server, list);
        };
        return hooks;
      });
  made->voucher_ = std::make_unique<DnsVoucher>(made->settings_, executor,
                                                made->servers_.get(),
                                                made->controls_.get(), log);
  made->cache_ = std::make_unique<DnsCache>(made->settings_, executor,
                                            made->voucher_.get());
  made->controls_->StartTests();
  return made;
}

std::vector<ServerState> CachedDns::servers(const DnsList* list) const {
  if (list == nullptr) return controls_->states(nullptr);
  // `list` belongs to the policy of the engine that asks, which may be younger
  // than these settings.
  const auto* dnsbl = settings_->FindCheck<DnsblCheckPolicy>();
  if (dnsbl == nullptr) return {};
  for (const DnsList& own : dnsbl->lists) {
    if (own.zone == list->zone) return controls_->states(&own);
  }
  return {};
}

}  // namespace mailverdict
