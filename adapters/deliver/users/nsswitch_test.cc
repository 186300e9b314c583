#include "adapters/deliver/users/nsswitch.h"

#include <string>

#include "gtest/gtest.h"

namespace mailverdict::deliver {
namespace {

TEST(Nsswitch, FilesAloneIsFilesOnly) {
  for (const char* text : {
           "passwd: files",
           "passwd: files\n",
           "passwd:files\n",
           "  passwd:\t files \t\r\n",
           "# passwd: sss\ngroup: sss\npasswd: files # not sss\nhosts: dns\n",
           "passwd: files [NOTFOUND=return]\n",
           "passwd: files [ !UNAVAIL = return ] [SUCCESS=continue]\n",
           "passwd: files[NOTFOUND=return]\n",
           "passwd: files files\n",
           "passwd: files\npasswd: files\n",
           "passwd files\n",
           "passwd_compat: nis\npasswd: files\n",
       }) {
    EXPECT_TRUE(UsersComeFromFilesOnly(text)) << text;
  }
}

TEST(Nsswitch, AnythingElseIsNot) {
  for (const char* text : {
           "",
           "\n",
           "passwd",
           "passwd:",
           "passwd:\n",
           "# passwd: files\n",
           "group: files\n",
           "Passwd: files\n",
           "passwd_compat: files\n",
           "passwd: sss\n",
           "passwd: files sss\n",
           "passwd: sss files\n",
           "passwd: files systemd\n",
           "passwd: compat\n",
           "passwd: Files\n",
           "passwd: files [NOTFOUND=return] sss\n",
           "passwd: files[NOTFOUND=return]sss\n",
           "passwd: [NOTFOUND=return] files\n",
           "passwd: files [NOTFOUND=return\n",
           "passwd: files [NOTFOUND=return\n]\n",
           "passwd: files ]\n",
           "passwd: files\npasswd: files ldap\n",
           "passwd: ldap\npasswd: files\n",
           "passwd ldap\npasswd: files\n",
           "passwd : files\n",
           "passwd: files \\\n  ldap\n",
           "passwd: files\\\n",
           "passwd: \\\n  files\n",
       }) {
    EXPECT_FALSE(UsersComeFromFilesOnly(text)) << text;
  }
}

TEST(Nsswitch, AnyByteAtAnyPlaceOfTheLineNeverAddsATrueOne) {
  const std::string good = "passwd: files ldap\n";
  for (size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = good;
      text[at] = static_cast<char>(byte);
      const std::string line = text.substr(0, text.find('#'));
      const bool names_ldap = line.find("ldap") != line.npos;
      const bool cut = text.find('\n') < good.size() - 1;
      EXPECT_FALSE(UsersComeFromFilesOnly(text) && names_ldap && !cut) << text;
    }
  }
}

}  // namespace
}  // namespace mailverdict::deliver
