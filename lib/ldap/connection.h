// One connection to one directory server: libldap, with none of its ambient
// defaults. Open blocks, for as long as it takes to resolve the server's name
// and up to the policy's timeout each to connect, to agree on TLS and to bind;
// nothing else does.

#ifndef MAILVERDICT_LIB_LDAP_CONNECTION_H_
#define MAILVERDICT_LIB_LDAP_CONNECTION_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/ldap/attribution.h"
#include "lib/ldap/bind_account.h"
#include "lib/ldap/host_addresses.h"
#include "lib/policy/policy.h"

// As libldap names it.
struct ldap;

namespace mailverdict {

// Thread-compatible: used by its server's own thread only, which blocks
// SIGPIPE: libldap writes to whatever is left of a connection.
class LdapConnection {
 public:
  // Before the first thread that opens a connection is started: it sets the
  // environment, once.
  static void IgnoreAmbientDefaults();

  // Connects and binds; waits for the answer of the bind, anonymous or not, so
  // that an open connection is one that a server has answered on. An
  // Unavailable error says what failed, an Unauthenticated one that the server
  // refuses the account, or that `account` (bind_account.h) allows no attempt
  // at `now`. Never goes on anonymously after a bind that failed.
  static absl::StatusOr<std::unique_ptr<LdapConnection>> Open(
      const DirectoryPolicy& directory, const std::string& uri, uint64_t number,
      BindAccount* account, absl::Time now);

  ~LdapConnection();
  LdapConnection(const LdapConnection&) = delete;
  LdapConnection& operator=(const LdapConnection&) = delete;

  // What to poll, and for what.
  int fd() const;
  short events() const;  // NOLINT: as poll(2) has it

  // Where it goes to, as host_addresses.h writes it.
  std::string peer() const { return PeerAddress(fd()); }

  // False while the server does not read what it was sent: no time for another
  // search.
  bool ready() const;

  // Starts a search with the directory's base, scope and attributes, of at most
  // `max_entries`; does not wait for an answer. The exchange's number; or
  // Unavailable when the connection is lost; or InvalidArgument when libldap
  // cannot read the filter.
  absl::StatusOr<int> Search(std::string_view filter, int max_entries,
                             absl::Time now);

  // The searches that are complete by now, oldest first; does not wait.
  std::vector<std::pair<int, SearchResult>> Receive(absl::Time now);

  // Unavailable once the connection is lost: no other search will complete, and
  // what those under way had received is no result.
  const absl::Status& status() const { return status_; }

 private:
  LdapConnection(const DirectoryPolicy& directory, const std::string& uri,
                 uint64_t number);
  struct Login;
  absl::StatusOr<Login> ReadLogin() const;
  absl::Status SetOptions();
  absl::Status Connect();
  absl::Status StartTls();
  absl::Status Bind(const Login& login, BindAccount::Turn turn);
  absl::Status TakeBindAnswer(int id, const Login& login,
                              BindAccount::Turn* turn);
  absl::Status ReadAhead();
  absl::Status Failed(std::string_view doing) const;

  const DirectoryPolicy& directory_;
  const std::string& uri_;  // lives in directory_
  const uint64_t number_;
  absl::Status status_;
  ldap* handle_ = nullptr;
  std::vector<char*> attributes_;  // as libldap wants them; owned by directory_
  std::map<int, SearchResult> searches_;
  bool writing_ = false;  // libldap holds a part of a search still to be sent
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_CONNECTION_H_
