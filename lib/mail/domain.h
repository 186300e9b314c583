// Domain names as mail uses them. Pure and thread-safe.

#ifndef MAILVERDICT_LIB_MAIL_DOMAIN_H_
#define MAILVERDICT_LIB_MAIL_DOMAIN_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mailverdict::mail {

// The canonical form of a domain name: lower case, A-labels (IDNA2008 with
// UTS 46 mapping, by libidn2), no trailing dot. An address literal in brackets
// (RFC 5321 4.1.3) is accepted and written in one way.
// InvalidArgument, naming what is wrong and at which byte of `text`, for what
// is no domain: an empty label, a label over 63 octets, a name over 253, a byte
// that is no letter, digit, hyphen or underscore, bad UTF-8.
absl::StatusOr<std::string> CanonicalDomain(std::string_view text);

// The same name with U-labels, for people and for directories that store them;
// the canonical name itself where it has no A-label.
std::string DisplayDomain(std::string_view canonical);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_DOMAIN_H_
