// Where DNS says that a domain's mail goes: RFC 5321 5.1, RFC 7505. Pure.

#ifndef MAILVERDICT_LIB_CHECKS_MAIL_HOSTS_H_
#define MAILVERDICT_LIB_CHECKS_MAIL_HOSTS_H_

#include <cstddef>
#include <string>

#include "lib/core/check.h"

namespace mailverdict {

enum class MailHosts {
  kPending,       // more answers are needed
  kSome,          // at least one has a public address
  kNullMx,        // the domain says that it takes no mail
  kNoName,        // there is no such domain
  kNoHost,        // the domain is there, and no host of its has an address
  kPrivate,       // its hosts have no address that is public (mail::IsPublic)
  kHostsUnknown,  // the domain is there; a host of its could not be asked, and
                  // none of the others has a public address
  kUnknown,       // nothing is known of it
};

// Of a domain with more, hosts beyond these are not asked for; none of them has
// a public address then, so it is kSome: let the sender try.
inline constexpr size_t kMaxMailHosts = 5;

// Asks for the domain's MX, then for the addresses of one host after the other,
// the preferred one first, IPv4 before IPv6, until one is public: two questions
// for nearly every domain. Without any MX the domain is its own host. `domain`
// is canonical and no address literal. What the answers say need not be true.
MailHosts FindMailHosts(const std::string& domain, Inquiry& ask);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_MAIL_HOSTS_H_
