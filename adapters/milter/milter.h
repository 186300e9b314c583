// A milter for sendmail's INPUT_MAIL_FILTER and Postfix's smtpd_milters, built
// on libmilter.
//
//   absl::StatusOr<std::unique_ptr<Milter>> milter = Milter::Open(
//       "unix:/run/mailverdict/milter", /*unix_options=*/{},
//       /*max_connections=*/4096, loop, judge);
//   (*milter)->Configure(NeededStages(chain), JudgedStages(chain), deadline);
//   (*milter)->Start([] { ... });
//
// libmilter has a thread for each SMTP session, and answers each command of the
// MTA on that thread. The thread posts the transaction to the loop and waits
// for the verdict. Both the reply and the return value of the callback are made
// from this verdict (wire.h). If the chain does not judge a stage, the thread
// answers without asking the loop. If the chain does not read a stage's facts
// either, the MTA is told not to send that stage. It is always told not to send
// the body: a Transaction has none.
//
// When this daemon is dead, late, or closes the connection, the MTA decides by
// its own setting: sendmail's F=T, Postfix's milter_default_action = tempfail.

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

// Judges a transaction. Called on the loop's thread; owns `transaction`. When
// it has a verdict, it must call `still_waiting` once, on the loop's thread. If
// that returns true, it must call `done` at once. False means that the session
// has told the MTA 451 and waits no longer.
using Done = std::function<void(const Verdict&)>;
using StillWaiting = std::function<bool()>;
using Judge = std::function<void(Transaction transaction, Done done,
                                 StillWaiting still_waiting)>;

// At most one in a process, since libmilter keeps its state in globals. Loop's
// thread only.
class Milter {
 public:
  // A session waits this much longer than the deadline for its verdict.
  static constexpr absl::Duration kPatience = absl::Milliseconds(500);

  // Opens the socket; nothing is answered before Start. `address` has the form
  // that Listen() takes (lib/loop/listen.h). An error says what to do. Borrows
  // the loop.
  static absl::StatusOr<std::unique_ptr<Milter>> Open(
      const std::string& address, const UnixSocketOptions& unix_options,
      size_t max_connections, EventLoop* loop, Judge judge);

  // From now on every answer is "try again later". libmilter cannot be stopped
  // while sessions are open, so its threads stay. They use neither the loop nor
  // `judge` any more.
  ~Milter();
  Milter(const Milter&) = delete;
  Milter& operator=(const Milter&) = delete;

  // Sets which stages the chain needs and judges, and how long a verdict may
  // take. Open sessions keep the stages that they have agreed on with the MTA.
  void Configure(StageSet needed, StageSet judged, absl::Duration deadline);

  // Starts libmilter's threads. `on_end` runs on the loop's thread if libmilter
  // gives up by itself, which it does when accepting fails for too long.
  // ResourceExhausted if there is no thread to spare for the first of them.
  absl::Status Start(std::function<void()> on_end);

  // Waits until all pending verdicts are given, then 100 ms more for their
  // replies to be sent. Waits at most `grace` in all. Then runs `done` on the
  // loop's thread, once, never from within Drain.
  void Drain(absl::Duration grace, std::function<void()> done);

  // The number of open sessions. Any thread.
  size_t sessions() const;

  // The address that was given to Open.
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
