// Parses the keys that MTAs send into transactions. Pure.

#ifndef MAILVERDICT_ADAPTERS_SOCKETMAP_KEY_H_
#define MAILVERDICT_ADAPTERS_SOCKETMAP_KEY_H_

#include <optional>
#include <string>
#include <string_view>

#include "lib/core/transaction.h"

namespace mailverdict::socketmap {

// Parses a key of the sendmail maps `rcpt`, `mail` and `client`, as
// mailverdict.m4 builds it. `stage` tells which map it is of:
//
//   kRcpt     RECIPIENT,resolved=<ADDRESS>,sender=<SENDER>,client=<IP>,
//             id=<QUEUEID>,auth=<MECH>,;          (in one line)
//   kMail     SENDER,client=<IP>,id=<QUEUEID>,auth=<MECH>,;
//   kConnect  ,client=<IP>,id=<>,auth=<>,;
//
// Returns nullopt if the key does not end in ",;". sendmail cuts a key at 1024
// bytes (256 without -f), and an address must not be read from a cut key.
//
// The fields are parsed from the right, because an address may contain commas
// and even the text of a field. Values may be empty. An empty sender is the
// null sender, "<>". An empty `resolved` means that sendmail did not set it. A
// key made by an older FEATURE has no `sender`, or no `resolved`; the
// transaction then has none. A client's address may have "IPv6:" before it.
std::optional<Transaction> ParseSendmailKey(std::string_view key,
                                            Stage stage = Stage::kRcpt);

// Parses a key of a Postfix table: a recipient or, at Stage::kMail, a sender.
// It has Postfix's internal form, in which a local part has no quotes even if
// it needs them. Returns nullopt for "<>", and for "user" and "@domain", which
// Postfix tries after the whole address and which name no mailbox.
std::optional<Transaction> ParsePostfixKey(std::string_view key,
                                           Stage stage = Stage::kRcpt);

}  // namespace mailverdict::socketmap

#endif  // MAILVERDICT_ADAPTERS_SOCKETMAP_KEY_H_
