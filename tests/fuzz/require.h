// What a fuzz target claims of the code that it runs.

#ifndef MAILVERDICT_TESTS_FUZZ_REQUIRE_H_
#define MAILVERDICT_TESTS_FUZZ_REQUIRE_H_

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace mailverdict {

// Not assert: it must hold in every build.
inline void Require(bool holds, const char* what = "what is required here") {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline std::string_view Bytes(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// The parts of an input that hold what is read by itself. At least one.
inline std::vector<std::string> Split(std::string_view input, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const size_t end = input.find(separator);
    parts.emplace_back(input.substr(0, end));
    if (end == input.npos) return parts;
    input.remove_prefix(end + 1);
  }
}

}  // namespace mailverdict

#endif  // MAILVERDICT_TESTS_FUZZ_REQUIRE_H_
