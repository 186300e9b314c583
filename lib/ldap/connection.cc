#include "lib/ldap/connection.h"

#include <fcntl.h>
#include <ldap.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/ldap/bind_refusal.h"
#include "lib/ldap/host_addresses.h"
#include "lib/ldap/message.h"
#include "lib/ldap/tls.h"

namespace mailverdict {
namespace {

// The idle time after which the kernel sends a TCP keepalive, if the policy's
// probe_idle does not set it. In whole seconds.
constexpr absl::Duration kKeepalive = absl::Seconds(30);
constexpr absl::Duration kMinKeepalive = absl::Seconds(1);

constexpr char kSearch[] = "search";

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  if (std::getline(file, text, '\0') || file.eof()) return text;
  return absl::UnavailableError(
      absl::StrCat(path, " cannot be read (", strerror(errno),
                   "); give mailverdictd's user read access to it"));
}

// Returns a text that changes when the file is replaced.
std::string IdentityOf(const std::string& path) {
  struct stat status {};
  stat(path.c_str(), &status);
  return absl::StrCat(path, " ", status.st_ino, " ", status.st_size, " ",
                      status.st_mtim.tv_sec, ".", status.st_mtim.tv_nsec);
}

}  // namespace

// The account to bind as.
struct LdapConnection::Login {
  bool external = false;    // SASL EXTERNAL
  std::string password;     // for a simple bind; "" for an anonymous one
  std::string credentials;  // for BindAccount: the whole file, or IdentityOf
};

LdapConnection::LdapConnection(const DirectoryPolicy& directory,
                               const std::string& uri, uint64_t number)
    : directory_(directory), uri_(uri), number_(number) {
  for (const std::string& attribute : directory.filter.attributes()) {
    attributes_.push_back(const_cast<char*>(attribute.c_str()));
  }
  attributes_.push_back(nullptr);
}

// ldap.conf, ~/.ldaprc and LDAP* variables (ldap.conf(5)) may set a size limit,
// a base, an alias rule or a CA. These must not change the meaning of an
// answer. libldap reads them when it is first used. We use it here for the
// first time, before there is a thread that setenv could race with.
void LdapConnection::IgnoreAmbientDefaults() {
  static std::once_flag once;
  std::call_once(once, [] {
    setenv("LDAPNOINIT", "1", 1);
    LDAP* handle = nullptr;
    ldap_initialize(&handle, "ldap://");
    if (handle != nullptr) ldap_unbind_ext(handle, nullptr, nullptr);
  });
}

LdapConnection::~LdapConnection() {
  if (handle_ == nullptr) return;
  ldap_unbind_ext(handle_, nullptr, nullptr);
}

absl::StatusOr<std::unique_ptr<LdapConnection>> LdapConnection::Open(
    const DirectoryPolicy& directory, const std::string& uri, uint64_t number,
    BindAccount* account, absl::Time now, std::atomic<const char*>* step) {
  auto connection = std::unique_ptr<LdapConnection>(
      new LdapConnection(directory, uri, number));
  const absl::StatusOr<Login> login = connection->ReadLogin();
  if (!login.ok()) return login.status();
  absl::Status status = account->MayBind(uri, login->credentials, now);
  if (!status.ok()) return status;
  const int code = ldap_initialize(&connection->handle_, uri.c_str());
  if (code != LDAP_SUCCESS) {
    return absl::UnavailableError(
        absl::StrCat(kConnect, ": the uri ", uri,
                     " cannot be used: ", ldap_err2string(code)));
  }
  status = connection->SetOptions();
  if (status.ok()) {
    status = SetTlsOptions(connection->handle_, uri, directory.tls);
  }
  const auto go_on = [&](const char* next, auto function) {
    if (!status.ok()) return;
    *step = next;
    status = (connection.get()->*function)();
  };
  go_on(kResolve, &LdapConnection::Resolve);
  go_on(kConnect, &LdapConnection::Connect);
  go_on(kTls, &LdapConnection::StartTls);
  if (!status.ok()) return status;
  *step = kBind;
  absl::StatusOr<BindAccount::Turn> turn =
      account->Take(uri, login->credentials, now);
  if (!turn.ok()) return turn.status();
  status = connection->Bind(*login, *std::move(turn));
  if (status.ok() && !UsesTls(uri, directory.tls)) {
    status = connection->ReadAhead();
  }
  if (!status.ok()) return status;
  return connection;
}

