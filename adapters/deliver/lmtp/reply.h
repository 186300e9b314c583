// Parsers for the replies of a mailbox server (RFC 5321 4.2, RFC 2034), and the
// rewriting of a permanent reply (5xx) as a temporary one (4xx). refusal.h says
// what a 5xx means.
//
//   550-Mailbox unknown.  Either there is ...      (Cyrus)
//   550 5.1.1 User unknown
//
// "A reply" below is all its lines with their line ends. Pure.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_LMTP_REPLY_H_
#define MAILVERDICT_ADAPTERS_DELIVER_LMTP_REPLY_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/mail/cursor.h"

namespace mailverdict::deliver {

// Finds the ends of replies in a stream of bytes. A line ends with LF, with or
// without a CR, as MTAs read it.
class ReplyReader {
 public:
  enum class Result {
    kOne,        // the first `*length` bytes are a whole reply
    kMore,       // the reply does not end within `bytes`
    kMalformed,  // "550x", a code that changes between the lines, or no code,
                 // as in TLS
  };

  // Looks for the end of the next reply. `bytes` begins where the last reply
  // ended. After kMore the next call must get the same bytes again, and may get
  // more behind them. Takes time linear in the bytes, however they are split.
  Result Next(std::string_view bytes, size_t* length);

 private:
  size_t line_ = 0;      // where the unfinished line begins
  size_t searched_ = 0;  // there is no LF between line_ and this
};

// The functions below REQUIRE a whole reply.

// "550".
inline std::string_view ReplyCode(std::string_view reply) {
  return reply.substr(0, 3);
}

// An enhanced status code (RFC 3463 2), "5.1.1".
struct EnhancedCode {
  int status_class, subject, detail;
};

// Returns the code at the front of a line's text, after blanks, as in
// "5.1.1 text", "5.1.1: text" and "5.1.1<a@b>". Ignores leading zeros: "5.01.1"
// is 5.1.1. Returns nullopt if there is no code; "5.1.1.4" is none.
std::optional<EnhancedCode> EnhancedCodeOf(std::string_view text);

// Iterates over the texts of a reply's lines, without codes and line ends.
class ReplyTexts {
 public:
  // Borrows the reply.
  explicit ReplyTexts(std::string_view reply) : in_(reply) {}
  // The next line's text; nullopt after the last line.
  std::optional<std::string_view> Next();

 private:
  mail::Cursor in_;
};

// Returns `reply` as a temporary reply of the same length. A 550 becomes 450,
// and any other 5xx becomes 451 (not 452, which has a meaning of its own for
// Postfix); a 4xx keeps its code. An enhanced code at the front of a line
// becomes 4.x.y, since an MTA may believe it more than the reply code. The text
// stays. REQUIRES: the code is a 4xx or 5xx.
std::string Softened(std::string_view reply);

// Returns a reply as one line for a log: its lines without their ends, joined
// by " / ". Does not escape them.
std::string OneLine(std::string_view reply);

// Returns a reply to LHLO without its STARTTLS lines.
std::string WithoutStartTls(std::string_view reply);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_LMTP_REPLY_H_
