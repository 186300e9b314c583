#include "lib/mail/address_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mailverdict::mail {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

AddressFile Read(std::string_view text) {
  absl::StatusOr<AddressFile> file = ParseAddressFile(text, "f");
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? *std::move(file) : AddressFile();
}

std::string ErrorOf(std::string_view text) {
  const absl::Status status = ParseAddressFile(text, "/etc/aliases").status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
  return std::string(status.message());
}

TEST(AddressFileTest, AnAliasesFileGivesLocalParts) {
  const AddressFile file = Read(R"(# Basic system aliases
MAILER-DAEMON: postmaster
postmaster:	root
root : admin, "|/usr/bin/log -x"

"Quoted Name": |"/usr/bin/prog"
"a@b": c
"a:b \" c": d
list: :include:/etc/mail/list
files:/var/mail/x
)");
  EXPECT_THAT(file.local_parts,
              ElementsAre("mailer-daemon", "postmaster", "root", "quoted name",
                          "a@b", "a:b \" c", "list", "files"));
  EXPECT_THAT(file.addresses, IsEmpty());
  EXPECT_THAT(file.catch_all, IsEmpty());
}

TEST(AddressFileTest, AVirtualMapGivesAddressesAndCatchAlls) {
  const AddressFile file = Read(
      "User@Example.org\tother\n"
      "\"john doe\"@example.org x\n"
      "\"j.doe\"@example.org x\n"
      "info@Bücher.example x\n"
      "a@[IPv6:2001:DB8::1] x\n"
      "b@[IPv6:::1]: x\n"
      "@Example.NET.  catchall@elsewhere\n"
      "@例子.广告: x\n"
      "@[192.0.2.1] x\n");
  EXPECT_THAT(file.addresses,
              ElementsAre("user@example.org", "\"john doe\"@example.org",
                          "j.doe@example.org", "info@xn--bcher-kva.example",
                          "a@[ipv6:2001:db8::1]", "b@[ipv6:::1]"));
  EXPECT_THAT(
      file.catch_all,
      ElementsAre("example.net", "xn--fsqu00a.xn--4rr70v", "[192.0.2.1]"));
  EXPECT_THAT(file.local_parts, IsEmpty());
}

TEST(AddressFileTest, APlainListNeedsNoTargets) {
  const AddressFile file =
      Read("user@example.org\npostmaster\n<b@c>  # a note\n@example.net");
  EXPECT_THAT(file.addresses, ElementsAre("user@example.org", "b@c"));
  EXPECT_THAT(file.local_parts, ElementsAre("postmaster"));
  EXPECT_THAT(file.catch_all, ElementsAre("example.net"));
}

TEST(AddressFileTest, AnEmptyFileNamesNobody) {
  for (std::string_view text :
       {"", "\n", "\r\n", " \n\t\n", "# x", "  # x\n", "\xEF\xBB\xBF"}) {
    const AddressFile file = Read(text);
    EXPECT_THAT(file.addresses, IsEmpty());
    EXPECT_THAT(file.local_parts, IsEmpty());
    EXPECT_THAT(file.catch_all, IsEmpty());
  }
}

TEST(AddressFileTest, AnIndentedLineContinuesTheTargetBeforeIt) {
  const AddressFile file =
      Read("team: a,\n\tb,\n# c\n\n  # d\n  e\nnext:\n  f\nlast g\n h\n");
  EXPECT_THAT(file.local_parts, ElementsAre("team", "next", "last"));
}

TEST(AddressFileTest, WindowsLineEndsAndAByteOrderMarkMakeNoDifference) {
  const AddressFile file = Read(
      "\xEF\xBB\xBF"
      "a@b\r\n\r\n@c\tx\r\nd: e,\r\n  f\r\n#\r\ng");
  EXPECT_THAT(file.addresses, ElementsAre("a@b"));
  EXPECT_THAT(file.catch_all, ElementsAre("c"));
  EXPECT_THAT(file.local_parts, ElementsAre("d", "g"));
}

TEST(AddressFileTest, WildFormsErrTowardsANameTooMany) {
  const AddressFile file = Read(
      "user+*@x %1\n"
      "c++@x y\n"
      "plus+tag@x y\n"
      "alias+*: y\n"
      "c++: y\n"
      "@one y\n"
      "*@two y\n"
      "+*@three y\n"
      "++@four y\n");
  EXPECT_THAT(file.addresses,
              ElementsAre("user@x", "c++@x", "c@x", "plus+tag@x"));
  EXPECT_THAT(file.local_parts, ElementsAre("alias", "c++"));
  EXPECT_THAT(file.catch_all, ElementsAre("one", "two", "three", "four"));
}

TEST(AddressFileTest, AnErrorNamesFileLineAndColumnAndARemedy) {
  struct Case {
    std::string_view text;
    const char* place;
    const char* what;
  };
  const Case kCases[] = {
      {"a: b\n:include:/x\n", "2:1", "no name ahead of the ':'"},
      {"a: b\n\n\"c: d\n", "3:1", "quote is never closed"},
      {"x\"c: d\n", "1:2", "quote is never closed"},
      {"a@b, c@d\n", "1:4", "this byte cannot stand here"},
      {"\xEF\xBB\xBF"
       "a@b..c x",
       "1:5", "a label of the domain is missing"},
      {"# x\r\n@b..c x\r\n", "2:4", "a label of the domain is missing"},
      {"@ x\n", "1:2", "a label of the domain is missing"},
      {"@a@b x\n", "1:3", "cannot stand in a domain"},
      {"user@ x\n", "1:6", "a label of the domain is missing"},
      {"m\xFCller: x\n", "1:2", "not UTF-8"},
      {"\xFF\xFE"
       "a\0@\0b\0",
       "1:1", "not UTF-8"},
      {{"a\0b: c", 6}, "1:2", "control character"},
      {"@\u2764.ws x\n", "1:2", "xn--"},
      {" a\n", "1:2", "no target before it"},
      {"# x\n\ta\n", "2:2", "no target before it"},
      {"a@b\n  c@d\n", "2:3", "no target before it"},
      {"# x\ra@b\r", "1:4", "carriage return"},
      {"a@b\n\xEF\xBB\xBF"
       "c@d\n",
       "2:1", "byte order mark"},
      {"a: b \\\nc: d\n", "1:6", "backslash"},
      {"a: b\n  c \\\n", "2:5", "backslash"},
      {"<>\n", "1:1", "no mailbox"},
      {"*: a\n", "1:1", "not in the file"},
      {"+*: a\n", "1:1", "not in the file"},
      {"+: a\n", "1:1", "not in the file"},
      {"++*: a\n", "1:1", "not in the file"},
      {"/^a$/ b\n", "1:1", "not in the file"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    const std::string error = ErrorOf(c.text);
    const std::string place = std::string("/etc/aliases:") + c.place + ": ";
    EXPECT_EQ(error.substr(0, place.size()), place) << error;
    EXPECT_THAT(error, HasSubstr(c.what));
    EXPECT_THAT(error, HasSubstr("; "));  // what to write instead
  }
}

TEST(AddressFileTest, AMillionLinesAreReadInOnePass) {
  constexpr size_t kLines = 1'000'000;
  std::string text;
  for (size_t i = 0; i < kLines; ++i) {
    text += "user" + std::to_string(i) + "@example.org\tmailbox\n";
  }
  const AddressFile file = Read(text);
  ASSERT_EQ(file.addresses.size(), kLines);
  EXPECT_EQ(file.addresses.back(), "user999999@example.org");
}

}  // namespace
}  // namespace mailverdict::mail
