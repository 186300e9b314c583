#include "lib/policy/loader/values.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/mail/cursor.h"
#include "lib/policy/loader/faults.h"
#include "lib/policy/policy.h"

namespace mailverdict {
namespace {

// sockaddr_un has 108 bytes; the last one is NUL (unix(7)).
constexpr size_t kMaxSocketPathBytes = 107;

absl::string_view Absl(std::string_view text) {
  return {text.data(), text.size()};
}

bool IsAlnum(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c));
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) {
  return absl::ascii_isxdigit(static_cast<unsigned char>(c));
}
bool IsBlank(char c) { return c == ' '; }

int HexValue(char c) {
  return IsDigit(c) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10;
}

absl::Status Wrong(std::string_view value, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(Quoted(value), " ", Absl(what)));
}

Complaint Complain(std::string_view value, std::string_view what) {
  return absl::StrCat(Quoted(value), " ", Absl(what));
}

// Reads the value of one attribute (string2 of RFC 4514) up to an unescaped ','
// or '+'. Returns nullopt if it is not a value. Equal values give equal texts.
std::optional<std::string> ReadDnValue(mail::Cursor& in) {
  in.TakeWhile(IsBlank);
  std::string value;
  size_t trimmed = 0;  // size without unescaped trailing blanks
  while (in.Peek().has_value() && in.Peek() != ',' && in.Peek() != '+') {
    const char c = *in.Next();
    if (c == '"' || c == '<' || c == '>' || c == ';') return std::nullopt;
    if (c != '\\') {
      value += absl::ascii_tolower(c);
      if (c != ' ') trimmed = value.size();
      continue;
    }
    std::optional<char> escaped = in.Next();
    if (!escaped.has_value()) return std::nullopt;
    if (IsHexDigit(*escaped)) {
      const std::optional<char> low = in.Next();
      if (!low.has_value() || !IsHexDigit(*low)) return std::nullopt;
      escaped = static_cast<char>(HexValue(*escaped) * 16 + HexValue(*low));
    }
    // These three stay escaped, so that the result cannot be confused with the
    // separators of an RDN.
    if (*escaped == ',' || *escaped == '+' || *escaped == '\\') value += '\\';
    value += absl::ascii_tolower(*escaped);
    trimmed = value.size();
  }
  value.resize(trimmed);
  return value.empty() ? std::nullopt : std::optional(value);
}

// Reads an RDN: "attribute=value", or several joined by '+'.
std::optional<std::string> ReadRdn(mail::Cursor& in) {
  std::vector<std::string> parts;
  do {
    in.TakeWhile(IsBlank);
    std::string part(in.TakeWhile(
        [](char c) { return IsAlnum(c) || c == '-' || c == '.'; }));
    in.TakeWhile(IsBlank);
    if (part.empty() || !in.Skip('=')) return std::nullopt;
    absl::AsciiStrToLower(&part);
    const std::optional<std::string> value = ReadDnValue(in);
    if (!value.has_value()) return std::nullopt;
    parts.push_back(absl::StrCat(part, "=", *value));
  } while (in.Skip('+'));
  // The parts of an RDN have no order.
  std::sort(parts.begin(), parts.end());
  return absl::StrJoin(parts, "+");
}

// A part of an Active Directory name that is not a DN: "dc", "ad.example".
bool IsDomainPart(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return IsAlnum(c) || c == '-' || c == '.' || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
  });
}

// "svc@ad.example". A text with '=' or ',' is a misspelt DN instead.
bool IsUserPrincipalName(std::string_view text) {
  const size_t at = text.rfind('@');
  return at != text.npos && at > 0 &&
         text.substr(0, at).find_first_of("=,;\\\"<>@") == text.npos &&
         IsDomainPart(text.substr(at + 1));
}

// "AD\svc". MS-SAMR 3.1.1.6 lists the characters that a user's name may not
// contain.
bool IsDownLevelName(std::string_view text) {
  const size_t slash = text.find('\\');
  return slash != text.npos && slash + 1 < text.size() &&
         IsDomainPart(text.substr(0, slash)) &&
         text.substr(slash + 1).find_first_of("\"/\\[]:;|=,+*?<>") == text.npos;
}

// "HOST" or "HOST:PORT".
struct HostPort {
  std::string_view host;  // with brackets, if any
  std::optional<std::string_view> port;
};

std::optional<HostPort> ReadHostPort(std::string_view text) {
  mail::Cursor in(text);
  HostPort result;
  if (in.Skip('[')) {
    in.TakeWhile([](char c) { return IsHexDigit(c) || c == ':' || c == '.'; });
    if (in.offset() == 1 || !in.Skip(']')) return std::nullopt;
  } else {
    in.TakeWhile(
        [](char c) { return IsAlnum(c) || c == '-' || c == '.' || c == '_'; });
  }
  result.host = in.Since(0);
  if (result.host.empty()) return std::nullopt;
  if (in.done()) return result;
  if (!in.Skip(':')) return std::nullopt;
  result.port = in.rest();
  return result;
}

