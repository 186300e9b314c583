// What a client of LMTP sends (RFC 2033, 5321, 3030): command lines, and
// messages that end with a dot. Pure.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_LMTP_COMMAND_H_
#define MAILVERDICT_ADAPTERS_DELIVER_LMTP_COMMAND_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailverdict::deliver {

enum class Verb {
  kHello,  // LHLO, EHLO, HELO
  kMail,
  kRcpt,
  kData,
  kBdat,
  kRset,
  kXclient,  // starts the session anew
  kQuit,
  kAuth,
  kStartTls,
  kOneReply,  // any other of which this is known
  kUnknown,
};

// The views are into the line.
struct LmtpCommand {
  Verb verb;
  std::string_view argument;  // behind the first blank
};

// `line` with its LF or CRLF. nullopt if it is not plain, letters and then an
// end or a blank and text without control bytes: servers read those in
// different ways.
std::optional<LmtpCommand> ParseCommand(std::string_view line);

// What stands between the brackets of "TO:<...>", the argument of RCPT. Empty
// if it is not all in brackets, or longer than kMaxRecipientBytes: nobody's
// absence is asked about then.
inline constexpr size_t kMaxRecipientBytes = 1024;
std::string RecipientOf(std::string_view argument);

// The argument of BDAT, "1000" or "1000 LAST"; nullopt if it is no such thing.
struct Chunk {
  uint64_t bytes;
  bool last;
};
std::optional<Chunk> ParseChunk(std::string_view argument);

// Looks for the end of a message, CRLF "." CRLF; its first line may be it. One
// for each message.
class MessageEnd {
 public:
  enum class Result {
    kMore,     // all of it is message
    kEnd,      // `*length` bytes are message, the dot's line included
    kUnclear,  // the same, but a CR is missing around the dot: mail.local ends
               // the message there, and Dovecot may not
  };
  Result Scan(std::string_view bytes, size_t* length);

 private:
  // What the bytes so far end with. Bare: its first LF has no CR.
  enum class Seen {
    kText,
    kCr,
    kCrLf,
    kDot,
    kDotCr,
    kBareLf,
    kBareDot,
    kBareDotCr,
  };
  Result Step(char c);

  Seen seen_ = Seen::kCrLf;
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_LMTP_COMMAND_H_
