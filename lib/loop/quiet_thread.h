// Starts a thread that receives no signals.

#ifndef MAILVERDICT_LIB_LOOP_QUIET_THREAD_H_
#define MAILVERDICT_LIB_LOOP_QUIET_THREAD_H_

#include <pthread.h>
#include <signal.h>

#include <functional>
#include <thread>
#include <utility>

namespace mailverdict {

// Signals, SIGPIPE included, are for the thread that runs the loop, so they are
// blocked in the new one. A fault of its own (SIGSEGV and the like) still kills
// the process. Throws std::system_error when the machine has no thread to
// spare.
inline std::thread StartQuietThread(std::function<void()> body) {
  // Restored even if there is no thread: the caller would hear no SIGTERM any
  // more.
  struct Blocked {
    Blocked() {
      sigset_t blocked;
      sigfillset(&blocked);
      for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) {
        sigdelset(&blocked, fault);
      }
      pthread_sigmask(SIG_SETMASK, &blocked, &before);
    }
    ~Blocked() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    sigset_t before;
  };
  const Blocked while_it_starts;
  return std::thread(std::move(body));
}

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_QUIET_THREAD_H_
