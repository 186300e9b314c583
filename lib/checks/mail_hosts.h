// Finds the hosts for a domain's mail in DNS (RFC 5321 5.1, RFC 7505). Pure.

#ifndef MAILVERDICT_LIB_CHECKS_MAIL_HOSTS_H_
#define MAILVERDICT_LIB_CHECKS_MAIL_HOSTS_H_

#include <cstddef>
#include <string>

#include "lib/core/check.h"

namespace mailverdict {

enum class MailHosts {
  kPending,       // more answers are needed
  kSome,          // a host has a public address, or one of the hosts that were
                  // not looked up may have one (kMaxMailHosts)
  kNullMx,        // the domain says that it takes no mail
  kNoName,        // there is no such domain
  kNoHost,        // the domain exists, but no host of it has an address
  kPrivate,       // its hosts have addresses, but none is public
                  // (mail::IsPublic)
  kHostsUnknown,  // the domain exists; a lookup of one of its hosts got no
                  // answer, and no other host has a public address
  kUnknown,       // the lookup of its MX got no answer
};

// At most this many hosts of a domain are looked up. If these have no public
// address and the domain has further hosts, the result is kSome, because a host
// that was not looked up may have a public address.
inline constexpr size_t kMaxMailHosts = 5;

// Looks up the domain's MX, then the addresses of one host after the other,
// until one is public. The preferred host comes first, and IPv4 before IPv6, so
// nearly every domain takes two lookups. Without an MX the domain is its own
// host. `domain` is canonical and no address literal. The answers are not
// proven.
MailHosts FindMailHosts(const std::string& domain, Inquiry& ask);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CHECKS_MAIL_HOSTS_H_