absl::StatusOr<LdapConnection::Login> LdapConnection::ReadLogin() const {
  Login login;
  if (directory_.bind_dn.empty()) {
    // Our certificate tells the server the account (RFC 4513 5.2.3).
    login.external =
        !directory_.tls.certificate.empty() && UsesTls(uri_, directory_.tls);
    if (login.external) {
      login.credentials = IdentityOf(directory_.tls.certificate);
    }
    return login;
  }
  const std::string& path = directory_.bind_password_file;
  absl::StatusOr<std::string> text = ReadWhole(path);
  if (!text.ok()) {
    return absl::UnavailableError(
        absl::StrCat(kBind, ": bind_password_file ", text.status().message()));
  }
  login.credentials = *std::move(text);
  login.password = login.credentials.substr(0, login.credentials.find('\n'));
  if (!login.password.empty() && login.password.back() == '\r') {
    login.password.pop_back();
  }
  if (login.password.empty()) {
    // RFC 4513 5.1.2: a bind with a name and no password is anonymous.
    return absl::UnavailableError(
        absl::StrCat(kBind, ": bind_password_file ", path,
                     " has no password in its first line; write it there"));
  }
  return login;
}

absl::Status LdapConnection::SetOptions() {
  const int version = LDAP_VERSION3;
  const int deref = LDAP_DEREF_NEVER;
  const timeval timeout = absl::ToTimeval(directory_.timeout);
  const int unlimited = LDAP_NO_LIMIT;
  // Keepalives end a connection whose other end is gone, even while no search
  // is under way, and show a firewall in between that the connection is in use.
  const int keepalive_idle = static_cast<int>(
      absl::ToInt64Seconds(directory_.probe_idle > absl::ZeroDuration()
                               ? std::max(directory_.probe_idle, kMinKeepalive)
                               : kKeepalive));
  const int keepalive_interval = 1;
  const int keepalive_probes = 3;
  const unsigned unanswered_ms =
      static_cast<unsigned>(absl::ToInt64Milliseconds(directory_.timeout));
  const std::pair<int, const void*> options[] = {
      {LDAP_OPT_PROTOCOL_VERSION, &version},
      {LDAP_OPT_REFERRALS, LDAP_OPT_OFF},
      {LDAP_OPT_DEREF, &deref},
      {LDAP_OPT_SIZELIMIT, &unlimited},  // each search sets its own
      {LDAP_OPT_TIMELIMIT, &unlimited},
      {LDAP_OPT_RESTART, LDAP_OPT_ON},
      {LDAP_OPT_NETWORK_TIMEOUT, &timeout},
      {LDAP_OPT_TIMEOUT, &timeout},
      {LDAP_OPT_X_KEEPALIVE_IDLE, &keepalive_idle},
      {LDAP_OPT_X_KEEPALIVE_INTERVAL, &keepalive_interval},
      {LDAP_OPT_X_KEEPALIVE_PROBES, &keepalive_probes},
      {LDAP_OPT_TCP_USER_TIMEOUT, &unanswered_ms},
  };
  for (const auto& [option, value] : options) {
    if (ldap_set_option(handle_, option, value) != LDAP_OPT_SUCCESS) {
      return absl::UnavailableError(
          absl::StrCat(kConnect, ": libldap refuses option ", option));
    }
  }
  return absl::OkStatus();
}

// Only reports whether the name has an address. libldap resolves the name again
// when it connects, but has one error message for every failure there.
absl::Status LdapConnection::Resolve() const {
  const std::string host = HostNameOf(uri_);
  if (host.empty()) return absl::OkStatus();
  const absl::Status found = ResolveHost(host).status();
  if (found.ok()) return found;
  return absl::UnavailableError(absl::StrCat(
      kResolve, ": the host ", host, " has no address (", found.message(),
      "); is it right in uri, and does DNS answer on this machine?"));
}

// Takes up to LDAP_OPT_NETWORK_TIMEOUT for each address of the host. For
// ldaps:// libldap also makes the TLS handshake; if that fails, there is a
// diagnostic message.
absl::Status LdapConnection::Connect() {
  const auto begun = std::chrono::steady_clock::now();
  errno = 0;
  if (ldap_connect(handle_) == LDAP_SUCCESS) return absl::OkStatus();
  const int error = errno;  // of the last address; libldap reports no other
  const auto took = std::chrono::steady_clock::now() - begun;
  if (absl::FromChrono(took) >= directory_.timeout) {
    return absl::UnavailableError(absl::StrCat(
        kConnect, ": no answer within ",
        absl::FormatDuration(directory_.timeout),
        "; is the host up, and does a firewall let us through to it?"));
  }
  if (HasDiagnostic()) return Failed(kTls);
  // If the kernel refused a TCP connection, libldap has overwritten the cause
  // with ENOTCONN.
  return absl::UnavailableError(
      error == 0 ? absl::StrCat(kConnect,
                                ": the server closed the connection; does it "
                                "take connections from here?")
                 : absl::StrCat(
                       kConnect, ": refused (", strerror(error),
                       "); is the directory server running there, is the port "
                       "right, and does the network lead to it?"));
}

