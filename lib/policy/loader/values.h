// What single values of a policy file have to look like. Part of the loader.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_VALUES_H_
#define MAILVERDICT_LIB_POLICY_LOADER_VALUES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace mailverdict {

// Of each: an InvalidArgument error, or a complaint, says what is wrong with
// the value and what to write instead; put the field's name ahead of it.
using Complaint = std::optional<std::string>;

// "4s", "1m30s": not negative and not endless. `example` is what to write.
absl::StatusOr<absl::Duration> ReadDuration(std::string_view text,
                                            std::string_view example);

// The parts of a distinguished name from the entry up to the root, in one
// spelling for all that mean the same (case, blanks, escapes).
using Dn = std::vector<std::string>;

// RFC 4514, by a simple check.
absl::StatusOr<Dn> ReadDn(std::string_view text, std::string_view example);

// The name of a bind: a distinguished name, or one of the two other forms that
// Active Directory takes (MS-ADTS 5.1.1.1.1): "svc@ad.example", "AD\svc".
Complaint CheckBindName(std::string_view text);

// One server: ldap://HOST[:PORT] or ldapi://PATH, percent-encoded.
Complaint CheckUri(std::string_view uri);
// Whether what goes to the server of that (good) URI stays on this machine.
bool IsLocalUri(std::string_view uri);

// "unix:/path" or "inet:HOST:PORT".
Complaint CheckSocketAddress(std::string_view address);
// What deserves a word about a good one.
Complaint DoubtSocketAddress(std::string_view address);

// How many may have vanished before a directory is held: 1 to 63.
Complaint CheckHoldVanished(uint32_t vanished);

// Octal, "0000" to "0777".
absl::StatusOr<int> ReadMode(std::string_view text);

// The name of a user, a group, a directory: one word.
Complaint CheckWord(std::string_view name, std::string_view example);

// The name of a file, from the root.
Complaint CheckPath(std::string_view path, std::string_view example);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_VALUES_H_
