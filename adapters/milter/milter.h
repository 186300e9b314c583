// The milter of a daemon, on libmilter: for sendmail's INPUT_MAIL_FILTER and
// Postfix's smtpd_milters.
//
//   absl::StatusOr<std::unique_ptr<Milter>> milter =
//       Milter::Open("unix:/run/mailverdict/milter", {}, 4096, loop, judge);
//   (*milter)->Use(NeededStages(chain), JudgedStages(chain), deadline);
//   (*milter)->Start([] { ... });
//
// libmilter answers each command of an MTA on the thread of its session. That
// thread posts the transaction to the loop and waits for the verdict, which
// becomes the reply and the return value together (wire.h). A stage that the
// chain does not judge is answered without the loop. A stage whose facts the
// chain does not read is not requested from the MTA at all. The body never is:
// a Transaction has none.
//
// When this daemon is dead, late, or breaks off, the MTA's own setting decides:
// sendmail's F=T, Postfix's milter_default_action = tempfail.

#ifndef MAILVERDICT_ADAPTERS_MILTER_MILTER_H_
#define MAILVERDICT_ADAPTERS_MILTER_MILTER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/core/transaction.h"
#include "lib/core/verdict.h"
#include "lib/loop/event_loop.h"
#include "lib/loop/listen.h"
#include "lib/loop/timer.h"

namespace mailverdict::milter {

// Called on the loop's thread. Has to call `still_waiting` once, when it has a
// verdict; if that says true, then `done` at once, on the loop's thread. False:
// the session has told the MTA 451 and waits no longer. The judge may keep the
// transaction, which is its own.
using Done = std::function<void(const Verdict&)>;
using StillWaiting = std::function<bool()>;
using Judge = std::function<void(Transaction transaction, Done done,
                                 StillWaiting still_waiting)>;

// One in a process, since libmilter keeps its state in globals. Its functions
// are for the loop's thread.
class Milter {
 public:
  // So much longer than the deadline of a verdict a session waits for it.
  static constexpr absl::Duration kPatience = absl::Milliseconds(500);

  // Opens the socket; nothing is answered before Start. `address` as Listen()
  // wants it. An error says what to do. Borrows the loop.
  static absl::StatusOr<std::unique_ptr<Milter>> Open(
      const std::string& address, const UnixSocketOptions& unix_options,
      size_t max_connections, EventLoop* loop, Judge judge);

  // From now on every answer is "try again later". libmilter has no end while
  // there are sessions, so its threads stay; they touch neither the loop nor
  // `judge` again.
  ~Milter();
  Milter(const Milter&) = delete;
  Milter& operator=(const Milter&) = delete;

  // The stages that a chain needs and judges, and how long a verdict may take.
  // Sessions that are open keep the stages that they agreed on with their MTA.
  void Use(StageSet needed, StageSet judged, absl::Duration deadline);

  // Starts libmilter's threads. `on_end` runs on the loop's thread if libmilter
  // gives up by itself, which it does when accepting fails for too long.
  // ResourceExhausted if there is no thread to spare for the first of them.
  absl::Status Start(std::function<void()> on_end);

  // Runs `done` on the loop's thread, once, and never from within Drain: when
  // the verdicts under way have been given and their replies had a moment to
  // leave, or after `grace`.
  void Drain(absl::Duration grace, std::function<void()> done);

  // How many sessions are open. Any thread.
  size_t sessions() const;

  // The address that it listens on, as it was given to Open.
  const std::string& address() const { return address_; }

 private:
  Milter(std::string address, SocketPath path, EventLoop* loop);
  void FinishDrain();
  void LeaveIfIdle();

  const std::string address_;
  const SocketPath path_;
  std::function<void()> drained_;  // empty: not draining, or finished
  Timer grace_;
  Timer leave_;  // pending: the last replies are leaving
};

}  // namespace mailverdict::milter

#endif  // MAILVERDICT_ADAPTERS_MILTER_MILTER_H_
