#include "lib/core/dns_server.h"

#include <optional>

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

}  // namespace mailverdict