bool IsPort(std::string_view text) {
  mail::Cursor in(text);
  const std::optional<uint64_t> port = in.Decimal(5);
  return port.has_value() && in.done() && *port >= 1 && *port <= 65535;
}

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host.substr(0, 4) == "127.";
}

Complaint CheckLdapHost(std::string_view uri, std::string_view rest) {
  if (rest.empty()) {
    return Complain(uri, "names no server; write ldap://HOST");
  }
  if (rest.find_first_of("/?") != rest.npos) {
    return Complain(uri,
                    "goes on after the server; write ldap://HOST[:PORT], the "
                    "rest has fields of its own (base, scope, filter)");
  }
  if (std::count(rest.begin(), rest.end(), ':') > 1 && rest[0] != '[') {
    return Complain(uri,
                    "has an IPv6 address without brackets; write "
                    "ldap://[2001:db8::1]:389");
  }
  const std::optional<HostPort> server = ReadHostPort(rest);
  if (!server.has_value()) {
    return Complain(uri, "names no server; write ldap://HOST[:PORT]");
  }
  if (server->port.has_value() && !IsPort(*server->port)) {
    return Complain(uri, "has no port from 1 to 65535; write ldap://HOST:389");
  }
  return std::nullopt;
}

std::string PercentEncoded(std::string_view path) {
  std::string encoded;
  for (char c : path) {
    if (c == '/') {
      encoded += "%2F";
    } else {
      encoded += c;
    }
  }
  return encoded;
}

