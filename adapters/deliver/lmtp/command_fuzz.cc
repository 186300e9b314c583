// Fuzzes the parsers of command.h, each by itself (dialogue_fuzz.cc has whole
// dialogues). The input is tried as a command line and as a message.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "adapters/deliver/lmtp/command.h"
#include "tests/fuzz/require.h"

namespace mailverdict::deliver {
namespace {

void ReadArgument(std::string_view argument) {
  const std::string recipient = RecipientOf(argument);
  if (!recipient.empty()) {
    Require(recipient.size() <= kMaxRecipientBytes, "a recipient is bounded");
    const size_t open = argument.find('<');
    Require(open != argument.npos &&
                argument.substr(open + 1, recipient.size()) == recipient &&
                argument[open + 1 + recipient.size()] == '>',
            "a recipient stands in brackets");
    Require(argument.substr(3, open - 3).find_first_not_of(' ') ==
                std::string_view::npos,
            "and nothing before them");
  }
  if (const std::optional<Chunk> chunk = ParseChunk(argument)) {
    Require(chunk->bytes < 1'000'000'000'000'000'000, "a chunk is bounded");
    std::string again = std::to_string(chunk->bytes);
    if (chunk->last) again += " last";
    Require(again == absl::AsciiStrToLower(
                         absl::string_view(argument.data(), argument.size())),
            "a chunk is written in one way");
  }
}

void ReadLine(std::string_view line) {
  ReadArgument(line);
  const std::optional<LmtpCommand> command = ParseCommand(line);
  if (!command.has_value()) return;
  for (const char c : command->argument) {
    Require(static_cast<unsigned char>(c) >= ' ' && c != '\x7f',
            "an argument has no control byte");
  }
  const std::string_view verb =
      line.substr(0, line.find_first_not_of("abcdefghijklmnopqrstuvwxyz"
                                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
  Require(!verb.empty(), "a command has a verb");
  std::string again(verb);
  if (line.substr(verb.size(), 1) == " ") again += ' ';
  again += command->argument;
  Require(again == line || again + "\n" == line || again + "\r\n" == line ||
              again + "\r" == line,
          "a verb, a blank, an argument");
  ReadArgument(command->argument);
}

// Where a message ends, and whether that is clear. An oracle that works line by
// line, unlike the state machine of MessageEnd.
struct End {
  MessageEnd::Result result = MessageEnd::Result::kMore;
  size_t length = 0;
};

bool operator==(const End& a, const End& b) {
  return a.result == b.result && a.length == b.length;
}

End FindEnd(std::string_view message) {
  bool clear = true;  // the line end before has its CR
  for (size_t at = 0; at < message.size();) {
    const size_t lf = message.find('\n', at);
    if (lf == message.npos) break;
    const std::string_view line = message.substr(at, lf - at);
    at = lf + 1;
    if (line == ".\r" && clear) return {MessageEnd::Result::kEnd, at};
    if (line == "." || line == ".\r") return {MessageEnd::Result::kUnclear, at};
    clear = !line.empty() && line.back() == '\r';
  }
  return {};
}

End ScanInParts(std::string_view message, size_t part) {
  MessageEnd scanner;
  for (size_t at = 0; at < message.size(); at += part) {
    // The copy lets the sanitizer see a read beyond the part.
    const std::string copy(message.substr(at, part));
    size_t length = 0;
    const MessageEnd::Result result = scanner.Scan(copy, &length);
    if (result != MessageEnd::Result::kMore) return {result, at + length};
  }
  return {};
}

}  // namespace
}  // namespace mailverdict::deliver

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mailverdict::deliver;  // NOLINT: of one function
  const std::string_view input = mailverdict::Bytes(data, size);
  ReadLine(input);
  const End end = FindEnd(input);
  for (const size_t part : {size_t{1}, size_t{3}, size + 1}) {
    mailverdict::Require(ScanInParts(input, part) == end,
                         "in any split a message ends where its dot is");
  }
  return 0;
}
