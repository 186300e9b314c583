// Recognises local parts that a mail system has derived from another address,
// so that it can recognise or route its own bounces. Pure. The code knows no
// keys, so it verifies no signature.
//
//   BATV   draft-levine-smtp-batv: the sender of our own mail, signed, so that
//          we can recognise a bounce that we did not cause. The local part
//          contains the mailbox.
//   SRS    Sender Rewriting Scheme (libsrs2, postsrsd): the sender of mail that
//          we forward. The local part contains a foreign address.

#ifndef MAILVERDICT_LIB_MAIL_SIGNED_ADDRESS_H_
#define MAILVERDICT_LIB_MAIL_SIGNED_ADDRESS_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "lib/mail/address.h"

namespace mailverdict::mail {

// The tag may be before the mailbox or after it; some local parts can be read
// in both ways.
inline constexpr size_t kMaxBatvMailboxes = 2;

// Returns the original addresses that `address` may have been signed from. They
// have the same domain. Empty if the local part has none of these forms:
//
//   prvs=KDDDSSSSSS=user   K and DDD digits, SSSSSS hexadecimal digits; some
//                          gateways leave K out
//   prvs=user=KDDDSSSSSS   the same in the other order
//   btv1==TAG==user        Barracuda; TAG has 1 to 32 letters and digits
//   msprvs1=TAG=user       SparkPost; the same, with '-' and '_'
//
// Returns at most kMaxBatvMailboxes. The results are not searched for a second
// signature.
std::vector<Address> BatvMailboxes(const Address& address);

// Whether a canonical local part has one of these two forms of SRS. After SRS0
// or SRS1, '+' or '-' may stand in place of '=':
//
//   SRS0=HASH=TT=domain=user
//   SRS1=HASH=host==HASH=TT=domain=user
//
// HASH is base64, TT two digits of base32, domain and host are domains.
bool IsSrs(std::string_view local);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_SIGNED_ADDRESS_H_
