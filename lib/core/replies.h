// Every reply that a check or an adapter may give. Only sources that give a
// reply include this header, so a new reply rebuilds few files.

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
// The domain is proven missing and learned (missing_domain.h).
inline constexpr RejectReply kSenderDomainMissing{
    550, 1, 8, "Sender domain does not exist"};
inline constexpr RejectReply kRecipientDomainMissing{
    550, 1, 2, "Recipient domain does not exist"};
// RFC 3463 X.7.1, "delivery not authorized".
inline constexpr RejectReply kClientListed{554, 7, 1,
                                           "Client is on a block list"};
inline constexpr RejectReply kSenderListed{554, 7, 1,
                                           "Sender domain is on a block list"};

// Deferrals for what DNS says without proof.
inline constexpr DeferReply kSenderDomainNotFound{
    451, 1, 8, "Sender domain does not exist"};
inline constexpr DeferReply kRecipientDomainNotFound{
    451, 1, 2, "Recipient domain does not exist"};
inline constexpr DeferReply kSenderDomainNoHost{
    451, 1, 8, "Sender domain has no mail host with a public address"};
inline constexpr DeferReply kRecipientDomainNoHost{
    451, 1, 2, "Recipient domain has no mail host with a public address"};
// DNS gave no usable answer. Unlike the four replies above, this one reports no
// fault of the sender.
// RFC 3463 X.4.3.
inline constexpr DeferReply kDomainUnsure{
    451, 4, 3, "Domain cannot be looked up right now, try again later"};

// RFC 3463 X.4.3, "directory server failure". The reason may be no answer, an
// answer without proof, or an address seen too recently. The log has the
// reason; strangers should not learn it.
inline constexpr DeferReply kDirectoryUnsure{
    451, 4, 3, "Recipient cannot be verified right now, try again later"};
inline constexpr DeferReply kAddressNotUnderstood{
    451, 1, 3, "Recipient address not understood"};
inline constexpr DeferReply kNoVerdict{
    451, 3, 0, "Mail cannot be checked right now, try again later"};
// RFC 3463 X.3.2, "system not accepting network messages".
inline constexpr DeferReply kDeferAll{
    451, 3, 2, "Mail is not accepted right now, try again later"};
inline constexpr DeferReply kRequestNotUnderstood{
    451, 3, 0, "Address was not asked about in full, try again later"};

}  // namespace replies
}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_REPLIES_H_