Complaint CheckLdapiPath(std::string_view uri, std::string_view rest) {
  if (rest.find_first_not_of('/') == rest.npos) {
    return Complain(uri,
                    "names no socket; write its path, as in "
                    "ldapi://%2Frun%2Fslapd%2Fldapi");
  }
  if (rest.find('/') != rest.npos) {
    return absl::StrCat(Quoted(uri), " is not percent-encoded; write ldapi://",
                        PercentEncoded(rest));
  }
  std::string path;
  for (size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] != '%') {
      path += rest[i];
      continue;
    }
    if (i + 2 >= rest.size() || !IsHexDigit(rest[i + 1]) ||
        !IsHexDigit(rest[i + 2])) {
      return Complain(uri,
                      "has a % without two hexadecimal digits; '/' is "
                      "written %2F");
    }
    path +=
        static_cast<char>(HexValue(rest[i + 1]) * 16 + HexValue(rest[i + 2]));
    i += 2;
  }
  if (path[0] != '/') {
    return Complain(uri,
                    "has no path from the root; write, say, "
                    "ldapi://%2Frun%2Fslapd%2Fldapi");
  }
  if (path.size() > kMaxSocketPathBytes) {
    return Complain(uri,
                    "has a path of more than 107 bytes, the most that a "
                    "socket can have");
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<absl::Duration> ReadDuration(std::string_view text,
                                            std::string_view example) {
  absl::Duration duration;
  if (!absl::ParseDuration(Absl(text), &duration)) {
    // absl::ParseDuration has no unit for days.
    const bool days = !text.empty() && (text.back() == 'd') &&
                      std::all_of(text.begin(), text.end() - 1, IsDigit);
    return Wrong(
        text,
        absl::StrCat("is no duration; write a number and a unit (ms, "
                     "s, m, h), as in \"",
                     Absl(example), "\"", days ? ", and days as hours" : ""));
  }
  if (duration < absl::ZeroDuration()) {
    return Wrong(
        text, absl::StrCat("is negative; write, say, \"", Absl(example), "\""));
  }
  if (duration == absl::InfiniteDuration()) {
    return Wrong(
        text, absl::StrCat("has no end; write, say, \"", Absl(example), "\""));
  }
  return duration;
}

Complaint CheckHoldVanished(uint32_t vanished) {
  if (vanished >= 1 && vanished <= VanishLimit::kMaxVanished)
    return std::nullopt;
  return absl::StrCat("is ", vanished, "; write 1 to ",
                      VanishLimit::kMaxVanished);
}

absl::StatusOr<Dn> ReadDn(std::string_view text, std::string_view example) {
  mail::Cursor in(text);
  Dn rdns;
  do {
    std::optional<std::string> rdn = ReadRdn(in);
    if (!rdn.has_value()) {
      return Wrong(text,
                   absl::StrCat("is no distinguished name; write one such as ",
                                Quoted(example)));
    }
    rdns.push_back(*std::move(rdn));
  } while (in.Skip(','));
  return rdns;
}

Complaint CheckBindName(std::string_view text) {
  const absl::Status dn =
      ReadDn(text, "cn=mailverdict,dc=example,dc=org").status();
  if (dn.ok() || IsUserPrincipalName(text) || IsDownLevelName(text)) {
    return std::nullopt;
  }
  return absl::StrCat(std::string(dn.message()),
                      ", or, for Active Directory, \"svc@ad.example\" or "
                      "\"AD\\\\svc\"");
}

Complaint CheckUri(std::string_view uri) {
  const size_t colon = uri.find("://");
  // A comma after a slash belongs to a distinguished name.
  if (uri.find_first_of(" ,") <
      uri.find('/', colon == uri.npos ? 0 : colon + 3)) {
    return Complain(uri, "is more than one server; write a uri for each");
  }
  const std::string scheme = absl::AsciiStrToLower(Absl(uri.substr(0, colon)));
  if (colon == uri.npos) {
    return Complain(uri, "has no scheme; write ldap://HOST[:PORT]");
  }
  const std::string_view rest = uri.substr(colon + 3);
  if (scheme == "ldap" || scheme == "ldaps") return CheckLdapHost(uri, rest);
  if (scheme == "ldapi") return CheckLdapiPath(uri, rest);
  return Complain(
      uri,
      "is no directory; write ldap://HOST[:PORT], "
      "ldaps://HOST[:PORT], or ldapi:// and a percent-encoded path");
}

bool IsLocalUri(std::string_view uri) {
  const std::string_view rest = uri.substr(uri.find("://") + 3);
  // "ldapi://" is the only scheme that ends with an i.
  if (uri.find("i://") != uri.npos || uri.find("I://") != uri.npos) return true;
  const std::optional<HostPort> server = ReadHostPort(rest);
  return server.has_value() && IsLoopback(server->host);
}

Complaint CheckSocketAddress(std::string_view address) {
  mail::Cursor in(address);
  if (in.Skip("unix:")) {
    const std::string_view path = in.rest();
    if (path.empty() || path[0] != '/' || path.back() == '/') {
      return Complain(address,
                      "has no path from the root; write, say, "
                      "unix:/run/mailverdict/socketmap");
    }
    if (path.size() > kMaxSocketPathBytes) {
      return Complain(address,
                      "has a path of more than 107 bytes, the most that a "
                      "socket can have");
    }
    return std::nullopt;
  }
  if (in.Skip("inet:")) {
    const std::optional<HostPort> at = ReadHostPort(in.rest());
    const bool good =
        at.has_value() && at->port.has_value() && IsPort(*at->port);
    if (good) return std::nullopt;
    return Complain(address, in.rest().find('@') != address.npos
                                 ? "has its port first; write inet:HOST:PORT"
                                 : "is not inet:HOST:PORT; write, say, "
                                   "inet:127.0.0.1:7777 or inet:[::1]:7777");
  }
  return Complain(address, "is no address; write unix:/PATH or inet:HOST:PORT");
}

Complaint SocketAddressWarning(std::string_view address) {
  mail::Cursor in(address);
  if (!in.Skip("inet:")) return std::nullopt;
  const std::optional<HostPort> at = ReadHostPort(in.rest());
  if (!at.has_value()) return std::nullopt;
  const std::string_view host = at->host;
  if (host[0] == '[' && host.find(':') == host.npos) {
    return Complain(address,
                    "has brackets around an IPv4 address; write it without");
  }
  if (host == "0.0.0.0" || host == "[::]") {
    return Complain(address,
                    "lets whoever reaches this machine ask who exists; write "
                    "the one address that the MTA connects to");
  }
  return std::nullopt;
}

absl::StatusOr<int> ReadMode(std::string_view text) {
  const bool octal = (text.size() == 3 || text.size() == 4) &&
                     std::all_of(text.begin(), text.end(),
                                 [](char c) { return c >= '0' && c <= '7'; });
  int mode = 0;
  if (octal) {
    for (char c : text) mode = mode * 8 + (c - '0');
  }
  if (!octal || mode > 0777) {
    return Wrong(text, "is no mode from 0000 to 0777; write, say, \"0660\"");
  }
  return mode;
}

Complaint CheckWord(std::string_view name, std::string_view example) {
  const bool good = std::all_of(name.begin(), name.end(), [](char c) {
    return IsAlnum(c) || c == '-' || c == '_' || c == '.' || c == '$';
  });
  if (good && name[0] != '-') return std::nullopt;
  return Complain(name,
                  absl::StrCat("is no name; write one word of letters, digits, "
                               "'-', '_' and '.', as in ",
                               Quoted(example)));
}

Complaint CheckPath(std::string_view path, std::string_view example) {
  if (path[0] == '/' && path.back() != '/') return std::nullopt;
  return Complain(path,
                  absl::StrCat("is no file's path from the root; write, say, ",
                               Quoted(example)));
}

}  // namespace mailverdict
