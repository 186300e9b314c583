// The milter of a daemon, on libmilter: for sendmail's INPUT_MAIL_FILTER and
// Postfix's smtpd_milters.
//
//   absl::StatusOr<std::unique_ptr<Milter>> milter =
//       Milter::Open("unix:/run/mailverdict/milter", {}, loop, judge);
//   (*milter)->Use(NeededStages(chain), JudgedStages(chain), deadline);
//   (*milter)->Start([] { ... });
//
// libmilter answers each command of an MTA on the thread of its session. That
// thread asks for the verdict in the loop's stead if the loop sleeps, or else
// lets the loop ask, and waits for it; the verdict becomes the reply and the
// return value together (wire.h). A stage at which the chain has nothing to say
// is answered without the loop, and a stage whose facts it does not read is not
// asked of the MTA at all; the body never is, since a Transaction has none.
//
// What an MTA does without us (we are dead, late, or break off) is its own
// setting: sendmail's F=T, Postfix's milter_default_action = tempfail.

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

namespace mailverdict::milter {

// Called by the loop, or in its stead (EventLoop::RunOutside). Has to call
// `still_waiting` once, when it has a verdict; if that says true, then `done`
// at once. False: the session has told the MTA 451 and waits no longer. It may
// keep the transaction, which is its own.
using Done = std::function<void(const Verdict&)>;
using StillWaiting = std::function<bool()>;
using Judge = std::function<void(Transaction transaction, Done done,
                                 StillWaiting still_waiting)>;

// One in a process, since libmilter keeps its state in globals. Its functions
// are for the loop's thread.
class Milter {
 public:
  // From a deadline to the moment at which we no longer believe in a verdict.
  static constexpr absl::Duration kPatience = absl::Milliseconds(500);

  // Opens the socket; nothing is answered yet. `address` as Listen() wants it.
  // An error says what to do. Borrows the loop.
  static absl::StatusOr<std::unique_ptr<Milter>> Open(
      const std::string& address, const UnixSocketOptions& unix_options,
      size_t max_connections, EventLoop* loop, Judge judge);

  // From now on nobody is judged any more: all is "try again later". libmilter
  // has no end while there are sessions, so its threads stay; they touch
  // neither the loop nor `judge` again.
  ~Milter();
  Milter(const Milter&) = delete;
  Milter& operator=(const Milter&) = delete;

  // What a chain needs and judges, and how long a verdict may take. Sessions
  // that are open keep what they have agreed on with their MTA.
  void Use(StageSet needed, StageSet judged, absl::Duration deadline);

  // Starts libmilter's threads. `on_end` runs on the loop's thread if libmilter
  // gives up by itself, which it does when accepting fails for too long.
  // ResourceExhausted if there is no thread to spare for the first of them.
  absl::Status Start(std::function<void()> on_end);

  // Runs `done` on the loop's thread, once, never from within: as soon as the
  // verdicts under way have been given, and their replies had a moment to
  // leave, after `grace` at the latest.
  void Drain(absl::Duration grace, std::function<void()> done);

  // How many sessions are open. Any thread.
  size_t sessions() const;

  // What it listens on, as it was given.
  const std::string& address() const { return address_; }

 private:
  Milter(std::string address, SocketPath path);

  const std::string address_;
  const SocketPath path_;
};

}  // namespace mailverdict::milter

#endif  // MAILVERDICT_ADAPTERS_MILTER_MILTER_H_
