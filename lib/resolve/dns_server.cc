#include "lib/resolve/dns_server.h"

#include <ares.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace mailverdict {

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
  if (policy.servers.empty()) return ReadResolvConf(kResolvConf);
  std::vector<DnsServer> servers;
  for (const std::string& text : policy.servers) {
    absl::StatusOr<DnsServer> server = DnsServer::Parse(text);
    if (!server.ok()) return server.status();
    servers.push_back(*std::move(server));
  }
  return servers;
}

}  // namespace mailverdict
