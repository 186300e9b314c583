// One connection to one directory server, by libldap without its ambient
// defaults (ldap.conf and the environment). Only Open blocks: for as long as
// name resolution takes, and then for up to the policy's timeout each to
// connect, to agree on TLS, and to bind.

#ifndef MAILVERDICT_LIB_LDAP_CONNECTION_H_
#define MAILVERDICT_LIB_LDAP_CONNECTION_H_

#include <atomic>
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

// Used by one thread, which blocks SIGPIPE: libldap writes to connections that
// are gone.
class LdapConnection {
 public:
  // The steps of Open. An error begins with its step.
  static constexpr char kResolve[] = "name resolution";
  static constexpr char kConnect[] = "connect";
  static constexpr char kTls[] = "TLS";
  static constexpr char kBind[] = "bind";

  // Sets the environment, once. Call it before the first thread that opens a
  // connection is started.
  static void IgnoreAmbientDefaults();

  // Connects and binds. It waits for the answer to the bind, anonymous or not,
  // so that an open connection is one on which a server has answered. `step`
  // has the step that is under way. An Unavailable error says what failed. An
  // Unauthenticated error says that the server refuses the account, or that
  // `account` (bind_account.h) allows no attempt at `now`. A bind that failed
  // is never followed by anonymous searches.
  static absl::StatusOr<std::unique_ptr<LdapConnection>> Open(
      const DirectoryPolicy& directory, const std::string& uri, uint64_t number,
      BindAccount* account, absl::Time now, std::atomic<const char*>* step);

  ~LdapConnection();
  LdapConnection(const LdapConnection&) = delete;
  LdapConnection& operator=(const LdapConnection&) = delete;

  // The descriptor to poll, and the events to poll it for.
  int fd() const;
  short events() const;  // NOLINT: as poll(2) has it

  // The server's address, as host_addresses.h writes it.
  std::string peer() const { return PeerAddress(fd()); }

  // False while the server does not read what it was sent: another search has
  // to wait.
  bool ready() const;

  // Starts a search with the directory's base, scope and attributes, for at
  // most `max_entries`; does not wait for an answer. Returns the exchange's
  // number; Unavailable when the connection is lost; InvalidArgument when
  // libldap cannot read the filter.
  absl::StatusOr<int> Search(std::string_view filter, int max_entries,
                             absl::Time now);

  // Returns the searches that are complete, oldest first; does not wait.
  std::vector<std::pair<int, SearchResult>> Receive(absl::Time now);

  // Unavailable once the connection is lost. Then no other search completes,
  // and the parts of results that had come are dropped.
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
  absl::Status Resolve() const;
  bool HasDiagnostic() const;
  absl::Status Failed(std::string_view step) const;

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
