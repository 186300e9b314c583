#include "lib/policy/dns_server.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/cursor.h"
#include "lib/mail/ip.h"

namespace mailverdict {
namespace {

bool IsLinkLocal(const mail::IpAddress& address) {
  return (address.groups[0] & 0xffc0) == 0xfe80;  // fe80::/10, RFC 4291 2.5.6
}

bool IsInterfaceName(std::string_view text) {
  // An interface must not contain a byte that would end it in one of the forms
  // that Parse accepts.
  if (text.empty() || text.size() > DnsServer::kMaxInterfaceBytes) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c)) &&
           std::string_view("%:/[]").find(c) == std::string_view::npos;
  });
}

// Splits "ADDRESS" or "ADDRESS%INTERFACE". Returns what is wrong, or "".
const char* ReadHost(std::string_view text, DnsServer* server) {
  const size_t percent = text.find('%');
  server->address = text.substr(0, percent);
  const auto ip = mail::ParseIp(server->address);
  if (!ip.has_value()) {
    // As dig(1), Unbound and dnsmasq write a port.
    return text.find('#') != text.npos || text.find('@') != text.npos
               ? "write its port behind a colon, as in 192.0.2.53:5353 or "
                 "[2001:db8::53]:5353"
               : "write its IP address; a name would have to be looked up by "
                 "the server itself";
  }
  if (percent == text.npos) {
    return IsLinkLocal(*ip) ? "it is reached through one interface only; write "
                              "its name, too, as in fe80::1%eth0"
                            : "";
  }
  server->interface = text.substr(percent + 1);
  if (server->address.find(':') == std::string::npos) {
    return "only an IPv6 address has an interface behind a %";
  }
  return IsInterfaceName(server->interface)
             ? ""
             : "behind the % goes an interface, as in "
               "fe80::1%eth0 or [fe80::1%eth0]:5353";
}

}  // namespace

absl::StatusOr<DnsServer> DnsServer::Parse(std::string_view text) {
  const auto wrong = [&](const char* what) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", absl::string_view(text.data(), text.size()),
                     "\" is no DNS server: ", what));
  };
  DnsServer server;
  mail::Cursor in(text);
  const bool brackets = in.Skip('[');
  // Two colons without brackets: an IPv6 address, so none of the colons
  // precedes a port.
  const bool bare_v6 = !brackets && text.find(':') != text.rfind(':');
  const std::string_view host = in.TakeWhile(
      [&](char c) { return c != ']' && (brackets || bare_v6 || c != ':'); });
  if (brackets && !in.Skip(']')) return wrong("a bracket is not closed");
  if (const char* what = ReadHost(host, &server); *what != '\0') {
    return wrong(what);
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
  const std::string host =
      interface.empty() ? address : absl::StrCat(address, "%", interface);
  if (port == kPort) return host;
  const bool v6 = address.find(':') != address.npos;
  return v6 ? absl::StrCat("[", host, "]:", port)
            : absl::StrCat(host, ":", port);
}

}  // namespace mailverdict
