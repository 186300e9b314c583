// Simulates a system that allows no further thread.

#ifndef MAILVERDICT_LIB_LOOP_NO_THREADS_TESTING_H_
#define MAILVERDICT_LIB_LOOP_NO_THREADS_TESTING_H_

namespace mailverdict {

// While an object of this class exists, no thread can be made in this process:
// pthread_create(3) fails with EAGAIN, as at a limit on threads. (A real limit
// would not apply to root, and tests may run as root.) There may be one object
// at a time.
class NoThreads {
 public:
  NoThreads();
  ~NoThreads();
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_NO_THREADS_TESTING_H_
