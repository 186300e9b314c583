// Validation and case folding of UTF-8 text in mail. Pure and thread-safe.

#ifndef MAILVERDICT_LIB_MAIL_UTF8_H_
#define MAILVERDICT_LIB_MAIL_UTF8_H_

#include <optional>
#include <string>
#include <string_view>

#include "lib/mail/fault.h"

namespace mailverdict::mail {

// Finds the first byte of `text` that is not well-formed UTF-8 (RFC 3629:
// shortest form, no surrogates, nothing over U+10FFFF), or that begins a C1
// control character. RFC 5198 2 forbids these (U+0080 to U+009F) in text on the
// wire. Does not look for ASCII control characters. Returns nullopt for good
// text.
std::optional<Fault> FindBadUtf8(std::string_view text);

// A key for caseless comparison: two texts have the same key if they differ
// only in case or in how their characters are composed (Unicode 3.13 D145,
// canonical caseless matching; NFC). ASCII letters become lower case. Text that
// is not UTF-8 is returned unchanged.
std::string FoldUtf8(std::string_view text);

// Whether case folding and compatibility normalization (NFKC) both leave `text`
// unchanged, so that no other text is equivalent to it. False for text that is
// not UTF-8.
bool IsFoldedNfkc(std::string_view text);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_UTF8_H_
