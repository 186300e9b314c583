#include "lib/policy/domain_list.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

DomainList ListOf(std::string_view text) {
  absl::StatusOr<DomainList> list = DomainList::Parse(text, "l");
  EXPECT_TRUE(list.ok()) << list.status();
  return *std::move(list);
}

// The entry of the domain as text; "" if there is none.
std::string Said(const DomainList& list, std::string_view domain) {
  const std::optional<ListEntry> entry = list.Find(domain);
  return entry.has_value() ? entry->ToString() : "";
}

TEST(DomainListTest, AnEntrySaysWhereItStandsAndWhy) {
  const DomainList list = ListOf(
      "# wrong\n\n \t# more\r\nGMail.Con. = Gmail.COM # no such TLD \r\n"
      "\t*.localhost\t#RFC 6761\nb\xc3\xbc"
      "cher.example=a.example\nlast\n");
  EXPECT_EQ(list.size(), 4u);
  EXPECT_EQ(Said(list, "gmail.con"),
            "domain gmail.con: gmail.con in l line 4, no such TLD");
  EXPECT_EQ(list.Find("gmail.con")->suggestion(), "gmail.com");
  EXPECT_EQ(Said(list, "a.b.localhost"),
            "domain a.b.localhost: *.localhost in l line 5, RFC 6761");
  EXPECT_EQ(list.Find("a.localhost")->suggestion(), "");
  EXPECT_EQ(list.Find("xn--bcher-kva.example")->suggestion(), "a.example");
  EXPECT_EQ(Said(list, "last"), "domain last: last in l line 7");
  for (const char* other : {"gmail.com", "localhost", "con", "x.last", ""}) {
    EXPECT_EQ(Said(list, other), "");
  }
}

TEST(DomainListTest, TheExactAndTheFirstCount) {
  const DomainList list = ListOf("*.a = 1.b\nx.a = 2.b\nx.a = 3.b\n*.a\n");
  EXPECT_EQ(list.size(), 2u);
  EXPECT_EQ(list.Find("x.a")->suggestion(), "2.b");
  EXPECT_EQ(list.Find("y.a")->suggestion(), "1.b");
}

TEST(DomainListTest, AnEntryOutlivesItsList) {
  std::optional<ListEntry> entry;
  {
    const DomainList list = ListOf("gmail.con = gmail.com # typo\n");
    entry = list.Find("gmail.con");
  }
  EXPECT_EQ(entry->suggestion(), "gmail.com");
  EXPECT_EQ(entry->ToString(), "domain gmail.con: gmail.con in l line 1, typo");
}

TEST(DomainListTest, WhatIsNoEntryIsNamedByLineAndColumn) {
  struct {
    const char* text;
    const char* said;
  } const cases[] = {
      {"*", "1:1: '*' stands only before the first dot of a domain"},
      {"a\n*.*.a", "2:1: '*' stands only before the first dot of a domain"},
      {"*.", "1:3: here a label of the domain is missing"},
      {"a.*", "1:3: this byte cannot stand here"},
      {".a", "1:1: here a label of the domain is missing"},
      {"joe@a", "1:4: this byte cannot stand here"},
      {"a b", "1:3: this byte cannot stand here"},
      {"[192.0.2.1]", "1:1: an address literal is no domain"},
      {"a = [192.0.2.1]", "1:5: an address literal is no domain"},
      {"a =", "1:4: here a label of the domain is missing"},
      {"a = *.b", "1:5: here a label of the domain is missing"},
      {"a = b = c", "1:7: this byte cannot stand here"},
      {"a # b\x01", "1:6: a control character in a comment"},
      {"a # \xff", "1:5: this is not UTF-8, or it is a control character"},
      {"a\rb", "1:2: this byte cannot stand here"},
      {"!", "1:2: here a label of the domain is missing"},
      {"! a", "1:2: here a label of the domain is missing"},
      {"!!a", "1:2: here a label of the domain is missing"},
      {"*.!a", "1:3: here a label of the domain is missing"},
      {"a = !b", "1:5: here a label of the domain is missing"},
      {"^gmail", "1:1: here a label of the domain is missing"},
      {"*gmail.con", "1:1: '*' stands only before the first dot of a domain"},
      {"@gmail.con", "1:1: here a label of the domain is missing"},
      {"a.b,c.d", "1:4: this byte cannot stand here"},
      {"a.b; c.d", "1:4: this byte cannot stand here"},
      {"http://a.b", "1:5: this byte cannot stand here"},
      {"gmail.c?n", "1:8: this byte cannot stand here"},
  };
  for (const auto& c : cases) {
    const absl::StatusOr<DomainList> list =
        DomainList::Parse(std::string(c.text) + "\n", "l");
    ASSERT_TRUE(absl::IsInvalidArgument(list.status())) << c.text;
    EXPECT_EQ(list.status().message(),
              absl::StrCat("l:", c.said,
                           "; write, say, \"gmail.con = gmail.com  # why\""));
  }
}

