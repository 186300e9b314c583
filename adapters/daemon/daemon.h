// The program mailverdictd: opens the listeners, applies the policy, and
// handles signals.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_DAEMON_H_
#define MAILVERDICT_ADAPTERS_DAEMON_DAEMON_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "adapters/daemon/admin.h"
#include "adapters/daemon/alarms.h"
#include "adapters/daemon/background_task.h"
#include "adapters/daemon/daemon_policy.h"
#include "adapters/daemon/lists_in_force.h"
#include "adapters/daemon/log_writer.h"
#include "adapters/daemon/policy_files.h"
#include "adapters/daemon/policy_load.h"
#include "adapters/milter/milter.h"
#include "adapters/socketmap/server.h"
#include "lib/dns/servers.h"
#include "lib/engine/engine.h"
#include "lib/history/history.h"
#include "lib/ldap/bind_account.h"
#include "lib/loop/event_loop.h"
#include "lib/loop/log.h"
#include "lib/loop/timer.h"
#include "lib/loop/watchdog.h"

namespace mailverdict {

// The daemon. It runs on the thread that calls Run(). These have threads of
// their own: the log, a history in a file, each directory server and the lookup
// of its host name, the work of reading the policy's files, the watchdog of the
// loop, and libmilter.
class Daemon final : private AdminService {
 public:
  // After SIGTERM, requests under way have the policy's deadline to be judged,
  // and this much longer for their answers to be written.
  static constexpr absl::Duration kDrain = absl::Seconds(1);
  // How long the daemon waits at its end for files that are being read.
  static constexpr absl::Duration kMaxWaitForLoad = absl::Seconds(2);

  // The poll interval of lists and resolv.conf. A changed file is reread after
  // one interval without another change.
  static constexpr absl::Duration kPollInterval = absl::Seconds(5);
  // If the event loop stands still for longer, the log says so.
  static constexpr absl::Duration kStallLimit = absl::Seconds(10);
  // The retry interval when lists could not be saved, on a full disk for
  // example.
  static constexpr absl::Duration kSaveAgain = absl::Minutes(1);

  // Reads the policy, opens the listeners, drops privileges, and starts the
  // directories. An error says what to do.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(
      const std::string& policy_path);
  ~Daemon() override;
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Serves until SIGTERM or SIGINT; a second one ends at once. SIGHUP reads the
  // policy again; a policy that Start would refuse is refused, and the old one
  // stays in force. False if a listener has failed.
  bool Run();

  // After Run: whether a thread is still reading a file, on a file system that
  // hangs. Then the program must end by _exit(2).
  bool leaves_a_thread() const { return leaves_a_thread_; }

 private:
  explicit Daemon(std::string policy_path);

  absl::Status Listen(const DaemonPolicy& policy);
  absl::Status ListenOn(const Listener& listener, size_t limit);
  absl::Status OpenHistory(const HistoryFile& file);
  absl::Status WatchSignals();
  void MakeEngine(std::shared_ptr<const Policy> policy);
  void LogDnsServers(const std::optional<absl::StatusOr<DnsServers>>& servers);
  std::shared_ptr<NameServers> OpenDns(std::shared_ptr<const Policy> settings);
  void Terminate();
  void Drained();

  // Loading the policy and its files again: daemon_load.cc.
  struct Load;
  struct PendingAccept {
    std::string path;
    std::function<void(const absl::Status&)> done;
  };
  void PollFiles();
  void StartLoad(bool whole, bool look = false);
  void EndLoad(Load* load);
  void ApplyPolicy(absl::StatusOr<LoadedPolicyFiles> read);
  void ApplyLists(absl::StatusOr<LoadedPolicyFiles> read, bool same_lists);
  void Apply(LoadedPolicyFiles read, bool whole);
  void LogLists(const ListsInForce& lists);
  void LogSaved(const absl::Status& saved);
  void AnswerAccepts(const std::set<std::string>& accepted);

  // AdminService: daemon_orders.cc.
  void Judge(Transaction asked, Done done, StillWaiting still_waiting) override;
  void Explain(Transaction asked, Done done) override;
  void Log(const Transaction& tx, const Verdict& verdict) override;
  DaemonStatus Status() override;
  void SetMode(OperatorMode mode) override;
  absl::Status ReleaseHold(const std::string& directory) override;
  absl::Status SetGrace(const std::string& directory,
                        std::optional<absl::Duration> grace) override;
  absl::Status SetVanishLimit(const std::string& directory,
                              std::optional<VanishLimit> limit) override;
  void Accept(const std::string& path,
              std::function<void(const absl::Status&)> done) override;
  absl::StatusOr<std::string> ListDomains() override;
  absl::Status MarkDomain(const std::string& name,
                          MissingDomain::Mark mark) override;
  void LogLate();
  void LogOrder(const std::string& order);
  void EndOverrides();

  const std::string policy_path_;
  std::unique_ptr<LogWriter> log_;
  std::unique_ptr<LimitedLog> late_;  // verdicts that came too late
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<History> history_;
  DaemonPolicy
      settings_at_start_;  // as it was at the start; SIGHUP does not change it
  std::shared_ptr<Engine> engine_;
  // By the directory's name and bind_dn.
  std::map<std::pair<std::string, std::string>, std::shared_ptr<BindAccount>>
      accounts_;
  // engine_, and older ones whose last verdicts are not given yet.
  std::vector<std::weak_ptr<Engine>> engines_;
  std::unique_ptr<socketmap::Server> maps_;
  std::unique_ptr<socketmap::Server> admin_;
  std::unique_ptr<milter::Milter> milter_;  // null: the policy has none
  OperatorMode mode_ = OperatorMode::kOff;
  absl::Time mode_since_, started_at_;
  bool terminating_ = false;
  bool at_once_ = false;  // ended without draining the servers
  int draining_ = 0;      // the number of servers that are still draining
  bool failed_ = false;
  std::optional<Timer> poll_files_;  // has a value from Start on
  std::unique_ptr<Watchdog> watchdog_;
  bool read_again_ = false;  // SIGHUP came during a load
  FileWatch watch_;          // empty during a load, which has it
  std::vector<PendingAccept> pending_accepts_;  // commands that wait for a load
  std::shared_ptr<const std::string> policy_text_;  // in force
  ListsInForce lists_;
  std::set<std::string> warned_;  // warnings of the policy in force
  Alarms alarms_;
  bool unsaved_ = false;      // lists_ could not be saved
  absl::Time save_again_at_;  // when to try again, if unsaved_
  // The servers in use; nullopt if the policy does not ask DNS.
  std::optional<absl::StatusOr<DnsServers>> dns_servers_;
  std::unique_ptr<BackgroundTask> load_task_;
  bool leaves_a_thread_ = false;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_DAEMON_H_
