// The keys that MTAs send: from their bytes to a transaction. Pure.

#ifndef MAILVERDICT_ADAPTERS_SOCKETMAP_KEY_H_
#define MAILVERDICT_ADAPTERS_SOCKETMAP_KEY_H_

#include <optional>
#include <string>
#include <string_view>

#include "lib/core/transaction.h"

namespace mailverdict::socketmap {

// A transaction of which nothing but one address is known: the sender at kMail,
// the recipient at any other stage.
Transaction AboutAddress(std::string address, Stage stage);

// The key of the sendmail maps `rcpt`, `mail` and `client`, as mailverdict.m4
// builds it:
//
//   kRcpt     RECIPIENT,resolved=<ADDRESS>,sender=<SENDER>,client=<IP>,
//             id=<QUEUEID>,auth=<MECH>,;          (in one line)
//   kMail     SENDER,client=<IP>,id=<QUEUEID>,auth=<MECH>,;
//   kConnect  ,client=<IP>,id=<>,auth=<>,;
//
// sendmail cuts a key at 256 bytes (without -f) or 1024. A cut one has lost its
// end, and no shorter address is read out of it: nullopt. Addresses may hold
// commas and more, so the fields are read from the right. Values may be empty;
// an empty sender is the null one, "<>". An older FEATURE has no sender, or no
// resolved: without a field it is not known, and an empty `resolved` is one
// that sendmail did not set. "IPv6:" before an address is dropped.
std::optional<Transaction> ParseSendmailKey(std::string_view key,
                                            Stage stage = Stage::kRcpt);

// The key of a Postfix table: a recipient or, at Stage::kMail, a sender in its
// internal form, where a local part that needs quotes has none. nullopt for the
// forms that Postfix tries next, "user" and "@domain", which name no mailbox,
// and for "<>".
std::optional<Transaction> ParsePostfixKey(std::string_view key,
                                           Stage stage = Stage::kRcpt);

}  // namespace mailverdict::socketmap

#endif  // MAILVERDICT_ADAPTERS_SOCKETMAP_KEY_H_
