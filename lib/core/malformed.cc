#include "lib/core/malformed.h"

#include "absl/strings/str_cat.h"
#include "lib/mail/address.h"
#include "lib/mail/escape.h"

namespace mailverdict {

std::optional<Malformed> Malformed::Of(std::string_view text) {
  mail::Address ignored;
  const std::optional<mail::Fault> fault = mail::ReadAddress(text, &ignored);
  if (!fault.has_value()) return std::nullopt;
  return Malformed(std::string(text), *fault);
}

std::string Malformed::ToString() const {
  return absl::StrCat("\"", mail::EscapeLine(text_),
                      "\" is no address: ", fault_.what, ", at character ",
                      fault_.at + 1);
}

}  // namespace mailverdict
