// Fuzzes AbsenceClient with the bytes that a daemon sends over a socket.
// Requires: only one whole netstring that says so proves an absence.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "adapters/deliver/users/absence_client.h"
#include "adapters/deliver/users/scripted_daemon_testing.h"
#include "tests/fuzz/require.h"

namespace mailverdict::deliver {
namespace {

// How much client.cc reads at once.
constexpr size_t kReadBytes = 1024;

// Whether the payload is "OK WORD", or "OK WORD " and more.
bool Says(std::string_view payload, std::string_view word) {
  const std::string_view said = payload.substr(0, 3 + word.size());
  return said.substr(0, 3) == "OK " && said.substr(3) == word &&
         (payload.size() == said.size() || payload[said.size()] == ' ');
}

Existence Meaning(std::string_view payload) {
  if (Says(payload, "proven")) return Existence::kProvenAbsent;
  if (Says(payload, "pass")) return Existence::kPresent;
  return Existence::kUnsure;
}

// The payload, if `bytes` are its netstring; else "". An oracle that works
// unlike the codec: it writes the payload again and compares the bytes.
std::string_view OnlyPayload(std::string_view bytes) {
  const size_t colon = bytes.find(':');
  if (colon == bytes.npos || bytes.size() < colon + 2) return "";
  const std::string_view payload =
      bytes.substr(colon + 1, bytes.size() - colon - 2);
  const std::string again =
      absl::StrCat(payload.size(), ":",
                   absl::string_view(payload.data(), payload.size()), ",");
  return again == bytes && payload.size() <= kMaxAbsenceReplyBytes ? payload
                                                                   : "";
}

void RequirePlain(const std::string& why) {
  for (const char c : why) {
    Require(c >= ' ' && c <= '~', "a reason is plain text");
  }
}

void ReadPayload(std::string_view payload) {
  const Ruling ruling = ParseAbsenceReply(payload);
  Require(ruling.existence == Meaning(payload), "a reply's first words decide");
  RequirePlain(ruling.why);
}

void AskOver(std::string_view bytes) {
  ScriptedDaemon daemon{std::string(bytes)};
  const AbsenceClient client(*ParseSocketAddress(daemon.address()));
  const Ruling ruling =
      client.Ask("jane@example.org", Deadline::After(absl::Seconds(60)));
  RequirePlain(ruling.why);
  Require(ruling.existence == Meaning(OnlyPayload(bytes)),
          "one whole netstring is a reply");
}

}  // namespace
}  // namespace mailverdict::deliver

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mailverdict::deliver;  // NOLINT: of one function
  const std::string_view bytes = mailverdict::Bytes(data, size);
  ReadPayload(bytes);
  if (size <= kReadBytes) AskOver(bytes);
  return 0;
}
