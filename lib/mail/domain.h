// Parsing, comparison and display of the domain names that mail uses. Pure and
// thread-safe.

#ifndef MAILVERDICT_LIB_MAIL_DOMAIN_H_
#define MAILVERDICT_LIB_MAIL_DOMAIN_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/mail/cursor.h"
#include "lib/mail/fault.h"

namespace mailverdict::mail {

inline constexpr size_t kMaxLabelBytes = 63;  // RFC 1035 2.3.4
// RFC 1035 allows 255 octets on the wire. One octet for the first label's
// length and one for the root leave 253 for the text.
inline constexpr size_t kMaxDomainBytes = 253;

// The canonical form of a domain name: lower case, A-labels (IDNA2008 with UTS
// 46 mapping, by libidn2), no trailing dot. An ASCII label keeps its bytes
// except for case. This includes A-labels that IDNA2008 does not allow
// ("xn--i-7iq"), because DNS has such domains. An address literal in brackets
// is accepted and gets its one canonical spelling (see literal.h).
// InvalidArgument, with what is wrong and at which byte of `text`, for a text
// that is not a domain: an empty label, a label over kMaxLabelBytes, a name
// over kMaxDomainBytes, a byte that is not a letter, digit, hyphen or
// underscore, bad UTF-8, or a U-label that IDNA2008 does not allow.
absl::StatusOr<std::string> CanonicalDomain(std::string_view text);

// Like CanonicalDomain, for parsers: reads the longest run of bytes that can be
// a domain, leaves `in` after it and overwrites `canonical`. The place in a
// fault counts like in.offset(). After a fault the position of `in` and the
// value of `canonical` are unspecified.
std::optional<Fault> ReadDomain(Cursor& in, std::string* canonical);

// Finds the first label of a canonical domain that begins with "xn--" and that
// IDNA2008 does not allow. Such a label is a typing error or an emoji. nullopt
// if there is none.
std::optional<Fault> FindOddALabel(std::string_view canonical);

// Whether `name` is a proper subdomain of `zone`. Both are in the form of DNS,
// in lower case: "." is the root, and a backslash precedes a dot that is part
// of a label.
bool IsBelow(std::string_view name, std::string_view zone);

// The domain with U-labels, for display and for directories that store
// U-labels. An A-label stays if its U-label could be read as another name.
// CanonicalDomain refuses the U-label of an emoji, so do not parse the result.
std::string DisplayDomain(std::string_view canonical);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_DOMAIN_H_
