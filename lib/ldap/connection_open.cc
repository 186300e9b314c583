// The steps that open an LdapConnection.

#include <fcntl.h>
#include <ldap.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/ldap/bind_refusal.h"
#include "lib/ldap/connection.h"
#include "lib/ldap/host_addresses.h"
#include "lib/ldap/login.h"
#include "lib/ldap/message.h"
#include "lib/ldap/tls.h"

namespace mailverdict {
namespace {

// The idle time after which the kernel sends a TCP keepalive, if the policy's
// probe_idle does not set it. In whole seconds.
constexpr absl::Duration kKeepalive = absl::Seconds(30);
constexpr absl::Duration kMinKeepalive = absl::Seconds(1);

}  // namespace

absl::StatusOr<std::unique_ptr<LdapConnection>> LdapConnection::Open(
    const DirectoryPolicy& directory, const std::string& uri, uint64_t number,
    BindAccount* account, absl::Time now, std::atomic<const char*>* step) {
  auto connection = std::unique_ptr<LdapConnection>(
      new LdapConnection(directory, uri, number));
  const absl::StatusOr<Login> login = ReadLogin(directory, uri);
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
  absl::StatusOr<BindAccount::Attempt> attempt =
      account->BeginAttempt(uri, login->credentials, now);
  if (!attempt.ok()) return attempt.status();
  status = connection->Bind(*login, *std::move(attempt));
  if (status.ok() && !UsesTls(uri, directory.tls)) {
    status = connection->ReadAhead();
  }
  if (!status.ok()) return status;
  return connection;
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
  if (!Diagnostic().empty()) return HandshakeFailed();
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

absl::Status LdapConnection::StartTls() {
  if (!directory_.tls.start_tls || !absl::StartsWithIgnoreCase(uri_, "ldap:")) {
    return absl::OkStatus();
  }
  // Waits for the answer and for the handshake, for up to
  // LDAP_OPT_NETWORK_TIMEOUT and LDAP_OPT_TIMEOUT.
  const int code = ldap_start_tls_s(handle_, nullptr, nullptr);
  return code == LDAP_SUCCESS ? absl::OkStatus() : StartTlsFailed(code);
}

absl::Status LdapConnection::StartTlsFailed(int code) const {
  if (code == LDAP_TIMEOUT) {
    return absl::UnavailableError(absl::StrCat(
        kTls, ": StartTLS: no answer within ",
        absl::FormatDuration(directory_.timeout),
        "; the server takes connections and does not answer: is it stopped or "
        "overloaded?"));
  }
  // libldap's own codes are negative (ldap.h). The others are the server's.
  if (code < 0) return HandshakeFailed();
  return absl::UnavailableError(absl::StrCat(
      kTls, ": StartTLS: the server refuses it: ",
      DescribeResult(code, Diagnostic().c_str()),
      "; configure TLS on the server, or name one that has it in uri"));
}

// A failure for which libldap says "Can't contact LDAP server" or "Connect
// error". Only its diagnostic message tells what happened. With GnuTLS that is
// "unknown error code" for every certificate that is refused.
absl::Status LdapConnection::HandshakeFailed() const {
  const std::string diagnostic = Diagnostic();
  const bool unnamed = absl::StrContains(diagnostic, "unknown error code");
  const bool certificate = unnamed ||
                           absl::StrContains(diagnostic, "certificate") ||
                           absl::StrContains(diagnostic, "hostname");
  return absl::UnavailableError(absl::StrCat(
      kTls, ": the handshake with ", uri_, " failed",
      unnamed || diagnostic.empty() ? "" : absl::StrCat(" (", diagnostic, ")"),
      certificate ? absl::StrCat("; its certificate has expired, is not by a "
                                 "CA of ",
                                 directory_.tls.ca_file.empty()
                                     ? "the system"
                                     : directory_.tls.ca_file,
                                 ", or is not for the host name in the uri")
                  : "; does the server speak TLS at this port, and does it "
                    "want a certificate of ours (certificate_file, key_file)?",
      " (openssl s_client shows it)"));
}

absl::Status LdapConnection::Bind(const Login& login,
                                  BindAccount::Attempt attempt) {
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
  return TakeBindAnswer(id, login, &attempt);
}

absl::Status LdapConnection::TakeBindAnswer(int id, const Login& login,
                                            BindAccount::Attempt* attempt) {
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
    attempt->Accepted();
    return absl::OkStatus();
  }
  const std::string result = DescribeResult(code, diagnostic);
  if (!IsBindRefusal(code)) {
    return absl::UnavailableError(absl::StrCat(kBind, ": ", result));
  }
  const std::string why = absl::StrCat(
      kBind, ": ", DescribeBindRefusal(directory_, login.external, result));
  attempt->Refused(why);
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

}  // namespace mailverdict
