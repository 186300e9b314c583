#include "lib/resolve/dns_server.h"

#include <ares.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/mail/cursor.h"
#include "lib/mail/ip.h"

namespace mailverdict {

absl::StatusOr<DnsServer> DnsServer::Parse(std::string_view text) {
  const auto wrong = [&](const char* what) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", absl::string_view(text.data(), text.size()),
                     "\" is no DNS server: ", what));
  };
  DnsServer server;
  mail::Cursor in(text);
  const bool brackets = in.Skip('[');
  const bool bare_v6 = !brackets && text.find(':') != text.rfind(':');
  server.address = in.TakeWhile(
      [&](char c) { return c != ']' && (brackets || bare_v6 || c != ':'); });
  if (brackets && !in.Skip(']')) return wrong("a bracket is not closed");
  if (!mail::ParseIp(server.address).has_value()) {
    return wrong("write its address, and not its name");
  }
  if (in.done()) return server;
  if (!in.Skip(':')) return wrong("write ADDRESS:PORT");
  const std::optional<uint64_t> port = in.Decimal(5);
  if (!port.has_value() || !in.done() || *port == 0 || *port > 65535) {
    return wrong("its port is no number from 1 to 65535");
  }
  server.port = static_cast<uint16_t>(*port);
  return server;
}

std::string DnsServer::ToString() const {
  if (port == kPort) return address;
  const bool v6 = address.find(':') != address.npos;
  return v6 ? absl::StrCat("[", address, "]:", port)
            : absl::StrCat(address, ":", port);
}

absl::StatusOr<std::vector<DnsServer>> ReadResolvConf(const std::string& path) {
  ares_options options{};
  std::string writable = path;
  options.resolvconf_path = writable.data();
  ares_channel channel;
  const int rc = ares_init_options(&channel, &options, ARES_OPT_RESOLVCONF);
  if (rc != ARES_SUCCESS) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", ares_strerror(rc)));
  }
  std::vector<DnsServer> servers;
  ares_addr_port_node* first = nullptr;
  ares_get_servers_ports(channel, &first);
  for (const auto* node = first; node != nullptr; node = node->next) {
    char text[INET6_ADDRSTRLEN];
    ares_inet_ntop(node->family, &node->addr, text, sizeof(text));
    DnsServer server{text};
    if (node->udp_port != 0)
      server.port = static_cast<uint16_t>(node->udp_port);
    servers.push_back(std::move(server));
  }
  ares_free_data(first);
  ares_destroy(channel);
  return servers;
}

absl::StatusOr<std::vector<DnsServer>> ServersOf(const DnsPolicy& policy) {
  if (policy.servers.empty()) return ReadResolvConf("/etc/resolv.conf");
  std::vector<DnsServer> servers;
  for (const std::string& text : policy.servers) {
    absl::StatusOr<DnsServer> server = DnsServer::Parse(text);
    if (!server.ok()) return server.status();
    servers.push_back(*std::move(server));
  }
  return servers;
}

}  // namespace mailverdict
