// Every reply that a check or an adapter may give, in one place. Only the
// sources that give one include this header: a new reply rebuilds little.

#ifndef MAILVERDICT_LIB_CORE_REPLIES_H_
#define MAILVERDICT_LIB_CORE_REPLIES_H_

#include "lib/core/reply.h"

namespace mailverdict {
namespace replies {

inline constexpr RejectReply kUserUnknown{550, 1, 1, "User unknown"};
// RFC 3463 X.1.3, "bad destination mailbox address syntax".
inline constexpr RejectReply kNoAddress{553, 1, 3,
                                        "Recipient address not understood"};
// RFC 3463 X.1.8, "bad sender's system address", and X.1.2, "bad destination
// system address".
inline constexpr RejectReply kSenderDomainListed{
    550, 1, 8, "Sender domain cannot receive mail"};
inline constexpr RejectReply kRecipientDomainListed{
    550, 1, 2, "Recipient domain cannot receive mail"};

// RFC 7505 4.1, 4.2.
inline constexpr RejectReply kSenderNullMx{550, 7, 27,
                                           "Sender address has null MX"};
inline constexpr RejectReply kRecipientNullMx{556, 1, 10,
                                              "Recipient address has null MX"};
// Proven missing again and again.
inline constexpr RejectReply kSenderDomainMissing{
    550, 1, 8, "Sender domain does not exist"};
inline constexpr RejectReply kRecipientDomainMissing{
    550, 1, 2, "Recipient domain does not exist"};
// RFC 3463 X.7.1, "delivery not authorized".
inline constexpr RejectReply kClientListed{554, 7, 1,
                                           "Client is on a block list"};
inline constexpr RejectReply kSenderListed{554, 7, 1,
                                           "Sender domain is on a block list"};

// What DNS says, and may say by mistake.
inline constexpr DeferReply kSenderDomainNotFound{
    451, 1, 8, "Sender domain does not exist"};
inline constexpr DeferReply kRecipientDomainNotFound{
    451, 1, 2, "Recipient domain does not exist"};
inline constexpr DeferReply kSenderDomainNoHost{
    451, 1, 8, "Sender domain has no mail host with a public address"};
inline constexpr DeferReply kRecipientDomainNoHost{
    451, 1, 2, "Recipient domain has no mail host with a public address"};
// Nothing can be said of the domain; unlike the above, a sender has nothing to
// correct. RFC 3463 X.4.3.
inline constexpr DeferReply kDomainUnsure{
    451, 4, 3, "Domain cannot be looked up right now, try again later"};

// RFC 3463 X.4.3, "directory server failure". The reasons differ (no answer, no
// vouched answer, seen too recently); the log tells them apart, a stranger
// should not learn them.
inline constexpr DeferReply kDirectoryUnsure{
    451, 4, 3, "Recipient cannot be verified right now, try again later"};
inline constexpr DeferReply kAddressNotUnderstood{
    451, 1, 3, "Recipient address not understood"};
inline constexpr DeferReply kNoVerdict{
    451, 3, 0, "Mail cannot be checked right now, try again later"};
// RFC 3463 X.3.2, "system not accepting network messages".
inline constexpr DeferReply kHeld{
    451, 3, 2, "Mail is not accepted right now, try again later"};
inline constexpr DeferReply kRequestNotUnderstood{
    451, 3, 0, "Address was not asked about in full, try again later"};

}  // namespace replies
}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_REPLIES_H_
