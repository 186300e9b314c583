// One connection to one directory server: libldap, with none of its ambient
// defaults. What blocks here (Open, and nothing else) is bounded by the
// policy's timeout.

#ifndef MAILVERDICT_LIB_RESOLVE_LDAP_CONNECTION_H_
#define MAILVERDICT_LIB_RESOLVE_LDAP_CONNECTION_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/core/policy.h"
#include "lib/resolve/attribution.h"

// As libldap names them.
struct ldap;
struct ldapmsg;

namespace mailverdict {

// Thread-compatible: used by its server's own thread only.
class LdapConnection {
 public:
  // Connects and binds; waits for the answer of the bind, anonymous or not, so
  // that an open connection is one that a server has answered on. An
  // Unavailable error says what failed. Never goes on anonymously after a bind
  // that failed.
  static absl::StatusOr<std::unique_ptr<LdapConnection>> Open(
      const DirectoryPolicy& directory, uint64_t number);

  ~LdapConnection();
  LdapConnection(const LdapConnection&) = delete;
  LdapConnection& operator=(const LdapConnection&) = delete;

  // To poll for reading.
  int fd() const;

  // Starts a search with the directory's base, scope and attributes, of at most
  // `max_entries`; does not wait. The exchange's number, or Unavailable when
  // the connection is lost.
  absl::StatusOr<int> Search(std::string_view filter, int max_entries,
                             absl::Time now);

  // The searches that are complete by now, oldest first; does not wait.
  // Unavailable when the connection is lost: none of the rest will complete,
  // and what they had received so far is no result.
  absl::StatusOr<std::vector<std::pair<int, SearchResult>>> Receive(
      absl::Time now);

 private:
  LdapConnection(const DirectoryPolicy& directory, uint64_t number);
  absl::Status SetOptions();
  absl::Status Bind();
  // Adds one message to its search; true when that is complete.
  bool Take(ldapmsg* message, SearchResult* result) const;
  absl::Status Lost(std::string_view doing) const;

  const DirectoryPolicy& directory_;
  const uint64_t number_;
  ldap* handle_ = nullptr;
  std::vector<char*> attributes_;  // as libldap wants them; owned by directory_
  std::map<int, SearchResult> searches_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVE_LDAP_CONNECTION_H_