TEST(DomainListTest, ALastLineWithoutANewlineDoesNotCountAndIsWarnedOf) {
  constexpr char kDoubt[] =
      ": the last line has no newline, so the file may be cut; the line does "
      "not count, since its rest may name another domain; check that the file "
      "is complete, and end it with a newline";
  // The rest of gmail.comm, and the rest of an entry.
  for (const char* last : {"gmail.com", "gmail.co", "a.b = ", "a.b = gma", "*.",
                           "*", "joe@", "# cut wi", "\xff", "  x"}) {
    SCOPED_TRACE(last);
    const DomainList list = ListOf(std::string("x.y\n") + last);
    EXPECT_EQ(list.size(), 1u);
    EXPECT_EQ(list.warning(), std::string("l:2") + kDoubt);
    EXPECT_EQ(Said(list, "gmail.com"), "");
  }
  EXPECT_EQ(ListOf("gmail.con").size(), 0u);
  for (const char* whole : {"", "a.b\n", "a.b\r\n", "a.b\n  ", "# c\n"}) {
    EXPECT_EQ(ListOf(whole).warning(), "") << whole;
  }
}

TEST(DomainListTest, WhatStandsForVeryManySendersWantsAMark) {
  struct {
    const char* pattern;
    const char* why;
  } const cases[] = {
      {"com", "this is a public suffix"},
      {"CO.UK.", "this is a public suffix"},
      {"*.com", "this covers every domain below a public suffix"},
      {"*.co.jp", "this covers every domain below a public suffix"},
      {"github.io", "this is a public suffix"},
      {"*.ck", "this covers every domain below a public suffix"},
      {"anything.ck", "this is a public suffix"},
      {"\xe4\xb8\xad\xe5\x9b\xbd", "this is a public suffix"},  // of China
      {"xn--fiqs8s", "this is a public suffix"},
      {"gmail.com", "this is a large provider"},
      {"GMX.de", "this is a large provider"},
      {"*.qq.com", "this is a large provider"},
      {"mail.ru = mail.example", "this is a large provider"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.pattern);
    const std::string text = std::string(c.pattern) + "\n";
    const absl::Status status = DomainList::Parse("# \n " + text, "l").status();
    ASSERT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_EQ(status.message().substr(0, 7), "l:2:2: ");
    EXPECT_EQ(status.message().substr(7, std::string(c.why).size()), c.why);
    EXPECT_NE(status.message().find("; write '!' before it"),
              absl::string_view::npos);
    EXPECT_EQ(ListOf("!" + text).size(), 1u);
  }
}

TEST(DomainListTest, AMarkedEntryIsReadWithoutItsMark) {
  const DomainList list = ListOf("!gmail.com = a.b # really\n!*.com\n!x.y\n");
  EXPECT_EQ(Said(list, "gmail.com"),
            "domain gmail.com: gmail.com in l line 1, really");
  EXPECT_EQ(Said(list, "any.com"), "domain any.com: *.com in l line 2");
  EXPECT_EQ(Said(list, "x.y"), "domain x.y: x.y in l line 3");
}

TEST(DomainListTest, WhatIsBesideAPublicSuffixWantsNoMark) {
  EXPECT_EQ(ListOf("gmail.comm\ngmail.con = gmail.com\nexample.co.uk\n"
                   "*.example.com\ntest\n*.localhost\nwww.ck\nsub.gmail.com\n")
                .size(),
            8u);
}

}  // namespace
}  // namespace mailverdict
