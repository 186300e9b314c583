// Parsers for what an LMTP client sends (RFC 2033, 5321, 3030): command lines,
// and messages that end with a dot. Pure.

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
  kXclient,  // resets the session, as LHLO does
  kQuit,
  kAuth,
  kStartTls,
  kOneReply,  // another known command; it has exactly one reply
  kUnknown,   // an unknown command; it may have any number of replies
};

// One command line. The views point into it.
struct LmtpCommand {
  Verb verb;
  std::string_view argument;  // all after the first blank
};

// Parses `line`, which ends with LF or CRLF. A plain line is a word of letters,
// optionally followed by a blank and text without control bytes, then the line
// end. Returns nullopt for any other line, since servers read such lines in
// different ways.
std::optional<LmtpCommand> ParseCommand(std::string_view line);

// The longest address that RecipientOf returns.
inline constexpr size_t kMaxRecipientBytes = 1024;

// Returns the address between the brackets of "TO:<...>", the argument of RCPT.
// Returns an empty string if the argument has another form, or if the address
// is longer than kMaxRecipientBytes. For such a recipient no proof is asked
// for, and a refusal becomes a 4xx.
std::string RecipientOf(std::string_view argument);

// The argument of BDAT (RFC 3030 2).
struct Chunk {
  uint64_t bytes;
  bool last;
};

// Parses the argument of BDAT, "1000" or "1000 LAST". Returns nullopt if it is
// malformed.
std::optional<Chunk> ParseChunk(std::string_view argument);

// Finds the end of a message in a stream of bytes: CRLF "." CRLF (RFC 5321
// 4.1.1.4). The first line of the message may be that dot. Use a new object for
// each message.
class MessageEnd {
 public:
  enum class Result {
    kMore,  // all bytes belong to the message
    kEnd,   // the message ends after `*length` bytes, the dot's line included
    // The same, but the LF before or after the dot has no CR. mail.local ends
    // the message there, and Dovecot may not.
    kUnclear,
  };
  // Reads the next bytes of the message. Sets `*length` unless it returns
  // kMore.
  Result Scan(std::string_view bytes, size_t* length);

 private:
  // The end of the bytes so far. "Bare": the LF before the dot has no CR.
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

  // Initially as after CRLF, so that a dot on the first line ends the message.
  Seen seen_ = Seen::kCrLf;
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_LMTP_COMMAND_H_
