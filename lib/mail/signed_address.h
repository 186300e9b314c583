// Local parts that a mail system has made of another one, to know its own
// bounces or to lead them back. Pure; nothing here knows a key, so nothing is
// verified.
//
//   BATV   draft-levine-smtp-batv: the sender of our own mail, signed, so that
//          a forged bounce is recognised. The mailbox is in it.
//   SRS    Sender Rewriting Scheme (libsrs2, postsrsd): the sender of mail that
//          we forward. Its mailbox is somebody else's, elsewhere.

#ifndef MAILVERDICT_LIB_MAIL_SIGNED_ADDRESS_H_
#define MAILVERDICT_LIB_MAIL_SIGNED_ADDRESS_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "lib/mail/address.h"

namespace mailverdict::mail {

// A local part may be read as signed ahead of the mailbox and behind it.
inline constexpr size_t kMaxBatvMailboxes = 2;

// The addresses that `address` may be the BATV form of, in its domain; none if
// its local part has no such form:
//
//   prvs=KDDDSSSSSS=user   K and DDD digits, SSSSSS hexadecimal digits; some
//                          gateways leave K out
//   prvs=user=KDDDSSSSSS   the same in the other order
//   btv1==TAG==user        Barracuda; TAG has 1 to 32 letters and digits
//   msprvs1=TAG=user       SparkPost; the same, with '-' and '_'
//
// At most kMaxBatvMailboxes. What is made of them is not reduced again.
std::vector<Address> BatvMailboxes(const Address& address);

// Whether a canonical local part has the form of SRS, with '=', '+' or '-'
// behind the first word:
//
//   SRS0=HASH=TT=domain=user
//   SRS1=HASH=host==HASH=TT=domain=user
//
// HASH is base64, TT two digits of base32, domain and host are domains.
bool IsSrs(std::string_view local);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_SIGNED_ADDRESS_H_
