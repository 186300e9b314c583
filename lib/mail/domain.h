// Domain names as mail uses them. Pure and thread-safe.

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
// RFC 1035 allows 255 octets on the wire: one for each label's length and for
// the root leave 253 for the text.
inline constexpr size_t kMaxDomainBytes = 253;

// The canonical form of a domain name: lower case, A-labels (IDNA2008 with
// UTS 46 mapping, by libidn2), no trailing dot. A label that is given in ASCII
// is taken byte for byte but for its case, and so is an A-label that IDNA2008
// does not allow ("xn--i-7iq"): DNS has such domains. An address literal in
// brackets is accepted and written in one way (see literal.h).
// InvalidArgument, naming what is wrong and at which byte of `text`, for what
// is no domain: an empty label, a label over kMaxLabelBytes, a name over
// kMaxDomainBytes, a byte that is no letter, digit, hyphen or underscore, bad
// UTF-8, a U-label that IDNA2008 does not allow.
absl::StatusOr<std::string> CanonicalDomain(std::string_view text);

// The same for parsers: reads the longest run of bytes that can be a domain,
// and leaves `in` after it. `canonical` is overwritten. On a fault, whose place
// counts as in.offset() does, both are left somewhere in between.
std::optional<Fault> ReadDomain(Cursor& in, std::string* canonical);

// The first label of a canonical domain that begins with "xn--" and that
// IDNA2008 does not allow: a mistyped one, or an emoji. nullopt if there is
// none.
std::optional<Fault> FindOddALabel(std::string_view canonical);

// Whether `name` is below `zone`, a part of it and not itself. Both as DNS
// writes them, in lower case: "." is the root, and a dot that is part of a
// label has a backslash before it.
bool IsBelow(std::string_view name, std::string_view zone);

// The same name with U-labels, for people and for directories that store them.
// An A-label stays where its U-label could be another name's; CanonicalDomain
// refuses the U-label of an emoji.
std::string DisplayDomain(std::string_view canonical);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_DOMAIN_H_
