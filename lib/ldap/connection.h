// A connection to one directory server, made with libldap but without libldap's
// defaults from ldap.conf and the environment. Only Open blocks: for as long as
// name resolution takes, and then for up to the policy's timeout for each of
// the steps connect, TLS and bind.

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
#include "lib/ldap/login.h"
#include "lib/policy/policy.h"

// As libldap names it.
struct ldap;

namespace mailverdict {

// For one thread, which must block SIGPIPE: libldap writes to connections that
// the server has closed.
class LdapConnection {
 public:
  // The steps of Open. An error begins with its step.
  static constexpr char kResolve[] = "name resolution";
  static constexpr char kConnect[] = "connect";
  static constexpr char kTls[] = "TLS";
  static constexpr char kBind[] = "bind";

  // Turns off ldap.conf and the LDAP* variables for this process; sets an
  // environment variable the first time. Call it before the first thread that
  // opens a connection is started.
  static void IgnoreAmbientDefaults();

  // Connects and binds. Waits for the answer to the bind, even an anonymous
  // one, so that the server has answered on every connection that Open returns.
  // Stores each step in `step` when it begins. Unavailable: a step failed; the
  // message says which, and what to do. Unauthenticated: the server refuses the
  // account, or `account` (bind_account.h) allows no attempt at `now`. A
  // connection whose bind failed is never used for searches.
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

  // Whether another search can be sent now. False while the server has not read
  // all of the earlier ones.
  bool ready() const;

  // Starts a search with the directory's base, scope and attributes, for at
  // most `max_entries` entries. Does not wait for the answer. Returns the
  // number of the search. Unavailable: the connection is lost. InvalidArgument:
  // libldap cannot read the filter.
  absl::StatusOr<int> Search(std::string_view filter, int max_entries,
                             absl::Time now);

  // Returns the numbers and results of the searches that are complete now. Does
  // not wait.
  std::vector<std::pair<int, SearchResult>> Receive(absl::Time now);

  // Unavailable once the connection is lost. After that no search completes;
  // results that came in part are dropped.
  const absl::Status& status() const { return status_; }

 private:
  LdapConnection(const DirectoryPolicy& directory, const std::string& uri,
                 uint64_t number);
  absl::Status SetOptions();
  absl::Status Connect();
  absl::Status StartTls();
  absl::Status Bind(const Login& login, BindAccount::Attempt attempt);
  absl::Status TakeBindAnswer(int id, const Login& login,
                              BindAccount::Attempt* attempt);
  absl::Status ReadAhead();
  absl::Status Resolve() const;
  // The result code of the last libldap call, and its diagnostic message.
  int ResultCode() const;
  std::string Diagnostic() const;
  // The status for a libldap call of `step` that failed.
  absl::Status Failed(std::string_view step) const;
  absl::Status StartTlsFailed(int code) const;
  absl::Status HandshakeFailed() const;

  const DirectoryPolicy& directory_;
  const std::string& uri_;  // lives in directory_
  const uint64_t number_;
  absl::Status status_;
  ldap* handle_ = nullptr;
  std::vector<char*> attributes_;  // as libldap wants them; owned by directory_
  std::map<int, SearchResult> searches_;
  bool writing_ = false;  // libldap has not sent all of the last search yet
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_CONNECTION_H_
