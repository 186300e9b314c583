#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "absl/strings/substitute.h"
#include "lib/policy/loader/read_policy.h"
#include "lib/policy/loader/values.h"

namespace mailverdict {
namespace {

using D = proto::Directory;
using T = proto::Tls;

bool IsLdaps(const std::string& uri) {
  return absl::StartsWithIgnoreCase(uri, "ldaps:");
}

// Whether the traffic to this server is readable on the network.
bool IsClear(const std::string& uri, bool start_tls) {
  return !CheckUri(uri) && !IsLdaps(uri) && !start_tls && !IsLocalUri(uri);
}

// One key for all spellings of a server. A server that is listed in two
// spellings would confirm its own answer.
std::string OneSpelling(const std::string& uri) {
  // Case matters in the path of a socket, but not in a host name.
  if (absl::StartsWith(uri, "ldapi:")) return uri;
  const std::string lower = absl::AsciiStrToLower(uri);
  return std::string(absl::StripSuffix(lower, IsLdaps(uri) ? ":636" : ":389"));
}

void ReadUris(const ParsedMessage<D>& parsed, DirectoryPolicy* directory) {
  UniqueValues uris(&parsed.faults());
  for (int i = 0; i < parsed->uri_size(); ++i) {
    const std::string& uri = parsed->uri(i);
    directory->uris.push_back(uri);
    if (const Complaint complaint = CheckUri(uri)) {
      parsed.Error(D::kUriFieldNumber, absl::StrCat("uri ", *complaint), i);
      continue;
    }
    uris.Add(OneSpelling(uri), parsed.At(D::kUriFieldNumber, i),
             absl::StrCat("uri ", Quoted(uri)));
    if (!IsLdaps(uri) && absl::EndsWith(uri, ":636")) {
      parsed.Warning(D::kUriFieldNumber,
                     "port 636 wants TLS from the start; write ldaps://", i);
    }
  }
}

// Checks that a PEM file exists and is readable. Without this check the error
// would first show at a bind.
void CheckReadable(const ParsedMessage<T>& parsed, int field,
                   std::string_view name, const std::string& path,
                   std::string_view example, const FileReader& read) {
  const absl::string_view field_name(name.data(), name.size());
  if (const Complaint complaint = CheckPath(path, example)) {
    parsed.Error(field, absl::StrCat(field_name, " ", *complaint));
  } else if (const auto text = read(path); !text.ok()) {
    parsed.Error(field,
                 absl::Substitute("$0 $1 cannot be read: $2", field_name,
                                  Quoted(path), text.status().message()));
  } else if (!absl::StrContains(*text, "-----BEGIN ")) {
    parsed.Error(field,
                 absl::Substitute("$0 $1 is not PEM; convert it with openssl",
                                  field_name, Quoted(path)));
  }
}

void ReadTls(const ParsedMessage<T>& parsed, const FileReader& read,
             DirectoryPolicy::Tls* tls) {
  tls->start_tls = parsed->start_tls();
  tls->verify = parsed->verify();
  tls->ca_file = parsed->ca_file();
  tls->certificate = parsed->certificate_file();
  tls->key = parsed->key_file();
  if (parsed->has_ca_file()) {
    CheckReadable(parsed, T::kCaFileFieldNumber, "ca_file", tls->ca_file,
                  "/etc/ssl/certs/ca-certificates.crt", read);
  }
  if (parsed->has_certificate_file()) {
    CheckReadable(parsed, T::kCertificateFileFieldNumber, "certificate_file",
                  tls->certificate, "/etc/mailverdict/client.pem", read);
  }
  if (parsed->has_key_file()) {
    CheckReadable(parsed, T::kKeyFileFieldNumber, "key_file", tls->key,
                  "/etc/mailverdict/client.key", read);
  }
  if (parsed->has_certificate_file() != parsed->has_key_file()) {
    parsed.faults().Error(parsed.begin(),
                          "tls has only one of certificate_file and key_file; "
                          "write both or neither");
  }
  if (!tls->verify) {
    parsed.Warning(T::kVerifyFieldNumber,
                   "verify: false: whoever stands between us and the directory "
                   "answers in its place, controls and all; give the ca_file "
                   "instead");
  }
}

void WarnOfIdleTls(const ParsedMessage<D>& parsed,
                   const DirectoryPolicy& directory) {
  if (!parsed->has_tls()) return;
  for (const std::string& uri : directory.uris) {
    const bool ldap = absl::StartsWithIgnoreCase(uri, "ldap:");
    if (IsLdaps(uri) || (ldap && directory.tls.start_tls)) return;
  }
  parsed.Warning(
      D::kTlsFieldNumber,
      "tls is used by no server; write ldaps:// in uri, or start_tls: "
      "true");
}

// Checks the password file. It is read again at each bind; this check reports
// at once what would fail then.
void CheckPassword(const ParsedMessage<D>& parsed, const FileReader& read) {
  const std::string& path = parsed->bind_password_file();
  if (const Complaint complaint =
          CheckPath(path, "/etc/mailverdict/password")) {
    parsed.Error(D::kBindPasswordFileFieldNumber,
                 absl::StrCat("bind_password_file ", *complaint));
    return;
  }
  const absl::StatusOr<std::string> password = read(path);
  if (!password.ok()) {
    parsed.Error(D::kBindPasswordFileFieldNumber,
                 absl::Substitute("bind_password_file $0 cannot be read: $1",
                                  Quoted(path), password.status().message()));
  } else if (password->empty() || (*password)[0] == '\n' ||
             (*password)[0] == '\r') {
    parsed.Error(D::kBindPasswordFileFieldNumber,
                 absl::Substitute("the first line of $0 is empty; a bind "
                                  "without a password is anonymous (RFC 4513 "
                                  "5.1.2): write the password into it",
                                  Quoted(path)));
  }
}

void ReadBind(const ParsedMessage<D>& parsed, const FileReader& read,
              DirectoryPolicy* directory) {
  directory->bind_dn = parsed->bind_dn();
  directory->bind_password_file = parsed->bind_password_file();
  if (parsed->has_bind_dn()) {
    if (const Complaint complaint = CheckBindName(parsed->bind_dn())) {
      parsed.Error(D::kBindDnFieldNumber, absl::StrCat("bind_dn ", *complaint));
    }
  }
  if (parsed->has_bind_dn() && !parsed->has_bind_password_file()) {
    parsed.Error(
        D::kBindDnFieldNumber,
        "bind_dn without bind_password_file; a bind without a password "
        "is anonymous (RFC 4513 5.1.2): write both or neither");
  }
  if (!parsed->has_bind_password_file()) return;
  if (!parsed->has_bind_dn()) {
    parsed.Error(D::kBindPasswordFileFieldNumber,
                 "bind_password_file without bind_dn; write both or neither");
  }
  CheckPassword(parsed, read);
  for (const std::string& uri : directory->uris) {
    if (!IsClear(uri, directory->tls.start_tls)) continue;
    parsed.Warning(
        D::kBindPasswordFileFieldNumber,
        absl::Substitute("the password goes to $0 in clear text; "
                         "write ldaps://, or tls { start_tls: true }",
                         uri));
    return;
  }
}

}  // namespace

void ReadServers(const ParsedMessage<proto::Directory>& parsed,
                 const FileReader& read, DirectoryPolicy* directory) {
  ReadUris(parsed, directory);
  directory->order = parsed->order() == D::SPREAD
                         ? DirectoryPolicy::Order::kSpread
                         : DirectoryPolicy::Order::kPriority;
  directory->confirm_absent = parsed->confirm_absent();
  directory->proxy = parsed->proxy();
  ReadDurationField(parsed, D::kHedgeAfterFieldNumber,
                    parsed->has_hedge_after(), "hedge_after",
                    parsed->hedge_after(), "200ms", &directory->hedge_after);
  if (parsed->has_tls()) {
    ReadTls(parsed.Child(parsed->tls(), D::kTlsFieldNumber), read,
            &directory->tls);
  }
  WarnOfIdleTls(parsed, *directory);
  ReadBind(parsed, read, directory);
}

}  // namespace mailverdict
