// Any split of the same bytes gives the same commands and the same error. What
// is agreed on is a subset of what was offered. Texts from outside give a reply
// of one packet that has no NUL but at the ends of its strings, or none.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/milter/codec/answer.h"
#include "adapters/milter/codec/command.h"
#include "adapters/milter/codec/command_testing.h"
#include "adapters/milter/codec/macros.h"
#include "adapters/milter/codec/negotiation.h"
#include "adapters/milter/codec/packet.h"
#include "adapters/milter/codec/reply_packet.h"
#include "tests/fuzz/require.h"

namespace {

using namespace mailverdict::milter;
using mailverdict::Require;

void CheckTexts(const Command& command) {
  if (const Connect* connect = std::get_if<Connect>(&command)) {
    Require(
        connect->family != FamilyLetter::kUnknown || connect->address.empty(),
        "a client of no family has no address");
    Require(connect->address.find('\0') == std::string_view::npos,
            "an address has no NUL");
  } else if (const Header* header = std::get_if<Header>(&command)) {
    Require(header->name.find('\0') == std::string_view::npos &&
                header->value.find('\0') == std::string_view::npos,
            "a field has no NUL");
  } else if (const MacroList* list = std::get_if<MacroList>(&command)) {
    Require(list->macros.size() <= kMaxStrings / 2, "macros are limited");
  }
}

void CheckAgreement(const Offer& offer) {
  using mailverdict::Stage;
  Needs needs;
  needs.judged = {Stage::kConnect, Stage::kRcpt, Stage::kEndOfHeader};
  needs.adds_fields = needs.quarantines = needs.body = true;
  const Agreement agreement = Negotiate(offer, needs);
  Require(agreement.version >= kOldestVersion &&
              agreement.version <= kNewestVersion &&
              agreement.version <= offer.version,
          "the version is the lesser");
  Require(offer.actions == 0 || (agreement.actions & ~offer.actions) == 0,
          "actions are a subset");
  Require(offer.steps == 0 || (agreement.steps & ~offer.steps) == 0,
          "steps are a subset");
  Require((agreement.steps & ~uint32_t{0x1FFFFF}) == 0,
          "reserved bits are masked");
  std::string bytes;
  AppendAgreement(agreement, &bytes);
  PacketReader reader(kMaxPacketBytes);
  Require(reader.Feed(bytes) == bytes.size(), "an answer is taken");
  Packet packet;
  Command command;
  Require(reader.Next(&packet) == ReadResult::kOne &&
              ParseCommand(packet, &command) == CodecError::kNone,
          "an answer is a negotiation");
  const Offer& read = std::get<Offer>(command);
  Require(read.version == agreement.version &&
              read.actions == agreement.actions &&
              read.steps == agreement.steps,
          "an answer says what was agreed on");
}

struct Outcome {
  std::vector<std::string> commands;
  std::string unread;
  CodecError error = CodecError::kNone;
};

bool operator==(const Outcome& a, const Outcome& b) {
  return a.commands == b.commands && a.unread == b.unread && a.error == b.error;
}

void TakeAll(CommandReader* reader, Macros* macros, Outcome* outcome) {
  Command command;
  ReadResult result;
  while ((result = reader->Next(&command)) == ReadResult::kOne) {
    CheckTexts(command);
    if (const Offer* offer = std::get_if<Offer>(&command)) {
      CheckAgreement(*offer);
    }
    macros->Take(command);
    const std::optional<std::string_view> id = macros->Find("i");
    outcome->commands.push_back(Show(command) +
                                "i=" + std::string(id.value_or("none")));
  }
  Require(
      (result == ReadResult::kError) == (reader->error() != CodecError::kNone),
      "an error has a name");
  if (result == ReadResult::kMore) {
    Require(reader->room() > 0, "a reader that wants more takes more");
  } else {
    Require(reader->Next(&command) == ReadResult::kError, "an error stays");
  }
}

template <typename NextSize>
Outcome ReadIn(std::string_view bytes, size_t max_bytes, NextSize next_size) {
  CommandReader reader(max_bytes);
  Macros macros;
  Outcome outcome;
  while (!bytes.empty() && reader.error() == CodecError::kNone) {
    // The copy lets the sanitizer see a read beyond the chunk.
    const std::string_view chunk = bytes.substr(0, next_size());
    const std::vector<char> copy(chunk.begin(), chunk.end());
    const size_t taken = reader.Feed({copy.data(), copy.size()});
    Require(taken > 0, "a reader without an error takes something");
    bytes.remove_prefix(taken);
    TakeAll(&reader, &macros, &outcome);
  }
  reader.Finish();
  outcome.error = reader.error();
  // The bytes behind a fault may not have been fed.
  outcome.unread = std::string(reader.unread().substr(0, kLengthBytes));
  return outcome;
}

// The data of the one packet that `reply` is.
std::string DataOf(const ReplyPacket& reply) {
  PacketReader reader(1 + kMaxReplyDataBytes);
  Require(reader.Feed(reply.bytes()) == reply.bytes().size(),
          "a reply is not too long");
  Packet packet;
  Require(reader.Next(&packet) == ReadResult::kOne, "a reply is a packet");
  Require(packet.letter == static_cast<char>(reply.letter()),
          "a reply has its letter");
  Require(reader.unread().empty(), "a reply is one packet");
  return std::string(packet.data);
}

void CheckCode(std::string_view text) {
  const auto reply = ReplyPacket::Code("451", "4.4.3", text);
  if (!reply.ok()) return;
  std::string data = DataOf(*reply);
  Require(data.find('\0') == data.size() - 1, "a reply ends in its only NUL");
  Require(data.find_first_of("\r\n") == std::string::npos,
          "a reply is one line");
  std::string read;
  for (size_t i = 0; i + 1 < data.size(); ++i) {
    read += data[i];
    if (data[i] == '%') Require(data[++i] == '%', "no stray percent sign");
  }
  Require(read == "451 4.4.3 " + std::string(text), "a reply reads as written");
}

void CheckField(const std::vector<std::string>& texts) {
  const Agreement agreement = {6, action::kAddFields, 0};
  const NewField field = {texts[0], {texts.begin() + 1, texts.end()}};
  const auto reply = ReplyPacket::AddField(agreement, field);
  if (!reply.ok()) return;
  const std::string data = DataOf(*reply);
  Require(
      std::count(data.begin(), data.end(), '\0') == 2 && data.back() == '\0',
      "a field is two strings");
  Require(data.find('\r') == std::string::npos, "a field has no CR");
  for (size_t i = 0; (i = data.find('\n', i)) != std::string::npos; ++i) {
    Require(data[i + 1] == '\t', "a field goes on after a LF");
  }
  Command command;
  Require(ParseCommand({'L', data}, &command) == CodecError::kNone,
          "a field can be read");
  Require(std::get<Header>(command).name == texts[0], "a field has its name");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = mailverdict::Bytes(data, size);
  uint32_t state = 2463534242u;
  for (char c : bytes) state = state * 31 + static_cast<unsigned char>(c);
  const auto random = [&state] {  // xorshift
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return static_cast<size_t>(1 + state % 23);
  };
  for (const size_t max_bytes : {size_t{20}, kMaxPacketBytes}) {
    const Outcome whole =
        ReadIn(bytes, max_bytes, [&] { return bytes.size(); });
    Require(ReadIn(bytes, max_bytes, [] { return size_t{1}; }) == whole,
            "byte by byte is like at once");
    Require(ReadIn(bytes, max_bytes, random) == whole,
            "any split is like at once");
  }
  CheckCode(bytes);
  CheckField(mailverdict::Split(bytes, '|'));
  return 0;
}
