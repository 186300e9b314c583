// What the other side is told: an SMTP reply code (RFC 5321 4.2), an enhanced
// status (RFC 3463) and a text. A temporary and a permanent reply are two
// types, so that one cannot be used where the other is meant.

#ifndef MAILVERDICT_LIB_CORE_REPLY_H_
#define MAILVERDICT_LIB_CORE_REPLY_H_

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "lib/core/fixed_text.h"

namespace mailverdict {

// The parts of a reply. The class of the enhanced status is the first digit of
// the code, always; `text` is what HarmlessText leaves as it is.
struct Reply {
  int code = 250;
  int status_subject = 0;
  int status_detail = 0;
  std::string text;

  int status_class() const { return code / 100; }
};

// sendmail's tokeniser answers 553 by itself for a token of 256 bytes.
inline constexpr size_t kMaxReplyText = 200;

// Bytes from wherever as the text of a reply: printable ASCII, and none of
// % " ( ) < > \ ; $ which MTAs interpret (sendmail makes a 553 of an unbalanced
// quote, parenthesis or angle bracket, and expands a percent sign). Each run of
// others and of blanks becomes one blank, or nothing at the ends; at most
// kMaxReplyText bytes.
std::string HarmlessText(std::string_view text);

// "Try again later." Written as a constant with another code it does not
// compile.
class DeferReply {
 public:
  constexpr DeferReply(int code, int subject, int detail, FixedText text)
      : code_(code), subject_(subject), detail_(detail), text_(text) {
    if (code / 100 != 4) throw std::logic_error("a deferral is a 4xx");
  }
  Reply reply() const {
    return {code_, subject_, detail_, std::string(text_.view())};
  }

 private:
  int code_;
  int subject_;
  int detail_;
  FixedText text_;
};

// "Never." Given only together with a Proof: see Verdict::Reject.
class RejectReply {
 public:
  constexpr RejectReply(int code, int subject, int detail, FixedText text)
      : code_(code), subject_(subject), detail_(detail), text_(text) {
    if (code / 100 != 5) throw std::logic_error("a rejection is a 5xx");
  }
  Reply reply() const {
    return {code_, subject_, detail_, std::string(text_.view())};
  }

 private:
  int code_;
  int subject_;
  int detail_;
  FixedText text_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_REPLY_H_
