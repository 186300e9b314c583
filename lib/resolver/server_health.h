// How one server is, told to all who want to know: the log, the hooks,
// `mailverdict status`.

#ifndef MAILVERDICT_LIB_RESOLVER_SERVER_HEALTH_H_
#define MAILVERDICT_LIB_RESOLVER_SERVER_HEALTH_H_

#include <memory>
#include <mutex>
#include <string>

#include "lib/loop/executor.h"
#include "lib/loop/health.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

// Used by the server's own thread, but for state().
class ServerHealth {
 public:
  // `service` and `meanwhile` as in health.h; `uri` as `status` shows it.
  // `executor` outlives this.
  ServerHealth(const std::string& service, std::string meanwhile,
               std::string uri, Executor* executor, HealthHooks hooks);

  // It could not have vouched for an answer just now, and why; or, with "", it
  // could.
  void Report(const std::string& trouble);
  // A line for the log, about this server.
  void Log(const std::string& what);

  bool failing() const { return health_.failing(); }
  // Any thread.
  ServerState state() const;

 private:
  void Write(const std::string& line);

  const std::string service_;
  Executor* const executor_;
  // What is posted to the loop may outlive this.
  const std::shared_ptr<const HealthHooks> hooks_;
  Health health_;

  mutable std::mutex mutex_;  // guards the next
  ServerState state_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVER_SERVER_HEALTH_H_
