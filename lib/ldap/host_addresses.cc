#include "lib/ldap/host_addresses.h"

#include <ldap.h>
#include <netdb.h>
#include <sys/socket.h>

#include "absl/cleanup/cleanup.h"

namespace mailverdict {
namespace {

// Returns "" if it is not an internet address.
std::string AsNumbers(const sockaddr* address, socklen_t size) {
  if (address->sa_family != AF_INET && address->sa_family != AF_INET6) {
    return "";
  }
  char text[NI_MAXHOST];
  const int code =
      getnameinfo(address, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  return code == 0 ? text : "";
}

absl::StatusOr<HostAddresses> Ask(const std::string& host, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* all = nullptr;
  const int code = getaddrinfo(host.c_str(), nullptr, &hints, &all);
  if (code != 0) return absl::NotFoundError(gai_strerror(code));
  const absl::Cleanup free = [all] { freeaddrinfo(all); };
  HostAddresses addresses;
  for (const addrinfo* each = all; each != nullptr; each = each->ai_next) {
    std::string address = AsNumbers(each->ai_addr, each->ai_addrlen);
    if (!address.empty()) addresses.push_back(std::move(address));
  }
  if (addresses.empty()) return absl::NotFoundError("no internet address");
  return addresses;
}

}  // namespace

std::string HostNameOf(const std::string& uri) {
  LDAPURLDesc* parts = nullptr;
  if (ldap_url_parse(uri.c_str(), &parts) != LDAP_URL_SUCCESS) return "";
  const absl::Cleanup free = [parts] { ldap_free_urldesc(parts); };
  const std::string host = parts->lud_host == nullptr ? "" : parts->lud_host;
  const std::string scheme = parts->lud_scheme;
  const bool has_name =
      scheme != "ldapi" && !host.empty() && !Ask(host, AI_NUMERICHOST).ok();
  return has_name ? host : "";
}

// libldap connects with AI_ADDRCONFIG. We do not set it here: one address too
// many does no harm.
absl::StatusOr<HostAddresses> ResolveHost(const std::string& name) {
  return Ask(name, 0);
}

HostAddresses LookUpHost(const std::string& name) {
  return ResolveHost(name).value_or(HostAddresses());
}

std::string PeerAddress(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (getpeername(fd, address, &size) != 0) return "";
  return AsNumbers(address, size);
}

}  // namespace mailverdict
