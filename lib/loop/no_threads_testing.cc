#include "lib/loop/no_threads_testing.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

#include <atomic>

namespace mailverdict {
namespace {

std::atomic<bool> none{false};

}  // namespace

NoThreads::NoThreads() { none = true; }
NoThreads::~NoThreads() { none = false; }

}  // namespace mailverdict

// Replaces pthread_create of the C library or of a sanitizer in a program that
// links this file.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* options,
                              void* (*body)(void*), void* argument) {
  if (mailverdict::none.load()) return EAGAIN;
  using Create =
      int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto real =
      reinterpret_cast<Create*>(dlsym(RTLD_NEXT, "pthread_create"));
  return real(thread, options, body, argument);
}
