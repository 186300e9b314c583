#include "adapters/milter/codec/command.h"

#include "adapters/milter/codec/numbers.h"
#include "lib/mail/cursor.h"
#include "lib/mail/ip.h"

namespace mailverdict::milter {
namespace {

// Reads a string that ends in a NUL.
CodecError ReadString(mail::Cursor& in, std::string_view* text) {
  *text = in.TakeWhile([](char c) { return c != '\0'; });
  return in.Skip('\0') ? CodecError::kNone : CodecError::kUnterminated;
}

// Reads strings up to the end.
CodecError ReadStrings(mail::Cursor& in, std::vector<std::string_view>* texts) {
  while (!in.done()) {
    if (texts->size() == kMaxStrings) return CodecError::kTooManyStrings;
    texts->emplace_back();
    const CodecError error = ReadString(in, &texts->back());
    if (error != CodecError::kNone) return error;
  }
  return CodecError::kNone;
}

CodecError AtEnd(const mail::Cursor& in) {
  return in.done() ? CodecError::kNone : CodecError::kTrailingBytes;
}

// Reads one string that ends with the data.
CodecError ReadOnly(mail::Cursor in, std::string_view* text) {
  const CodecError error = ReadString(in, text);
  return error != CodecError::kNone ? error : AtEnd(in);
}

// Bytes behind the three numbers are of a later version. libmilter ignores
// them, too.
CodecError Read(mail::Cursor in, Offer* offer) {
  const std::optional<uint32_t> version = ReadNumber<uint32_t>(in);
  const std::optional<uint32_t> actions = ReadNumber<uint32_t>(in);
  const std::optional<uint32_t> steps = ReadNumber<uint32_t>(in);
  if (!version || !actions || !steps) return CodecError::kTooShort;
  if (*version < kOldestVersion) return CodecError::kOldVersion;
  *offer = {*version, *actions, *steps};
  return CodecError::kNone;
}

std::optional<MacroStage> StageOf(CommandLetter letter) {
  switch (letter) {
    case CommandLetter::kConnect:
      return MacroStage::kConnect;
    case CommandLetter::kHelo:
      return MacroStage::kHelo;
    case CommandLetter::kMail:
      return MacroStage::kMail;
    case CommandLetter::kRcpt:
      return MacroStage::kRcpt;
    case CommandLetter::kData:
      return MacroStage::kData;
    case CommandLetter::kEndOfHeader:
      return MacroStage::kEndOfHeader;
    case CommandLetter::kEndOfMessage:
      return MacroStage::kEndOfMessage;
    default:
      return std::nullopt;
  }
}

CodecError Read(mail::Cursor in, MacroList* list) {
  const std::optional<char> letter = in.Next();
  if (!letter.has_value()) return CodecError::kTooShort;
  list->stage = StageOf(static_cast<CommandLetter>(*letter));
  std::vector<std::string_view> texts;
  const CodecError error = ReadStrings(in, &texts);
  if (error != CodecError::kNone) return error;
  if (texts.size() % 2 != 0) return CodecError::kOddMacros;
  for (size_t i = 0; i < texts.size(); i += 2) {
    list->macros.push_back({texts[i], texts[i + 1]});
  }
  return CodecError::kNone;
}

bool IsIpv4(std::string_view text) {
  mail::Cursor in(text);
  uint32_t address;
  return !mail::ReadIpv4(in, &address).has_value() && in.done();
}

bool IsIpv6(std::string_view text) {
  mail::Cursor in(text);
  mail::IpAddress::Groups groups;
  return !mail::ReadIpv6(in, &groups).has_value() && in.done();
}

// sendmail writes "IPv6:2001:db8::1" (anynet_ntop), Postfix "2001:db8::1". The
// zone of a link-local address (RFC 4007 11) says nothing about the client.
std::string_view WithoutPrefixAndZone(std::string_view text) {
  mail::Cursor in(text);
  in.Skip("IPv6:");
  return in.TakeWhile([](char c) { return c != '%'; });
}

// A family that is not known ends the data.
CodecError Read(mail::Cursor in, Connect* connect) {
  CodecError error = ReadString(in, &connect->host);
  if (error != CodecError::kNone) return error;
  const std::optional<char> family = in.Next();
  if (!family.has_value()) return CodecError::kTooShort;
  connect->family = static_cast<FamilyLetter>(*family);
  if (connect->family == FamilyLetter::kUnknown) return AtEnd(in);

  const std::optional<uint16_t> port = ReadNumber<uint16_t>(in);
  if (!port.has_value()) return CodecError::kTooShort;
  connect->port = *port;
  error = ReadOnly(in, &connect->address);
  if (error != CodecError::kNone) return error;
  bool good = true;
  switch (connect->family) {
    case FamilyLetter::kInet:
      good = IsIpv4(connect->address);
      break;
    case FamilyLetter::kInet6:
      connect->address = WithoutPrefixAndZone(connect->address);
      good = IsIpv6(connect->address);
      break;
    case FamilyLetter::kUnix:
      break;
    default:
      return CodecError::kBadFamily;
  }
  return good ? CodecError::kNone : CodecError::kBadClient;
}

CodecError Read(mail::Cursor in, Helo* helo) {
  return ReadOnly(in, &helo->name);
}

// The address of MAIL or RCPT, and its parameters.
CodecError ReadPath(mail::Cursor in, std::string_view* address,
                    std::vector<std::string_view>* parameters) {
  if (in.done()) return CodecError::kNoAddress;
  const CodecError error = ReadString(in, address);
  return error != CodecError::kNone ? error : ReadStrings(in, parameters);
}

CodecError Read(mail::Cursor in, Mail* command) {
  return ReadPath(in, &command->sender, &command->parameters);
}

CodecError Read(mail::Cursor in, Rcpt* rcpt) {
  return ReadPath(in, &rcpt->recipient, &rcpt->parameters);
}

CodecError Read(mail::Cursor in, UnknownCommand* unknown) {
  return ReadOnly(in, &unknown->line);
}

CodecError Read(mail::Cursor in, Header* header) {
  const CodecError error = ReadString(in, &header->name);
  return error != CodecError::kNone ? error : ReadOnly(in, &header->value);
}

CodecError Read(mail::Cursor in, Body* body) {
  body->bytes = in.rest();
  return CodecError::kNone;
}

CodecError Read(mail::Cursor in, EndOfMessage* end) {
  end->body = in.rest();
  return CodecError::kNone;
}

// Commands without data.
CodecError Read(mail::Cursor in, Data*) { return AtEnd(in); }
CodecError Read(mail::Cursor in, EndOfHeader*) { return AtEnd(in); }
CodecError Read(mail::Cursor in, Abort*) { return AtEnd(in); }
CodecError Read(mail::Cursor in, Quit*) { return AtEnd(in); }
CodecError Read(mail::Cursor in, QuitForNew*) { return AtEnd(in); }

// Tries the types of the variant `Command`, from the one at `kIndex` on.
template <size_t kIndex = 0>
CodecError ParseAs(const Packet& packet, Command* command) {
  if constexpr (kIndex == std::variant_size_v<Command>) {
    return CodecError::kUnknownLetter;
  } else {
    using Type = std::variant_alternative_t<kIndex, Command>;
    if (packet.letter != static_cast<char>(Type::kLetter)) {
      return ParseAs<kIndex + 1>(packet, command);
    }
    return Read(mail::Cursor(packet.data), &command->emplace<Type>());
  }
}

}  // namespace

CommandLetter LetterOf(const Command& command) {
  return std::visit([](const auto& each) { return each.kLetter; }, command);
}

CodecError ParseCommand(const Packet& packet, Command* command) {
  return ParseAs(packet, command);
}

ReadResult CommandReader::Next(Command* command) {
  Packet packet;
  const ReadResult result = packets_.Next(&packet);
  if (result != ReadResult::kOne) return result;
  const CodecError error = ParseCommand(packet, command);
  if (error == CodecError::kNone) return ReadResult::kOne;
  packets_.Fail(error);
  return ReadResult::kError;
}

}  // namespace mailverdict::milter
