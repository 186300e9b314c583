// The health of one server, as its lookups and its controls show it: for the
// log, for the hooks, and for `mailverdict status`.

#ifndef MAILVERDICT_LIB_RESOLVER_SERVER_HEALTH_H_
#define MAILVERDICT_LIB_RESOLVER_SERVER_HEALTH_H_

#include <memory>
#include <mutex>
#include <string>

#include "lib/loop/executor.h"
#include "lib/loop/health_log.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

// One thread at a time may use it; any thread may call state().
class ServerHealth {
 public:
  // `service` begins each log line. `effect_on_mail` says what a failure means
  // for mail. `uri` is the name that `status` prints. `executor` outlives this.
  ServerHealth(const std::string& service, std::string effect_on_mail,
               std::string uri, Executor* executor, HealthHooks hooks);

  // Takes the outcome of a search or of a round of controls: "" if the server
  // could have vouched for an answer, else why not.
  void Report(const std::string& trouble);

  // Lookups got no answer in time, although the answers that did come are good.
  // The server is failing then, but on_trouble is not called: its earlier
  // answers stay valid, because forgetting them would give a slow server even
  // more lookups.
  void ReportSlow(const std::string& why);

  // A line for the log, about this server.
  void Log(const std::string& what);

  bool failing() const { return health_.failing(); }
  // It has failed again and again (health_log.h).
  bool unsteady() const;
  // From any thread.
  ServerState state() const;

 private:
  void Note(const std::string& trouble);
  void Write(const std::string& line);

  const std::string service_;
  Executor* const executor_;
  // Shared with the tasks that are posted to the loop, which may outlive this.
  const std::shared_ptr<const HealthHooks> hooks_;
  HealthLog health_;

  mutable std::mutex mutex_;  // guards state_
  ServerState state_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVER_SERVER_HEALTH_H_
