// The keys that MTAs send: from their bytes to a transaction. Pure.

#ifndef MAILVERDICT_ADAPTERS_SOCKETMAP_KEY_H_
#define MAILVERDICT_ADAPTERS_SOCKETMAP_KEY_H_

#include <optional>
#include <string>
#include <string_view>

#include "lib/core/transaction.h"

namespace mailverdict::socketmap {

// The key of the sendmail maps `rcpt`, `mail` and `client`, as mailverdict.m4
// builds it:
//
//   kRcpt     RECIPIENT,resolved=<ADDRESS>,sender=<SENDER>,client=<IP>,
//             id=<QUEUEID>,auth=<MECH>,;          (in one line)
//   kMail     SENDER,client=<IP>,id=<QUEUEID>,auth=<MECH>,;
//   kConnect  ,client=<IP>,id=<>,auth=<>,;
//
// sendmail cuts a key at 256 bytes (without -f) or 1024. A key without its end
// has been cut and gives nullopt: a shorter address must not be read from it.
// Addresses may contain commas and more, so the fields are read from the right.
// Values may be empty; an empty sender is the null one, "<>". A key of an older
// FEATURE has no sender, or no resolved; such a field is not known. An empty
// `resolved` means that sendmail did not set it. "IPv6:" before an address is
// dropped.
std::optional<Transaction> ParseSendmailKey(std::string_view key,
                                            Stage stage = Stage::kRcpt);

// The key of a Postfix table: a recipient or, at Stage::kMail, a sender. It is
// in Postfix's internal form, in which a local part has no quotes even if it
// needs them. nullopt for "<>" and for the forms that Postfix tries after the
// whole address, "user" and "@domain", which name no mailbox.
std::optional<Transaction> ParsePostfixKey(std::string_view key,
                                           Stage stage = Stage::kRcpt);

}  // namespace mailverdict::socketmap

#endif  // MAILVERDICT_ADAPTERS_SOCKETMAP_KEY_H_
