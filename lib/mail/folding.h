// What a local part may have been before an MTA folded its case.
//
// Postfix folds the keys of its tables by Unicode (CaseFolding.txt, full case
// folding): the mailbox "groß" is asked for as "gross". A directory compares
// in another way, so it does not find "groß" by "gross", and says with good
// reason that nobody is called so.
//
// slapd 2.5.13 was asked by the folded form for a value with each kind of
// character that folding changes (caseIgnoreMatch; 2026-11-29). It lower-cases
// character by character and compares NFKD, so it finds by itself the
// ligatures, the Kelvin, Angstrom and micro signs, the long s, the Greek symbol
// letters, and all that has a decomposition. It does not find:
//
//   ß, ẞ      folded to "ss"
//   İ         folded to "i" and U+0307
//   ς         folded to σ, which is written within a word only
//   ᾳ ῃ ῳ ... (small letters with iota subscript), folded to the vowel and ι
//
// Those are undone here. Not undone: Cherokee, which is folded from lower to
// upper case letter by letter, so that it would have to be undone everywhere;
// and the letters of old Slavonic books (U+1C80 to U+1C88), which no mailbox
// has. A local part in Cherokee is reported as not complete.
//
// Pure and thread-safe.

#ifndef MAILVERDICT_LIB_MAIL_FOLDING_H_
#define MAILVERDICT_LIB_MAIL_FOLDING_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/address.h"

namespace mailverdict::mail {

// Four places with "ss" are "ss", "ß" or "ẞ" each: 3^4, without the way it
// came. More are not asked for, since each is a term of a filter.
inline constexpr size_t kMaxUnfoldedLocals = 80;
// All of them together. A server takes no filter of any size (slapd: 256 KiB),
// and each is written once for each arm, tag form and spelling.
inline constexpr size_t kMaxUnfoldedBytes = 8 * 1024;

// The same for an address with its tags, quotes and U-labels.
inline constexpr size_t kMaxUnfoldedSpellings = 2 * kMaxUnfoldedLocals;

// Every local part that folding makes into `local`, without `local` itself.
// `complete` is false when there are more than kMaxUnfoldedLocals or
// kMaxUnfoldedBytes, or when they are not known; then the result is empty.
std::vector<std::string> UnfoldedLocals(std::string_view local, bool* complete);

// The same for all that address.Spellings(tag_delimiters) has; the limit of
// bytes holds for all together.
std::vector<std::string> UnfoldedSpellings(const Address& address,
                                           std::string_view tag_delimiters,
                                           bool* complete);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_FOLDING_H_
