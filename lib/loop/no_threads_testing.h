// A machine that has no thread to spare.

#ifndef MAILVERDICT_LIB_LOOP_NO_THREADS_TESTING_H_
#define MAILVERDICT_LIB_LOOP_NO_THREADS_TESTING_H_

namespace mailverdict {

// While one of these lives, no thread can be made in this process:
// pthread_create(3) fails with EAGAIN, as at a limit on threads. (A limit
// itself does not hold for root, as whom tests may run.) One at a time.
class NoThreads {
 public:
  NoThreads();
  ~NoThreads();
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_NO_THREADS_TESTING_H_
