// UTF-8 as mail may carry it. Pure and thread-safe.

#ifndef MAILVERDICT_LIB_MAIL_UTF8_H_
#define MAILVERDICT_LIB_MAIL_UTF8_H_

#include <optional>
#include <string>
#include <string_view>

#include "lib/mail/fault.h"

namespace mailverdict::mail {

// The first place in `text` that is not well-formed UTF-8 (RFC 3629: shortest
// form, no surrogates, nothing over U+10FFFF), or is one of the C1 control
// characters, U+0080 to U+009F, which RFC 5198 2 keeps out of text on the wire.
// ASCII control characters are left to the caller. nullopt for good text.
std::optional<Fault> FindBadUtf8(std::string_view text);

// The same for all texts that differ in case only, or in how their characters
// are put together (Unicode 3.13 D145, canonical caseless matching; NFC). ASCII
// letters come out in lower case. Text that is no UTF-8 stays as it is.
std::string FoldUtf8(std::string_view text);

// Whether neither case folding nor compatibility (NFKC) changes `text`, so that
// no other text could be read as it. False for what is no UTF-8.
bool IsFoldedNfkc(std::string_view text);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_UTF8_H_
