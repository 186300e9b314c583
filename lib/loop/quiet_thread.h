// A thread that no signal comes to.

#ifndef MAILVERDICT_LIB_LOOP_QUIET_THREAD_H_
#define MAILVERDICT_LIB_LOOP_QUIET_THREAD_H_

#include <pthread.h>
#include <signal.h>

#include <functional>
#include <thread>
#include <utility>

namespace mailverdict {

// Signals are for the thread that runs the loop, so the new one is born without
// them; SIGPIPE too. But a fault of its own must still be able to kill it.
inline std::thread StartQuietThread(std::function<void()> body) {
  sigset_t blocked, before;
  sigfillset(&blocked);
  for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) {
    sigdelset(&blocked, fault);
  }
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_QUIET_THREAD_H_
