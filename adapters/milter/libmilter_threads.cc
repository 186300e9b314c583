// How libmilter's threads run in a program that has a loop of its own. The
// linker puts each __wrap_NAME here in the place of NAME (--wrap, see
// BUILD.bazel), for what is linked statically: that is libmilter.
//
// Debian's libmilter is built with a pool of threads (_FFR_WORKERS_POOL, its
// worker.c). A thread of it counts as idle until it has really woken up, and
// what arrives meanwhile is given to it, too: to wait until it has finished
// what it was woken for, or another thread has. Behind a directory that takes
// 1.5 s, 50 recipients at once were answered one after the other, within 25 s.
// So each session has a thread of its own, as in a libmilter without the pool.

#include <libmilter/mfapi.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstddef>

extern "C" {

// Of libmilter, between its own files. mi_engine answers a session's commands
// until it ends, or until none is there to be read (kContinue); mi_clr_ctx
// closes and frees the session.
int mi_engine(SMFICTX*);
void mi_clr_ctx(SMFICTX*);

int __real_poll(pollfd*, nfds_t, int);
int __wrap_poll(pollfd*, nfds_t, int);
int __wrap_mi_start_session(SMFICTX*);
int __wrap_sigwait(const sigset_t*, int*);

}  // extern "C"

namespace {

// MI_CONTINUE, which mfapi.h hides from programs.
constexpr int kContinue = 1;

// libmilter's functions and our callbacks have small frames; the default would
// be 8 MiB of addresses for each.
constexpr size_t kStackBytes = 256 * 1024;

// Nothing waits on purpose for less.
constexpr int kGlanceMs = 100;

thread_local bool has_one_session = false;

void* RunSession(void* context) {
  has_one_session = true;
  SMFICTX* session = static_cast<SMFICTX*>(context);
  while (mi_engine(session) == kContinue) {
  }
  mi_clr_ctx(session);
  return nullptr;
}

}  // namespace

// On an error libmilter's listener closes the connection, which the MTA takes
// for a temporary failure; after 16 in a row it gives up (Milter::Start).
int __wrap_mi_start_session(SMFICTX* session) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return MI_FAILURE;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, RunSession, session);
  pthread_attr_destroy(&attributes);
  return error == 0 ? MI_SUCCESS : MI_FAILURE;
}

// "Is a command there?", asked by mi_engine with a timeout of 1 ms, becomes
// "wait until one is" for a thread that has nothing else to do. An MTA may be
// silent for as long as it likes. What waits for the rest of a command has 7210
// s.
int __wrap_poll(pollfd* descriptors, nfds_t count, int timeout_ms) {
  if (has_one_session && timeout_ms <= kGlanceMs) timeout_ms = -1;
  return __real_poll(descriptors, count, timeout_ms);
}

// libmilter waits with this for SIGHUP, SIGTERM and SIGINT, and ends itself at
// any of them. They are the daemon's: SIGHUP reads the policy again. So its
// thread waits for nothing.
int __wrap_sigwait(const sigset_t*, int*) {
  for (;;) pause();
}
