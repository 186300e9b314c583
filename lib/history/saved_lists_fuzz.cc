// Fuzzes ParseSavedLists. Requires: no crash; bytes that parse are written
// again as the same bytes. The input is tried as a whole file, and as the lists
// in a file with a right checksum.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lib/history/little_endian.h"
#include "lib/history/saved_lists.h"
#include "lib/history/siphash.h"
#include "tests/fuzz/require.h"

namespace mailverdict {
namespace {

void Try(std::string_view bytes) {
  const auto lists = ParseSavedLists(bytes);
  if (lists.ok()) Require(SavedListsBytes(*lists) == bytes, "the same bytes");
}

}  // namespace
}  // namespace mailverdict

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mailverdict;
  const std::string_view input = Bytes(data, size);
  Try(input);
  const std::string empty = SavedListsBytes({});
  std::string whole = empty.substr(0, empty.size() - sizeof(uint64_t));
  AppendNumber(SipHash("mailverdictlists")(input), &whole);
  whole += input;
  Try(whole);
  return 0;
}
