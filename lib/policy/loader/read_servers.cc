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

void ReadUris(const Node<D>& node, DirectoryPolicy* directory) {
  UniqueValues uris(&node.faults());
  for (int i = 0; i < node->uri_size(); ++i) {
    const std::string& uri = node->uri(i);
    directory->uris.push_back(uri);
    if (const Complaint complaint = CheckUri(uri)) {
      node.Error(D::kUriFieldNumber, absl::StrCat("uri ", *complaint), i);
      continue;
    }
    uris.Add(OneSpelling(uri), node.At(D::kUriFieldNumber, i),
             absl::StrCat("uri ", Quoted(uri)));
    if (!IsLdaps(uri) && absl::EndsWith(uri, ":636")) {
      node.Warning(D::kUriFieldNumber,
                   "port 636 wants TLS from the start; write ldaps://", i);
    }
  }
}

// Checks that a PEM file exists and is readable. Without this check the error
// would first show at a bind.
void CheckReadable(const Node<T>& node, int field, std::string_view name,
                   const std::string& path, std::string_view example,
                   const FileReader& read) {
  const absl::string_view field_name(name.data(), name.size());
  if (const Complaint complaint = CheckPath(path, example)) {
    node.Error(field, absl::StrCat(field_name, " ", *complaint));
  } else if (const auto text = read(path); !text.ok()) {
    node.Error(field, absl::Substitute("$0 $1 cannot be read: $2", field_name,
                                       Quoted(path), text.status().message()));
  } else if (!absl::StrContains(*text, "-----BEGIN ")) {
    node.Error(field,
               absl::Substitute("$0 $1 is not PEM; convert it with openssl",
                                field_name, Quoted(path)));
  }
}

void ReadTls(const Node<T>& node, const FileReader& read,
             DirectoryPolicy::Tls* tls) {
  tls->start_tls = node->start_tls();
  tls->verify = node->verify();
  tls->ca_file = node->ca_file();
  tls->certificate = node->certificate_file();
  tls->key = node->key_file();
  if (node->has_ca_file()) {
    CheckReadable(node, T::kCaFileFieldNumber, "ca_file", tls->ca_file,
                  "/etc/ssl/certs/ca-certificates.crt", read);
  }
  if (node->has_certificate_file()) {
    CheckReadable(node, T::kCertificateFileFieldNumber, "certificate_file",
                  tls->certificate, "/etc/mailverdict/client.pem", read);
  }
  if (node->has_key_file()) {
    CheckReadable(node, T::kKeyFileFieldNumber, "key_file", tls->key,
                  "/etc/mailverdict/client.key", read);
  }
  if (node->has_certificate_file() != node->has_key_file()) {
    node.faults().Error(node.begin(),
                        "tls has only one of certificate_file and key_file; "
                        "write both or neither");
  }
  if (!tls->verify) {
    node.Warning(T::kVerifyFieldNumber,
                 "verify: false: whoever stands between us and the directory "
                 "answers in its place, controls and all; give the ca_file "
                 "instead");
  }
}

void WarnOfIdleTls(const Node<D>& node, const DirectoryPolicy& directory) {
  if (!node->has_tls()) return;
  for (const std::string& uri : directory.uris) {
    const bool ldap = absl::StartsWithIgnoreCase(uri, "ldap:");
    if (IsLdaps(uri) || (ldap && directory.tls.start_tls)) return;
  }
  node.Warning(D::kTlsFieldNumber,
               "tls is used by no server; write ldaps:// in uri, or start_tls: "
               "true");
}

// Checks the password file. It is read again at each bind; this check reports
// at once what would fail then.
void CheckPassword(const Node<D>& node, const FileReader& read) {
  const std::string& path = node->bind_password_file();
  if (const Complaint complaint =
          CheckPath(path, "/etc/mailverdict/password")) {
    node.Error(D::kBindPasswordFileFieldNumber,
               absl::StrCat("bind_password_file ", *complaint));
    return;
  }
  const absl::StatusOr<std::string> password = read(path);
  if (!password.ok()) {
    node.Error(D::kBindPasswordFileFieldNumber,
               absl::Substitute("bind_password_file $0 cannot be read: $1",
                                Quoted(path), password.status().message()));
  } else if (password->empty() || (*password)[0] == '\n' ||
             (*password)[0] == '\r') {
    node.Error(D::kBindPasswordFileFieldNumber,
               absl::Substitute("the first line of $0 is empty; a bind "
                                "without a password is anonymous (RFC 4513 "
                                "5.1.2): write the password into it",
                                Quoted(path)));
  }
}

void ReadBind(const Node<D>& node, const FileReader& read,
              DirectoryPolicy* directory) {
  directory->bind_dn = node->bind_dn();
  directory->bind_password_file = node->bind_password_file();
  if (node->has_bind_dn()) {
    if (const Complaint complaint = CheckBindName(node->bind_dn())) {
      node.Error(D::kBindDnFieldNumber, absl::StrCat("bind_dn ", *complaint));
    }
  }
  if (node->has_bind_dn() && !node->has_bind_password_file()) {
    node.Error(D::kBindDnFieldNumber,
               "bind_dn without bind_password_file; a bind without a password "
               "is anonymous (RFC 4513 5.1.2): write both or neither");
  }
  if (!node->has_bind_password_file()) return;
  if (!node->has_bind_dn()) {
    node.Error(D::kBindPasswordFileFieldNumber,
               "bind_password_file without bind_dn; write both or neither");
  }
  CheckPassword(node, read);
  for (const std::string& uri : directory->uris) {
    if (!IsClear(uri, directory->tls.start_tls)) continue;
    node.Warning(D::kBindPasswordFileFieldNumber,
                 absl::Substitute("the password goes to $0 in clear text; "
                                  "write ldaps://, or tls { start_tls: true }",
                                  uri));
    return;
  }
}

}  // namespace

void ReadServers(const Node<proto::Directory>& node, const FileReader& read,
                 DirectoryPolicy* directory) {
  ReadUris(node, directory);
  directory->order = node->order() == D::SPREAD
                         ? DirectoryPolicy::Order::kSpread
                         : DirectoryPolicy::Order::kPriority;
  directory->confirm_absent = node->confirm_absent();
  directory->proxy = node->proxy();
  ReadDurationField(node, D::kHedgeAfterFieldNumber, node->has_hedge_after(),
                    "hedge_after", node->hedge_after(), "200ms",
                    &directory->hedge_after);
  if (node->has_tls()) {
    ReadTls(node.Child(node->tls(), D::kTlsFieldNumber), read, &directory->tls);
  }
  WarnOfIdleTls(node, *directory);
  ReadBind(node, read, directory);
}

}  // namespace mailverdict
