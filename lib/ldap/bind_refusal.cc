#include "lib/ldap/bind_refusal.h"

#include <ldap.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/mail/cursor.h"

namespace mailverdict {
namespace {

// Error codes of winerror.h, as Active Directory puts them into the diagnostic
// message.
constexpr std::pair<std::string_view, std::string_view> kReasons[] = {
    {"525", "there is no such account"},
    {"52e", "wrong password"},
    {"52f", "the account may not log on this way"},
    {"530", "the account may not log on at this hour"},
    {"531", "the account may not log on from this machine"},
    {"532", "the password has expired"},
    {"533", "the account is disabled"},
    {"701", "the account has expired"},
    {"773", "the password must be changed before the first use"},
    {"775", "the account is locked"},
};

}  // namespace

bool IsBindRefusal(int code) {
  return code == LDAP_INVALID_CREDENTIALS ||
         code == LDAP_CONSTRAINT_VIOLATION || code == LDAP_UNWILLING_TO_PERFORM;
}

std::string_view ActiveDirectoryReason(std::string_view diagnostic) {
  static constexpr std::string_view kMark = ", data ";
  const size_t at = diagnostic.find(kMark);
  if (at == diagnostic.npos) return "";
  mail::Cursor in(diagnostic.substr(at + kMark.size()));
  const std::string_view code = in.TakeWhile(
      [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  for (const auto& [known, reason] : kReasons) {
    if (code == known) return reason;
  }
  return "";
}

std::string DescribeBindRefusal(const DirectoryPolicy& directory, bool external,
                                const std::string& result) {
  if (external) {
    return absl::StrCat(
        "it refuses the account of our certificate ", directory.tls.certificate,
        ": ", result,
        ": map the certificate's name to an account that may bind, or give "
        "another certificate_file, which is then used at once");
  }
  if (directory.bind_dn.empty()) {
    return absl::StrCat("it refuses an anonymous bind: ", result,
                        ": write bind_dn and bind_password_file");
  }
  const std::string_view reason = ActiveDirectoryReason(result);
  return absl::StrCat(
      "it refuses bind_dn ", directory.bind_dn, ": ", result,
      ": wrong password, or the account is locked",
      reason.empty() ? "" : " (Active Directory says: ",
      absl::string_view(reason.data(), reason.size()),
      reason.empty() ? "" : ")", ". Put the right password into ",
      directory.bind_password_file,
      ", which is looked at each second, or unlock the account and send "
      "mailverdictd a SIGHUP. Until then it is tried rarely, since each "
      "attempt "
      "may lock the account again");
}

}  // namespace mailverdict
