// Reverses the case folding that an MTA applied to a local part.
//
// Postfix folds the keys of its tables by Unicode (CaseFolding.txt, full case
// folding): for the mailbox "groß" it asks for "gross". A directory compares in
// another way. It does not find "groß" by "gross", and it is right to answer
// that there is no such mailbox. So we also ask for the local parts that fold
// to the one we got.
//
// Measured with slapd 2.5.13 (caseIgnoreMatch; 2026-11-29): values with each
// kind of character that folding changes were searched for by their folded
// form. slapd converts each character to lower case and compares NFKD. So
// without our help it finds ligatures, the Kelvin, Angstrom and micro signs,
// the long s, the Greek symbol letters, and all characters that have a
// decomposition. It does not find:
//
//   ß, ẞ      folded to "ss"
//   İ         folded to "i" and U+0307
//   ς         folded to σ, which is written within a word only
//   ᾳ ῃ ῳ ... (small letters with iota subscript), folded to the vowel and ι
//
// This file reverses those four. It does not reverse two others. Cherokee is
// folded letter by letter from lower to upper case, so every letter would have
// to be reversed; a local part in Cherokee is reported as not complete. No
// mailbox has the letters of Old Church Slavonic books (U+1C80 to U+1C88).
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

// The most results for one local part. Each of four "ss" can be "ss", "ß" or
// "ẞ": 3^4 combinations, minus the one that was given. More are not asked for,
// because each becomes a term of the search filter.
inline constexpr size_t kMaxUnfoldedLocals = 80;
// The most bytes of all results together. Servers limit the size of a filter
// (slapd: 256 KiB), and the filter repeats each result for each arm, tag form
// and spelling.
inline constexpr size_t kMaxUnfoldedBytes = 8 * 1024;

// The most results of UnfoldedSpellings, which combines unfolded local parts
// with tag forms, quotes and U-labels.
inline constexpr size_t kMaxUnfoldedSpellings = 2 * kMaxUnfoldedLocals;

// All local parts that fold to `local`, except `local` itself. If there are
// more than kMaxUnfoldedLocals or kMaxUnfoldedBytes, or if they are unknown
// (Cherokee), sets `complete` to false and returns an empty vector.
std::vector<std::string> UnfoldedLocals(std::string_view local, bool* complete);

// Like UnfoldedLocals, for every spelling in address.Spellings(tag_delimiters).
// The limit kMaxUnfoldedBytes holds for all results together.
std::vector<std::string> UnfoldedSpellings(const Address& address,
                                           std::string_view tag_delimiters,
                                           bool* complete);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_FOLDING_H_
