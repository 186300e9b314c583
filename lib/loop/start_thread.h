// Starts a thread that receives no signals.

#ifndef MAILVERDICT_LIB_LOOP_START_THREAD_H_
#define MAILVERDICT_LIB_LOOP_START_THREAD_H_

#include <pthread.h>
#include <signal.h>

#include <functional>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace mailverdict {

// Runs `body` on a new thread that blocks all signals, including SIGPIPE, so
// that they go to the thread that runs the loop. Only the signals of its own
// faults (SIGSEGV and the like) are not blocked.
//
// ResourceExhausted: the system allows no further thread. `body` is then
// destroyed without having run. This can happen to a daemon that has run well
// for weeks, so the caller should go on without the thread and try again later.
inline absl::StatusOr<std::thread> StartThread(std::function<void()> body) {
  sigset_t blocked, before;
  sigfillset(&blocked);
  for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) {
    sigdelset(&blocked, fault);
  }
  // A new thread inherits the blocked signals of the thread that makes it.
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  absl::StatusOr<std::thread> thread;
  try {
    thread = std::thread(std::move(body));
  } catch (const std::system_error& error) {
    thread = absl::ResourceExhaustedError(absl::StrCat(
        "no thread to spare (", error.code().message(),
        "); raise the limit (ulimit -u, TasksMax= of systemd) or add memory"));
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_START_THREAD_H_
