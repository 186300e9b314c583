// How much memory of this process is resident.

#ifndef MAILVERDICT_LIB_ENGINE_RESIDENT_TESTING_H_
#define MAILVERDICT_LIB_ENGINE_RESIDENT_TESTING_H_

#include <malloc.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>

namespace mailverdict {

// VmRSS in bytes. Freed memory is returned to the kernel first.
inline int64_t ResidentBytes() {
  malloc_trim(0);
  int64_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_ENGINE_RESIDENT_TESTING_H_