bool LdapConnection::HasDiagnostic() const {
  char* diagnostic = nullptr;
  ldap_get_option(handle_, LDAP_OPT_DIAGNOSTIC_MESSAGE, &diagnostic);
  const absl::Cleanup free = [diagnostic] { ldap_memfree(diagnostic); };
  return diagnostic != nullptr && diagnostic[0] != '\0';
}

absl::Status LdapConnection::StartTls() {
  if (!directory_.tls.start_tls || !absl::StartsWithIgnoreCase(uri_, "ldap:")) {
    return absl::OkStatus();
  }
  // Waits for the answer and for the handshake, for up to
  // LDAP_OPT_NETWORK_TIMEOUT and LDAP_OPT_TIMEOUT.
  if (ldap_start_tls_s(handle_, nullptr, nullptr) == LDAP_SUCCESS) {
    return absl::OkStatus();
  }
  return Failed("TLS: StartTLS");
}

absl::Status LdapConnection::Bind(const Login& login, BindAccount::Turn turn) {
  std::string password = login.password;
  berval credentials{password.size(), password.data()};
  int id = 0;
  const int code = ldap_sasl_bind(
      handle_, login.external ? nullptr : directory_.bind_dn.c_str(),
      login.external ? "EXTERNAL" : LDAP_SASL_SIMPLE, &credentials, nullptr,
      nullptr, &id);
  if (code != LDAP_SUCCESS) return Failed(kBind);
  // libldap connects without blocking, but then makes the socket blocking. When
  // half a message had come, libldap would wait for the other half, whatever
  // timeout it was given.
  fcntl(fd(), F_SETFL, fcntl(fd(), F_GETFL) | O_NONBLOCK);
  return TakeBindAnswer(id, login, &turn);
}

absl::Status LdapConnection::TakeBindAnswer(int id, const Login& login,
                                            BindAccount::Turn* turn) {
  timeval timeout = absl::ToTimeval(directory_.timeout);
  LDAPMessage* answer = nullptr;
  const int kind = ldap_result(handle_, id, LDAP_MSG_ALL, &timeout, &answer);
  if (kind == 0) {
    return absl::UnavailableError(absl::StrCat(
        kBind, ": no answer within ", absl::FormatDuration(directory_.timeout),
        "; the server takes connections and does not answer: is it "
        "stopped or overloaded?"));
  }
  if (kind != LDAP_RES_BIND) {
    ldap_msgfree(answer);
    return Failed(kBind);
  }
  int code = LDAP_OTHER;
  char* diagnostic = nullptr;
  const int parsed = ldap_parse_result(handle_, answer, &code, nullptr,
                                       &diagnostic, nullptr, nullptr, 1);
  absl::Cleanup free = [diagnostic] { ldap_memfree(diagnostic); };
  if (parsed != LDAP_SUCCESS) code = parsed;
  if (code == LDAP_SUCCESS) {
    turn->Accepted();
    return absl::OkStatus();
  }
  const std::string result = DescribeResult(code, diagnostic);
  if (!IsBindRefusal(code)) {
    return absl::UnavailableError(absl::StrCat(kBind, ": ", result));
  }
  const std::string why = absl::StrCat(
      kBind, ": ", DescribeBindRefusal(directory_, login.external, result));
  turn->Refused(why);
  return absl::UnauthenticatedError(why);
}

// Makes libldap read all bytes that have come with one system call. Otherwise
// it makes a poll and two reads for each entry. Not for connections with TLS: a
// TLS record that was read ahead would stay in the buffer unseen, because
// ldap_result takes one record at a time and then reports that there is
// nothing, and so does the socket.
absl::Status LdapConnection::ReadAhead() {
  Sockbuf* socket = nullptr;
  ldap_get_option(handle_, LDAP_OPT_SOCKBUF, &socket);
  if (socket == nullptr ||
      ber_sockbuf_add_io(socket, &ber_sockbuf_io_readahead,
                         LBER_SBIOD_LEVEL_PROVIDER, nullptr) != 0) {
    return absl::UnavailableError("connect: libldap cannot read ahead");
  }
  return absl::OkStatus();
}

int LdapConnection::fd() const {
  int fd = -1;
  ldap_get_option(handle_, LDAP_OPT_DESC, &fd);
  return fd;
}

