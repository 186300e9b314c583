// A malformed text in the message, as the grounds for a rejection. It needs no
// answer from a server.

#ifndef MAILVERDICT_LIB_CORE_MALFORMED_H_
#define MAILVERDICT_LIB_CORE_MALFORMED_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lib/mail/fault.h"

namespace mailverdict {

// A value. Pure.
class Malformed {
 public:
  // Returns what is wrong with `text` as an address; nullopt if it is one
  // (mail::ParseAddress).
  static std::optional<Malformed> Of(std::string_view text);

  // "\"<joe@>\" is no address: here a label of the domain is missing, at
  // character 6". Bytes that are not printable ASCII are escaped.
  std::string ToString() const;

 private:
  Malformed(std::string text, mail::Fault fault)
      : text_(std::move(text)), fault_(fault) {}

  std::string text_;
  mail::Fault fault_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_MALFORMED_H_
