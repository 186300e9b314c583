// How one server of a directory is, told to all who want to know: the log, the
// directory's hooks, `mailverdict status`.

#ifndef MAILVERDICT_LIB_RESOLVE_SERVER_HEALTH_H_
#define MAILVERDICT_LIB_RESOLVE_SERVER_HEALTH_H_

#include <memory>
#include <mutex>
#include <string>

#include "lib/core/health.h"
#include "lib/core/policy.h"
#include "lib/resolve/executor.h"
#include "lib/resolve/resolver.h"

namespace mailverdict {

// Used by the server's own thread, but for state().
class ServerHealth {
 public:
  // `uri` is one of the policy's; `executor` outlives this.
  ServerHealth(const DirectoryPolicy& policy, const std::string& uri,
               Executor* executor, DirectoryHooks hooks);

  // It could not have vouched for an absence just now, and why; or, with "", it
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
  const std::shared_ptr<const DirectoryHooks> hooks_;
  Health health_;

  mutable std::mutex mutex_;  // guards the next
  ServerState state_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVE_SERVER_HEALTH_H_