short LdapConnection::events() const {  // NOLINT: as poll(2) has it
  return writing_ ? POLLIN | POLLOUT : POLLIN;
}

bool LdapConnection::ready() const {
  pollfd poll_fd{fd(), POLLOUT, 0};
  // An error of poll counts as ready: sending will report it.
  return !writing_ && poll(&poll_fd, 1, 0) != 0;
}

absl::StatusOr<int> LdapConnection::Search(std::string_view filter,
                                           int max_entries, absl::Time now) {
  static constexpr int kScopes[] = {LDAP_SCOPE_BASE, LDAP_SCOPE_ONELEVEL,
                                    LDAP_SCOPE_SUBTREE};
  // If the connection is lost, libldap would open another one by itself,
  // without a bind.
  if (status_.ok() && fd() < 0) status_ = Failed(kSearch);
  if (!status_.ok()) return status_;
  timeval limit = absl::ToTimeval(directory_.timeout);
  int id = 0;
  const int code = ldap_search_ext(
      handle_, directory_.base.c_str(),
      kScopes[static_cast<int>(directory_.scope)], std::string(filter).c_str(),
      attributes_.data(), 0, nullptr, nullptr, &limit, max_entries, &id);
  if (code == LDAP_FILTER_ERROR) {
    return absl::InvalidArgumentError(
        "search: libldap cannot read the filter; mend filter in the policy");
  }
  if (code != LDAP_SUCCESS) return status_ = Failed(kSearch);
  int left = LDAP_SUCCESS;
  ldap_get_option(handle_, LDAP_OPT_RESULT_CODE, &left);
  writing_ = left == LDAP_BUSY;
  SearchResult& result = searches_[id];
  result.transcript = {uri_, number_, static_cast<uint64_t>(id), now,
                       absl::InfiniteFuture()};
  return id;
}

std::vector<std::pair<int, SearchResult>> LdapConnection::Receive(
    absl::Time now) {
  std::vector<std::pair<int, SearchResult>> complete;
  while (status_.ok()) {
    timeval at_once{0, 0};
    LDAPMessage* message = nullptr;
    const int kind =
        ldap_result(handle_, LDAP_RES_ANY, LDAP_MSG_ONE, &at_once, &message);
    if (kind < 0 || fd() < 0) status_ = Failed(kSearch);
    if (kind <= 0) {
      // libldap has now sent as much as the socket took. If the socket still
      // has room, nothing is left to send.
      writing_ = false;
      writing_ = !ready();
      break;
    }
    const absl::Cleanup free = [message] { ldap_msgfree(message); };
    if (ldap_msgid(message) == 0) {
      // A notice of disconnection (RFC 4511 4.4.1). The server will not answer
      // the other searches, but may leave the connection open.
      status_ = absl::UnavailableError(
          "search: the server gave notice that it closes the connection");
      break;
    }
    const auto search = searches_.find(ldap_msgid(message));
    if (search == searches_.end()) continue;  // not ours
    if (!TakeMessage(handle_, message, directory_.base, &search->second)) {
      continue;
    }
    search->second.transcript.received = now;
    complete.emplace_back(search->first, std::move(search->second));
    searches_.erase(search);
  }
  return complete;
}

absl::Status LdapConnection::Failed(std::string_view step) const {
  int code = LDAP_SERVER_DOWN;
  ldap_get_option(handle_, LDAP_OPT_RESULT_CODE, &code);
  if (code == LDAP_SUCCESS || code == LDAP_TIMEOUT) code = LDAP_SERVER_DOWN;
  char* diagnostic = nullptr;
  ldap_get_option(handle_, LDAP_OPT_DIAGNOSTIC_MESSAGE, &diagnostic);
  const absl::Cleanup free = [diagnostic] { ldap_memfree(diagnostic); };
  // "Can't contact LDAP server", as libldap says, looks like another fault.
  std::string text = absl::StrCat(
      absl::string_view(step.data(), step.size()), ": ",
      code == LDAP_SERVER_DOWN && !HasDiagnostic()
          ? "the server closed the connection; was it stopped or restarted?"
          : DescribeResult(code, diagnostic));
  // With GnuTLS it has no other words for a certificate that it refuses.
  if (diagnostic != nullptr &&
      absl::StrContains(diagnostic, "unknown error code")) {
    absl::StrAppend(
        &text, "; its certificate has expired, is not by a CA of ",
        directory_.tls.ca_file.empty() ? "the system" : directory_.tls.ca_file,
        ", or is not for the host name in ", uri_,
        " (openssl s_client shows it)");
  }
  return absl::UnavailableError(text);
}

}  // namespace mailverdict
