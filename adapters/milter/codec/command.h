// The commands of an MTA, as values.
//
//   CommandReader reader;
//   reader.Feed(bytes);                            // in any split
//   Command command;
//   while (reader.Next(&command) == ReadResult::kOne) {
//     if (const Mail* mail = std::get_if<Mail>(&command)) ...
//   }
//   if (reader.error() != CodecError::kNone) ...   // close the connection
//
// The texts borrow from the reader: they are valid until its next Feed. Texts
// are as the MTA sent them, without their NUL; no text holds a NUL, except for
// the bytes of the body. The order of the commands is not checked here.

#ifndef MAILVERDICT_ADAPTERS_MILTER_CODEC_COMMAND_H_
#define MAILVERDICT_ADAPTERS_MILTER_CODEC_COMMAND_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/milter/codec/error.h"
#include "adapters/milter/codec/packet.h"
#include "adapters/milter/codec/protocol.h"

namespace mailverdict::milter {

// What the MTA offers, before anything else. sendmail's libmilter ignores a
// second negotiation on one connection; whether it is answered is the session's
// decision.
struct Offer {
  static constexpr CommandLetter kLetter = CommandLetter::kNegotiate;
  uint32_t version = 0;  // kOldestVersion or higher
  uint32_t actions = 0;  // bits of namespace action, and others
  uint32_t steps = 0;    // bits of namespace step, and others
};

// The macros of a command that follows. Both MTAs send them even if that
// command is not sent (step::kNo*).
struct MacroList {
  static constexpr CommandLetter kLetter = CommandLetter::kMacros;
  struct Macro {
    std::string_view name;  // "i", "{auth_type}"
    std::string_view value;
  };
  // The command that follows. nullopt: one without a stage of its own. Postfix
  // sends macros before each header field, each piece of the body and each
  // unknown command, too.
  std::optional<MacroStage> stage;
  std::vector<Macro> macros;  // sendmail sends an empty list, too
};

struct Connect {
  static constexpr CommandLetter kLetter = CommandLetter::kConnect;
  std::string_view host;  // "mx.example.net", "[192.0.2.1]", "localhost"
  FamilyLetter family = FamilyLetter::kUnknown;
  uint16_t port = 0;  // 0: not known
  // "192.0.2.1", "2001:db8::1" (without sendmail's prefix "IPv6:" and without a
  // zone), the path of a unix socket, which may be empty, or "" if the family
  // is not known.
  std::string_view address;
};

struct Helo {
  static constexpr CommandLetter kLetter = CommandLetter::kHelo;
  std::string_view name;
};

struct Mail {
  static constexpr CommandLetter kLetter = CommandLetter::kMail;
  std::string_view sender;                   // "<ann@example.net>"
  std::vector<std::string_view> parameters;  // ESMTP: "SIZE=1000"
};

struct Rcpt {
  static constexpr CommandLetter kLetter = CommandLetter::kRcpt;
  std::string_view recipient;                // "<joe@example.org>"
  std::vector<std::string_view> parameters;  // ESMTP: "NOTIFY=NEVER"
};

struct Data {
  static constexpr CommandLetter kLetter = CommandLetter::kData;
};

// A command that the MTA does not know.
struct UnknownCommand {
  static constexpr CommandLetter kLetter = CommandLetter::kUnknown;
  std::string_view line;
};

struct Header {
  static constexpr CommandLetter kLetter = CommandLetter::kHeader;
  std::string_view name;
  std::string_view value;  // folded lines are separated by LF; may be empty
};

struct EndOfHeader {
  static constexpr CommandLetter kLetter = CommandLetter::kEndOfHeader;
};

struct Body {
  static constexpr CommandLetter kLetter = CommandLetter::kBody;
  std::string_view bytes;
};

struct EndOfMessage {
  static constexpr CommandLetter kLetter = CommandLetter::kEndOfMessage;
  std::string_view body;  // the last bytes of the body; MTAs send none here
};

// The message is given up, or the MTA has decided on it without us. The
// connection goes on.
struct Abort {
  static constexpr CommandLetter kLetter = CommandLetter::kAbort;
};

struct Quit {
  static constexpr CommandLetter kLetter = CommandLetter::kQuit;
};

// Another client follows on this connection. sendmail's libmilter knows this
// command; neither MTA was found to send it.
struct QuitForNew {
  static constexpr CommandLetter kLetter = CommandLetter::kQuitForNew;
};

using Command = std::variant<Offer, MacroList, Connect, Helo, Mail, Rcpt, Data,
                             UnknownCommand, Header, EndOfHeader, Body,
                             EndOfMessage, Abort, Quit, QuitForNew>;

CommandLetter LetterOf(const Command& command);

// Reads the command of one packet.
CodecError ParseCommand(const Packet& packet, Command* command);

// Commands from a stream; see PacketReader. Not thread-safe.
class CommandReader {
 public:
  explicit CommandReader(size_t max_packet_bytes = kMaxPacketBytes)
      : packets_(max_packet_bytes) {}

  size_t room() const { return packets_.room(); }
  size_t Feed(std::string_view bytes) { return packets_.Feed(bytes); }
  // The next command, valid until the next call of Feed.
  ReadResult Next(Command* command);
  void Finish() { packets_.Finish(); }
  CodecError error() const { return packets_.error(); }
  std::string_view unread() const { return packets_.unread(); }

 private:
  PacketReader packets_;
};

}  // namespace mailverdict::milter

#endif  // MAILVERDICT_ADAPTERS_MILTER_CODEC_COMMAND_H_
