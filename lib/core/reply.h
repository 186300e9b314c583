// An SMTP reply: a code (RFC 5321 4.2), an enhanced status (RFC 3463) and a
// text. Temporary and permanent replies are two types, so that one cannot be
// used in place of the other.

#ifndef MAILVERDICT_LIB_CORE_REPLY_H_
#define MAILVERDICT_LIB_CORE_REPLY_H_

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "lib/core/fixed_text.h"

namespace mailverdict {

// The parts of a reply. The enhanced status is CLASS.SUBJECT.DETAIL; its class
// is always the first digit of the code. `text` has only what HarmlessText lets
// through.
struct Reply {
  int code = 250;
  int status_subject = 0;
  int status_detail = 0;
  std::string text;

  int status_class() const { return code / 100; }
};

// The longest text of a reply. A token of 256 bytes would make sendmail's
// tokeniser answer 553 by itself.
inline constexpr size_t kMaxReplyText = 200;

// Makes any bytes fit for the text of a reply. Keeps printable ASCII except for
// % " ( ) < > \ ; $ which MTAs interpret (sendmail answers 553 to an unbalanced
// quote, parenthesis or angle bracket, and expands a percent sign). Replaces
// each run of other bytes and blanks by one blank, removes blanks at the ends,
// and cuts the text to kMaxReplyText bytes.
std::string HarmlessText(std::string_view text);

// A temporary reply (4xx). A constant with any other code does not compile.
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

// A permanent reply (5xx). Verdict::Reject takes it together with a Proof.
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
