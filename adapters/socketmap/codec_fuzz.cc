// Any split of the same bytes gives the same requests and the same error, and
// what was decoded encodes to the same bytes again.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/socketmap/codec.h"
#include "tests/fuzz/require.h"

namespace {

using namespace mailverdict::socketmap;
using mailverdict::Require;

struct Outcome {
  std::string encoded;       // the requests, encoded again
  std::vector<size_t> ends;  // where in it each of them ends
  CodecError error = CodecError::kNone;
};

bool operator==(const Outcome& a, const Outcome& b) {
  return a.encoded == b.encoded && a.ends == b.ends && a.error == b.error;
}

void TakeAll(RequestReader* reader, Outcome* outcome) {
  Request request;
  ReadResult result;
  while ((result = reader->Next(&request)) == ReadResult::kOne) {
    Require(!request.map.empty(), "a map name is not empty");
    Require(request.map.find(' ') == std::string_view::npos,
            "a map name has no space");
    EncodeRequest(request, &outcome->encoded);
    outcome->ends.push_back(outcome->encoded.size());
  }
  Require(
      (result == ReadResult::kError) == (reader->error() != CodecError::kNone),
      "an error has a name");
  if (result == ReadResult::kMore) {
    Require(reader->room() > 0, "a reader that wants more takes more");
  } else {
    Require(reader->Next(&request) == ReadResult::kError, "an error stays");
  }
}

template <typename NextSize>
Outcome Read(std::string_view bytes, size_t max_bytes, NextSize next_size) {
  RequestReader reader(max_bytes);
  Outcome outcome;
  while (!bytes.empty() && reader.error() == CodecError::kNone) {
    std::string_view chunk = bytes.substr(0, next_size());
    bytes.remove_prefix(chunk.size());
    while (!chunk.empty() && reader.error() == CodecError::kNone) {
      // The copy lets the sanitizer see a read beyond the chunk.
      const std::vector<char> copy(chunk.begin(), chunk.end());
      const size_t taken =
          reader.Feed(std::string_view(copy.data(), copy.size()));
      chunk.remove_prefix(taken);
      TakeAll(&reader, &outcome);
    }
  }
  reader.Finish();
  outcome.error = reader.error();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  uint32_t state = 2463534242u;
  for (char c : bytes) state = state * 31 + static_cast<unsigned char>(c);
  const auto random = [&state] {  // xorshift
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return static_cast<size_t>(1 + state % 23);
  };
  for (const size_t max_bytes : {size_t{12}, kMaxRequestBytes}) {
    const Outcome whole = Read(bytes, max_bytes, [&] { return bytes.size(); });
    Require(bytes.substr(0, whole.encoded.size()) == whole.encoded,
            "requests encode to the bytes they were read from");
    Require(whole.error != CodecError::kNone ||
                whole.encoded.size() == bytes.size(),
            "without an error all bytes are requests");
    Require(Read(bytes, max_bytes, [] { return size_t{1}; }) == whole,
            "byte by byte is like at once");
    Require(Read(bytes, max_bytes, random) == whole,
            "any split is like at once");
  }
  return 0;
}
