// The replies of a mailbox server (RFC 5321 4.2, RFC 2034): where they end,
// what they consist of, and how a reply is made temporary. What a 5xx means is
// in lmtp_refusal.h.
//
//   550-Mailbox unknown.  Either there is ...      (Cyrus)
//   550 5.1.1 User unknown
//
// A reply is all its lines with their line ends. Pure.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_LMTP_REPLY_H_
#define MAILVERDICT_ADAPTERS_DELIVER_LMTP_REPLY_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/mail/cursor.h"

namespace mailverdict::deliver {

// Finds the ends of replies in a stream. A line ends with LF, as MTAs read it.
class ReplyReader {
 public:
  enum class Result {
    kOne,        // `*length` bytes are a whole reply
    kMore,       // it does not end within `bytes`
    kMalformed,  // no MTA's: "550x", a code that changes between the lines,
                 // or no code, as in TLS
  };

  // `bytes` begin where the last reply ended, and after kMore they are those
  // of before and perhaps more. Linear, whatever the split.
  Result Next(std::string_view bytes, size_t* length);

 private:
  size_t line_ = 0;      // where the line begins that has no end yet
  size_t searched_ = 0;  // no LF between line_ and here
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

// The code at the front of a line's text, behind blanks: of "5.1.1 text",
// "5.1.1: text" and "5.1.1<a@b>". nullopt for anything else, as "5.1.1.4".
// Zeros ahead of a number count for nothing.
std::optional<EnhancedCode> EnhancedCodeOf(std::string_view text);

// The texts of a reply's lines, without codes and line ends.
class ReplyTexts {
 public:
  // Borrows the reply.
  explicit ReplyTexts(std::string_view reply) : in_(reply) {}
  // nullopt behind the last line.
  std::optional<std::string_view> Next();

 private:
  mail::Cursor in_;
};

// The same reply as a temporary one, as long. A 550 becomes 450 and any other
// 5xx 451 (452 has a meaning of its own for Postfix); a 4xx keeps its code. An
// enhanced code at the front of a line becomes 4.x.y: an MTA might go by it.
// The text stays. REQUIRES: the code is a 4xx or 5xx.
std::string Softened(std::string_view reply);

// A reply in one line for a log: lines are parted by " / ", line ends are left
// out. Not escaped.
std::string OneLine(std::string_view reply);

// A reply to LHLO without its STARTTLS lines.
std::string WithoutStartTls(std::string_view reply);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_LMTP_REPLY_H_
