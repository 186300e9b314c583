#include "lib/mail/address_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

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

std::vector<std::string> Patterns(const AddressFile& file) {
  std::vector<std::string> patterns;
  for (const NamePattern& each : file.patterns) {
    patterns.push_back(each.ToString());
  }
  return patterns;
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
      Read("team: a,\n\tb,\n# c\n\n  # d\n  e\nnext:\n  f\nlast : g\n h\n");
  EXPECT_THAT(file.local_parts, ElementsAre("team", "next", "last"));
}

TEST(AddressFileTest, WindowsLineEndsAndAByteOrderMarkMakeNoDifference) {
  const AddressFile file = Read(
      "\xEF\xBB\xBF"
      "a@b x\r\n\r\n@c\tx\r\nd: e,\r\n  f\r\n#\r\ng: h\r\n");
  EXPECT_THAT(file.addresses, ElementsAre("a@b"));
  EXPECT_THAT(file.catch_all, ElementsAre("c"));
  EXPECT_THAT(file.local_parts, ElementsAre("d", "g"));
  EXPECT_THAT(file.warnings, IsEmpty());
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
  EXPECT_THAT(Patterns(file), ElementsAre("user+*@x", "c+*@x", "alias+*"));
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
      {"*: a\n", "1:1", "not written here"},
      {"+*: a\n", "1:1", "not written here"},
      {"+: a\n", "1:1", "not written here"},
      {"++*: a\n", "1:1", "not written here"},
      {"/^a$/ b\n", "1:1", "not written here"},
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

TEST(AddressFileTest, APatternIsOfAllDomainsOrOfOne) {
  const AddressFile file = Read(
      "SRS0=*\n"
      "*-request@Example.org\n"
      "\"*-literal\"@example.org\n");
  EXPECT_THAT(Patterns(file), ElementsAre("srs0=*", "*-request@example.org"));
  EXPECT_THAT(file.addresses, ElementsAre("*-literal@example.org"));
  EXPECT_THAT(Patterns(Read("list-*: x\n*-bounces: y\n")),
              ElementsAre("list-*", "*-bounces"));
}

TEST(AddressFileTest, WhatCouldHideNamesIsAnError) {
  struct Case {
    std::string_view text;
    const char* place;
    const char* what;
  };
  const Case kCases[] = {
      // Display names.
      {"Jane Miller <jmiller@example.test>\n", "1:13", "'<' and '>'"},
      {"Jane <jmiller@example.test>\n", "1:6", "'<' and '>'"},
      {"\"Jane Miller\" <jmiller@example.test>\n", "1:15", "'<' and '>'"},
      {"Jane \"JM\" Miller <jm@example.test>\n", "1:18", "'<' and '>'"},
      {"jane@a.test <jmiller@example.test>\n", "1:13", "'<' and '>'"},
      {"a@b.c x\nJane\tMiller <jm@b.c>\n", "2:13", "'<' and '>'"},
      {"jmiller@b.c (Jane) <jane@b.c>\n", "1:20", "'<' and '>'"},
      {"Jane<jmiller@example.test>\n", "1:5", "cannot stand here"},
      {"Miller, Jane <jm@b.c>\n", "1:7", "cannot stand here"},
      {"Jane Miller\n", "1:6", "one name, two names"},
      {"a@b.c\nJane Miller\nd@e.f\n", "2:6", "one name, two names"},
      {"Jane Ann Miller\n", "1:6", "several words"},
      {"a b@c\n", "1:3", "one name, two names"},
      {"postmaster: root\nJane Miller\n", "2:6", "one name, two names"},
      {"\"Jane Miller\" jm@b.c\n", "1:15", "one name, two names"},
      // Several names on a line.
      {"jmiller@example.test, jane@example.test\n", "1:21", "cannot stand"},
      {"jmiller@example.test , jane@example.test\n", "1:22",
       "cannot follow a name"},
      {"jmiller@example.test ; jane@example.test\n", "1:22",
       "cannot follow a name"},
      {"a@b;c@d\n", "1:4", "cannot stand here"},
      {"a@b c@d e@f\n", "1:5", "several words"},
      {"a@b  c@d,e@f g@h\n", "1:6", "several words"},
      {"a\nb\nc d\n", "3:3", "one name, two names"},
      {"a@b\nc@d\ne@f g@h\n", "3:5", "has a second word"},
      {"a@b g@h\nc@d\n", "1:5", "has a second word"},
      {"a@b\nc@d # x\ne@f\tg@h\n", "3:5", "has a second word"},
      // Tables of other kinds.
      {"email,name\n", "1:6", "cannot stand here"},
      {"\"joe@x.y\",\"Joe\"\n", "1:10", "cannot stand here"},
      {"\"joe@x.y\"\n", "1:1", "the quotes make"},
      {"[\"joe@x.y\"]\n", "1:1", "local part is missing"},
      {"{\n  \"mail\": \"joe@x.y\"\n}\n", "1:1", "pattern or a program"},
      {"- joe@x.y\n", "1:1", "pattern or a program"},
      {"* joe@x.y\n", "1:1", "not written here"},
      {"\xE2\x80\xA2 joe@x.y\n", "1:1", "only looks like"},
      {"1. joe@x.y\n", "1:2", "number of a list item"},
      {"users = joe ann\n", "1:7", "cannot follow a name"},
      {"mail=joe@x.y\n", "1:5", "before this '='"},
      {"<a href=\"mailto:joe@x.y\">\n", "1:3", "angle bracket is missing"},
      // URIs, LDIF, headers.
      {"mailto:joe@x.y\n", "1:1", "scheme of a URI"},
      {"SMTP:joe@x.y\n", "1:1", "scheme of a URI"},
      {"dn: uid=joe,o=x\nmail: joe@x.y\n", "1:1", "LDIF"},
      {"dn:: dWlkPWpvZQ==\n", "1:1", "LDIF"},
      {"a: b\nmail:: am9lQHgueQ==\n", "2:1", "LDIF"},
      {"mail: joe@x.y\n", "1:1", "LDIF"},
      {"a: b\nmail: joe@x.y\n\nmail: ann@x.y\n", "2:1", "LDIF"},
      {"uid: joe\nmail: joe@x.y\n", "1:1", "LDIF"},
      {"uid: joe\n\nuid: ann\n", "1:1", "LDIF"},
      {"To: joe@x.y\nCc: ann@x.y\n", "1:1", "LDIF"},
      {"person: joe@x.y\nperson: ann@x.y\n", "2:1",
       "every line has the same name"},
      // Regular expressions, shell patterns, tables of Postfix and Exim.
      {"^foo@example.test\n", "1:1", "pattern or a program"},
      {"/^foo@example.test$/ x\n", "1:19", "cannot stand here"},
      {"/^foo@example.test/ x\n", "1:19", "cannot stand here"},
      {"/^foo$/ x\n", "1:1", "not written here"},
      {"!/foo/ x\n", "1:1", "pattern or a program"},
      {"if /^a/\n/^ab/ x\nendif\n", "1:1", "'if'"},
      {"IF !/^a/\n", "1:1", "'if'"},
      {"a@b\nendif\n", "2:1", "'endif'"},
      {"foo.*@example.test x\n", "1:4", "regular expression"},
      {".*@example.test x\n", "1:1", "regular expression"},
      {".+@example.test x\n", "1:1", "regular expression"},
      {"foo.+@example.test x\n", "1:4", "regular expression"},
      {"foo|bar@example.test\n", "1:4", "pattern or a program"},
      {"(foo|bar)@example.test\n", "1:1", "local part is missing"},
      {"foo\\.bar@example.test\n", "1:4", "cannot stand here"},
      {"foo$ x\n", "1:4", "pattern or a program"},
      {"user?@example.test\n", "1:5", "pattern or a program"},
      {"user[ab]@example.test\n", "1:5", "cannot stand here"},
      {"{a,b}@example.test\n", "1:3", "cannot stand here"},
      {"list-%@example.test\n", "1:6", "pattern or a program"},
      {"*.example.test: x\n", "1:1", "a domain with a wildcard"},
      {"*example.test\n", "1:1", "a domain with a wildcard"},
      {"joe@*.example.test x\n", "1:5", "label of the domain is missing"},
      {"@*.example.test x\n", "1:2", "label of the domain is missing"},
      {"*@* x\n", "1:3", "label of the domain is missing"},
      {".example.test x\n", "1:1", "not written here"},
      {"!joe@example.test\n", "1:1", "pattern or a program"},
      // A star in a wrong place, and patterns without text.
      {"a*b@example.test\n", "1:2", "only once"},
      {"*a*@example.test\n", "1:1", "only once"},
      {"**@example.test\n", "1:1", "only once"},
      {"a*: x\n", "1:2", "at least 2 bytes"},
      {"*a@example.test\n", "1:1", "at least 2 bytes"},
      // Characters that look like ASCII.
      {"'joe'\n", "1:5", "pattern or a program"},
      {"`joe`\n", "1:1", "pattern or a program"},
      {"\xE2\x80\x9Cjoe\xE2\x80\x9D\n", "1:1", "only looks like"},
      {"joe\xC2\xA0miller\n", "1:4", "only looks like"},
      {"joe\xE2\x80\x8B@example.test\n", "1:4", "only looks like"},
      {"joe\xEF\xBC\xA0"
       "example\n",
       "1:4", "only looks like"},
      {"joe#note\n", "1:4", "pattern or a program"},
      // Lines that contradict each other.
      {"a: b\nc: d\ne\nf: g\n", "3:1", "has no target"},
      {"a@b c\nd@e f\ng@h\n", "3:1", "has no target"},
      {"a\nb\nc: d\ne\n", "3:4", "has a target"},
      {"a@b # note\n  c@d\n", "2:3", "no target before it"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    const std::string error = ErrorOf(c.text);
    const std::string place = std::string("/etc/aliases:") + c.place + ": ";
    EXPECT_EQ(error.substr(0, place.size()), place) << error;
    EXPECT_THAT(error, HasSubstr(c.what));
    EXPECT_THAT(error, HasSubstr("; "));
  }
}

// Files in the formats of the MTAs, and lists as people write them. To refuse
// one of them would be an outage.
TEST(AddressFileTest, FilesThatTheirOwnersTakeAreTaken) {
  struct Case {
    std::string_view text;
    size_t names;
  };
  const Case kCases[] = {
      // aliases(5) of sendmail and Postfix, redirect router of Exim.
      {"jane: Jane Miller <jmiller@example.test>\n", 1},
      {"owner-list: \"Jane Miller\" <j@x.y>, joe (Joe)\n", 1},
      {"joe: \\joe, \"|/usr/bin/vacation joe\"\n", 1},
      {"list: :include:/etc/mail/list\nowner-list: joe\n", 2},
      {"old: :fail: No such user\nnobody: /dev/null\n", 2},
      {"old :blackhole:\nx: y\n", 2},
      {"mail:\troot\nbin: root\nuser: root\n", 3},
      {"a:b\nb :c\nc : d\nd:\n e\n", 4},
      {"root: admin@example.org\n", 1},
      {"mail: root@example.org\nbin: root\n", 2},
      {"a: |\"/bin/x <a@b> c\"\n", 1},
      {"decode \"|/usr/bin/uudecode <a@b>\"\nx: y\n", 2},
      {"gone: error:5.1.1:550 Write to <joe@x.y>\n", 1},
      {"list-request: a, b,\n  c, d\n", 1},
      // virtusertable, virtual(5), relay_recipient_maps, virtual mailboxes.
      {"joe@x.y  joe, ann\n", 1},
      {"joe@x.y  joe,ann , bob@z\n", 1},
      {"gone@x.y error:5.1.1:550 gone, write to <ann@x.y>\n", 1},
      {"gone@x.y\terror:nouser 550 No such user here\n@x.y %1@z.org\n", 2},
      {"a+*@x.y %1%2@z.org\n", 2},
      {"joe@x.y OK\nann@x.y x\n", 2},
      {"joe@x.y x.y/joe/\n", 1},
      {"joe@x.y :include:/etc/list\n", 1},
      {"example.com   this is a virtual domain\njoe@example.com joe\n", 2},
      {"example.com VIRTUAL\njoe@example.com joe\n", 2},
      {"postmaster postmaster@x.y\njoe@x.y joe\nabuse root\n", 3},
      {"postmaster\troot\nabuse\troot\n", 2},
      {"postmaster  root@x.y\nabuse root@x.y\n", 2},
      {"joe@x.y Joe Miller of Sales\nann@x.y Ann\n", 2},
      {"joe@x.y joe (Joe Miller of x@y)\n", 1},
      {"info@x.y: y\njoe@x.y joe\n", 2},
      {"joe@x.y\tjoe  # joe's\n", 1},
      // Lists, and real names.
      {"joe@x.y\n<ann@x.y>\nroot\n@z.org\n", 4},
      {"joe@x.y # Joe Miller <old@x.y>\nann@x.y #x\n", 2},
      {"joe\njane: jmiller\nann\ninfo: joe\n", 4},
      {"o'brien@x.y\njean-paul@x.y\n_x@x.y\nsmith&co@x.y\n", 4},
      {"SystemMailbox{1f05a927-2f4c-4d1a-8c1f-5d3e}@x.y\n", 1},
      {"ann_gmail.com#EXT#@x.onmicrosoft.com\n", 1},
      {"\"john doe\"@x.y\n\"a?b\"\n\"^x*\"@x.y\n", 3},
      {"gro\xC3\x9F@x.y\n\xE4\xBE\x8B\xE5\xAD\x90@x.y\n", 2},
      {"a%b@gw.x.y\nhost!joe@x.y\nSRS0=a=b=c=d@x.y\n", 3},
      {"prvs=1234567890=joe@x.y\nlist-owner=a.org@x.y\n", 2},
      {"joe@x.y\njoe@x.y\n", 2},
      {"/G=Joe/S=Miller/@gw.x.y\n", 1},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    const AddressFile file = Read(c.text);
    EXPECT_EQ(file.addresses.size() + file.local_parts.size() +
                  file.catch_all.size() + file.patterns.size(),
              c.names);
  }
}

TEST(AddressFileTest, ALastLineWithoutANewlineCountsAndIsDoubted) {
  for (std::string_view text :
       {"a@b\nlast@b", "a@b x\nc@d y\nlast@b", "a: b\nc: d\nlast"}) {
    SCOPED_TRACE(text);
    const AddressFile file = Read(text);
    EXPECT_THAT(file.warnings, ElementsAre(HasSubstr("has no newline")));
    EXPECT_EQ(file.warnings[0].substr(0, 2), "f:");
    EXPECT_TRUE(
        (!file.addresses.empty() && file.addresses.back() == "last@b") ||
        (!file.local_parts.empty() && file.local_parts.back() == "last"));
  }
  EXPECT_THAT(Read("a@b\n# cut wi").warnings,
              ElementsAre(HasSubstr("f:2: the last line")));
  EXPECT_THAT(Read("a@b\r\n\n").warnings, IsEmpty());
  EXPECT_THAT(Read("").warnings, IsEmpty());
  // A malformed last line is still an error.
  EXPECT_THAT(ErrorOf("a@b\nlast@"), HasSubstr(":2:6: "));
}

TEST(AddressFileTest, ALineThatReadsLikeLdifAmongAliasesIsAWarning) {
  EXPECT_THAT(Read("bin: root\nmail: root@x.y\n").warnings,
              ElementsAre(HasSubstr("f:2: this line looks like LDIF")));
  EXPECT_THAT(Read("bin: root\nmail: root\n").warnings, IsEmpty());
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
