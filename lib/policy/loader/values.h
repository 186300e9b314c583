// Parses and checks single values of a policy file. Part of the loader.

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

// A text that says what is wrong with a value and what to write instead;
// nullopt if the value is good. An InvalidArgument status of the functions
// below has the same form. The caller puts the name of the field before it.
using Complaint = std::optional<std::string>;

// Parses a duration such as "4s" or "1m30s", which must be finite and not
// negative. An error suggests `example`.
absl::StatusOr<absl::Duration> ReadDuration(std::string_view text,
                                            std::string_view example);

// A distinguished name as its RDNs, from the entry up to the root. Names that
// mean the same (case, blanks, escapes) have the same Dn.
using Dn = std::vector<std::string>;

// Parses a distinguished name (RFC 4514). The check is simple: it knows no
// schema.
absl::StatusOr<Dn> ReadDn(std::string_view text, std::string_view example);

// Checks a bind name: a distinguished name, or one of the two other forms that
// Active Directory accepts (MS-ADTS 5.1.1.1.1), "svc@ad.example" and "AD\svc".
Complaint CheckBindName(std::string_view text);

// Checks the URI of one server: ldap://HOST[:PORT], ldaps://HOST[:PORT] or
// ldapi://PATH (percent-encoded).
Complaint CheckUri(std::string_view uri);
// Whether a connection to this server stays on this machine. REQUIRES: CheckUri
// accepts `uri`.
bool IsLocalUri(std::string_view uri);

// Checks "unix:/path" or "inet:HOST:PORT".
Complaint CheckSocketAddress(std::string_view address);
// Returns a warning if the address is valid but probably a mistake. REQUIRES:
// CheckSocketAddress accepts `address`.
Complaint SocketAddressWarning(std::string_view address);

// Checks how many addresses may vanish before a directory is held: 1 to 63.
Complaint CheckHoldVanished(uint32_t vanished);

// Parses a file mode in octal, "0000" to "0777".
absl::StatusOr<int> ReadMode(std::string_view text);

// Checks the name of a user, a group or a directory: one word.
Complaint CheckWord(std::string_view name, std::string_view example);

// Checks an absolute path of a file.
Complaint CheckPath(std::string_view path, std::string_view example);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_VALUES_H_
