#include "lib/ldap/tls.h"

#include <ldap.h>
#include <sys/stat.h>

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

// Identifies the files that libldap makes a context of. Changes when a file is
// renewed.
std::string IdentityOf(const DirectoryPolicy::Tls& tls) {
  std::string identity;
  for (const std::string* file : {&tls.ca_file, &tls.certificate, &tls.key}) {
    struct stat status {};
    if (!file->empty()) stat(file->c_str(), &status);
    absl::StrAppend(&identity, *file, "\n", status.st_ino, " ", status.st_size,
                    " ", status.st_mtime, "\n");
  }
  return identity;
}

// Gives the handle a TLS context for its own settings, not the one of the
// process. A context made earlier for the same files is used again, and
// contexts are never freed: a libldap built on GnuTLS leaks the memory of the
// key with each new context, and a server that is down is tried again and
// again. Returns a libldap code.
int SetTlsContext(LDAP* handle, const DirectoryPolicy::Tls& tls) {
  static std::mutex mutex;
  static auto* contexts = new std::map<std::string, void*>;
  const std::lock_guard<std::mutex> lock(mutex);
  void*& context = (*contexts)[IdentityOf(tls)];
  if (context != nullptr) {
    return ldap_set_option(handle, LDAP_OPT_X_TLS_CTX, context);
  }
  const int client = 0;
  const int code = ldap_set_option(handle, LDAP_OPT_X_TLS_NEWCTX, &client);
  if (code != LDAP_OPT_SUCCESS) return code;
  return ldap_get_option(handle, LDAP_OPT_X_TLS_CTX, &context);
}

}  // namespace

bool UsesTls(const std::string& uri, const DirectoryPolicy::Tls& tls) {
  return absl::StartsWithIgnoreCase(uri, "ldaps:") ||
         (tls.start_tls && absl::StartsWithIgnoreCase(uri, "ldap:"));
}

absl::Status SetTlsOptions(ldap* handle, const std::string& uri,
                           const DirectoryPolicy::Tls& tls) {
  if (!UsesTls(uri, tls)) return absl::OkStatus();
  const int demand = tls.verify ? LDAP_OPT_X_TLS_DEMAND : LDAP_OPT_X_TLS_NEVER;
  const int least = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
  std::vector<std::pair<int, const void*>> options = {
      {LDAP_OPT_X_TLS_REQUIRE_CERT, &demand},
      {LDAP_OPT_X_TLS_PROTOCOL_MIN, &least}};
  if (!tls.ca_file.empty()) {
    options.emplace_back(LDAP_OPT_X_TLS_CACERTFILE, tls.ca_file.c_str());
  }
  if (!tls.certificate.empty()) {
    options.emplace_back(LDAP_OPT_X_TLS_CERTFILE, tls.certificate.c_str());
    options.emplace_back(LDAP_OPT_X_TLS_KEYFILE, tls.key.c_str());
  }
  bool done = true;
  for (const auto& [option, value] : options) {
    done &= ldap_set_option(handle, option, value) == LDAP_OPT_SUCCESS;
  }
  if (done && SetTlsContext(handle, tls) == LDAP_OPT_SUCCESS) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(
      absl::StrCat("TLS: cannot be set up; are ", tls.ca_file, " ",
                   tls.certificate, " ", tls.key, " there, readable and PEM?"));
}

}  // namespace mailverdict
