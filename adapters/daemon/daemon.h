// mailverdictd: the listeners, the policy at work, and what signals do to them.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_DAEMON_H_
#define MAILVERDICT_ADAPTERS_DAEMON_DAEMON_H_

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "adapters/daemon/log_writer.h"
#include "adapters/loop/event_loop.h"
#include "adapters/milter/milter.h"
#include "adapters/socketmap/server.h"
#include "lib/core/policy_loader.h"
#include "lib/history/memory_history.h"
#include "lib/resolve/engine.h"

namespace mailverdict {

// Reads and checks a policy file and the files that it names.
absl::StatusOr<LoadedPolicy> LoadPolicyFile(const std::string& path);

// All on one thread, which Run() takes; threads of their own have the log, each
// directory, and libmilter.
class Daemon {
 public:
  // After a SIGTERM the requests under way have their deadline, and this much
  // to be written.
  static constexpr absl::Duration kDrain = absl::Seconds(1);

  // Opens the listeners, drops privileges, starts the directories. An error
  // says what to do.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(
      const std::string& policy_path);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Serves until SIGTERM or SIGINT. SIGHUP reads the policy again: a wrong one
  // is refused and the old one stays. A second SIGTERM ends at once. False if a
  // listener has failed.
  bool Run();

 private:
  explicit Daemon(std::string policy_path);

  absl::Status Listen(const Policy& policy);
  absl::Status ListenForMilter(const ListenerPolicy& listener, size_t limit);
  absl::Status WatchSignals();
  void Use(LoadedPolicy loaded);
  void Reload();  // on a thread: files may be large, disks slow
  void Reloaded(absl::StatusOr<LoadedPolicy> loaded);
  void Terminate();
  void Drained();

  void Answer(const socketmap::Request& request, const socketmap::Reply& reply);
  void AnswerSendmail(std::string_view key, const socketmap::Reply& reply);
  void AnswerPostfix(std::string_view key, const socketmap::Reply& reply);
  void AnswerAbsence(std::string_view key, const socketmap::Reply& reply);
  void Explain(std::string_view key, const socketmap::Reply& reply);
  // `wire` makes the reply of the verdict.
  void Judge(Transaction asked, const socketmap::Reply& reply,
             std::string (*wire)(const Verdict&));
  void LogVerdict(const Transaction& tx, const Verdict& verdict);

  const std::string policy_path_;
  std::unique_ptr<LogWriter> log_;
  std::unique_ptr<EventLoop> loop_;
  MemoryHistory history_;
  std::shared_ptr<const Policy> started_;  // its listeners are those in use
  std::shared_ptr<Engine> engine_;
  std::vector<std::weak_ptr<Engine>> engines_;  // this one, and older ones
  std::unique_ptr<socketmap::Server> server_;
  std::unique_ptr<milter::Milter> milter_;  // null: the policy has none
  bool terminating_ = false;
  int draining_ = 0;  // servers that still do
  bool failed_ = false;
  std::thread reloading_;
  bool reload_again_ = false;  // another SIGHUP came meanwhile
};

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_DAEMON_H_
