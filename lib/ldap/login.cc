#include "lib/ldap/login.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/ldap/tls.h"

namespace mailverdict {
namespace {

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  if (std::getline(file, text, '\0') || file.eof()) return text;
  return absl::UnavailableError(
      absl::StrCat(path, " cannot be read (", strerror(errno),
                   "); give mailverdictd's user read access to it"));
}

// Returns a text that changes when the file is replaced.
std::string IdentityOf(const std::string& path) {
  struct stat status {};
  stat(path.c_str(), &status);
  return absl::StrCat(path, " ", status.st_ino, " ", status.st_size, " ",
                      status.st_mtim.tv_sec, ".", status.st_mtim.tv_nsec);
}

}  // namespace

absl::StatusOr<Login> ReadLogin(const DirectoryPolicy& directory,
                                const std::string& uri) {
  Login login;
  if (directory.bind_dn.empty()) {
    login.external =
        !directory.tls.certificate.empty() && UsesTls(uri, directory.tls);
    if (login.external) {
      login.credentials = IdentityOf(directory.tls.certificate);
    }
    return login;
  }
  const std::string& path = directory.bind_password_file;
  absl::StatusOr<std::string> text = ReadWhole(path);
  if (!text.ok()) {
    return absl::UnavailableError(
        absl::StrCat("bind: bind_password_file ", text.status().message()));
  }
  login.credentials = *std::move(text);
  login.password = login.credentials.substr(0, login.credentials.find('\n'));
  if (!login.password.empty() && login.password.back() == '\r') {
    login.password.pop_back();
  }
  if (login.password.empty()) {
    // RFC 4513 5.1.2: a bind with a name and no password is anonymous.
    return absl::UnavailableError(
        absl::StrCat("bind: bind_password_file ", path,
                     " has no password in its first line; write it there"));
  }
  return login;
}

}  // namespace mailverdict
