#include "lib/policy/filter_template.h"

#include <gtest/gtest.h>

#include <ostream>

namespace mailverdict {
namespace {

using Assertions = std::vector<std::pair<std::string, std::string>>;

FilterTemplate Parsed(std::string_view text) {
  absl::StatusOr<FilterTemplate> filter = FilterTemplate::Parse(text);
  EXPECT_TRUE(filter.ok()) << text << ": " << filter.status();
  return filter.ok() ? *std::move(filter) : FilterTemplate();
}

std::vector<std::string> ArmNames(const FilterTemplate& filter) {
  std::vector<std::string> names;
  for (const auto& arm : filter.arms()) names.push_back(arm.name);
  return names;
}

Assertions AssertionsOf(const FilterTemplate& filter, std::string_view arm,
                        size_t index = 0) {
  Assertions pairs;
  for (const auto& a : filter.FindArm(arm)->assertions.at(index)) {
    pairs.emplace_back(a.attribute, a.value);
  }
  return pairs;
}

struct ArmsCase {
  const char* filter;
  std::vector<std::string> arms;
  std::vector<std::string> attributes;
};

TEST(FilterTemplateTest, HasAnArmForEachWayToMatch) {
  const ArmsCase cases[] = {
      {"(mail=%a)", {"mail"}, {"mail"}},
      {"(MAIL=%a)", {"mail"}, {"mail"}},
      {"(|(mail=%a)(uid=%u))", {"mail", "uid"}, {"mail", "uid"}},
      {"(&(objectClass=person)(|(mail=%a)(mailAlternateAddress=%a)(uid=%u)))",
       {"mail", "mailalternateaddress", "uid"},
       {"mail", "mailalternateaddress", "uid"}},
      {"(&(uid=%u)(dc=%d))", {"uid+dc"}, {"uid", "dc"}},
      {"(|(mail=%a)(&(uid=%u)(dc=%d)))",
       {"mail", "uid+dc"},
       {"mail", "uid", "dc"}},
      {"(&(|(a=%u)(b=%u))(|(c=%d)(d=%d)))",
       {"a+c", "a+d", "b+c", "b+d"},
       {"a", "c", "d", "b"}},
      {"(|(|(a=%a)(b=%a))(c=%a))", {"a", "b", "c"}, {"a", "b", "c"}},
      {"(|(mail=%a)(mail=smtp:%a))", {"mail"}, {"mail"}},
      // A fixed part may be anything, because the code never interprets it.
      {"(&(1.2.840.113556.1.4.221=x)(cn;lang-en=y)(userid=z)(mail=%a))",
       {"mail"},
       {"mail"}},
      {"(&(!(locked=TRUE))(age>=18)(x:caseExactMatch:=y)(cn=*)(mail=%a))",
       {"mail"},
       {"mail"}},
  };
  for (const ArmsCase& c : cases) {
    const FilterTemplate filter = Parsed(c.filter);
    EXPECT_EQ(ArmNames(filter), c.arms) << c.filter;
    EXPECT_EQ(filter.attributes(), c.attributes) << c.filter;
    EXPECT_EQ(filter.text(), c.filter);
  }
}

struct ExpandCase {
  const char* filter;
  const char* arm;  // "" for the whole filter
  const char* address;
  const char* expanded;
};

TEST(FilterTemplateTest, ExpandsWholeOrReducedToAnArm) {
  static constexpr char kThree[] =
      "(&(objectClass=person)(|(mail=%a)(alias=%a)(uid=%u)))";
  static constexpr char kNested[] = "(|(mail=%a)(&(a=b)(|(uid=%u)(cn=%u))))";
  const ExpandCase cases[] = {
      {kThree, "", "joe@example.org",
       "(&(objectClass=person)(|(mail=joe@example.org)(alias=joe@example.org)"
       "(uid=joe)))"},
      {kThree, "mail", "joe@example.org",
       "(&(objectClass=person)(mail=joe@example.org))"},
      {kThree, "uid", "joe@example.org", "(&(objectClass=person)(uid=joe))"},
      {kNested, "mail", "joe@example.org", "(mail=joe@example.org)"},
      {kNested, "cn", "joe@example.org", "(&(a=b)(cn=joe))"},
      {"(&(uid=%u)(dc=%d))", "uid+dc", "joe@example.org",
       "(&(uid=joe)(dc=example.org))"},
      {"(&(|(a=%u)(b=%u))(|(c=%d)(d=%d)))", "b+c", "x@y", "(&(b=x)(c=y))"},
      // Two alternatives with one attribute are one arm.
      {"(|(mail=%a)(mail=smtp:%a)(uid=%u))", "mail", "x@y",
       "(|(mail=x@y)(mail=smtp:x@y))"},
      {"(&(mail=%a)(|(status=active)(&(group=TRUE)(open=*))))",
       "mail(status=active)", "x@y", "(&(mail=x@y)(status=active))"},
      {"(&(mail=%a)(|(status=active)(&(group=TRUE)(open=*))))",
       "mail(group=TRUE)(open=*)", "x@y",
       "(&(mail=x@y)(&(group=TRUE)(open=*)))"},
      {"(&(|(mail=%a)(mail=%u@old))(|(a=b)(c=d)))", "mail(c=d)", "x@y",
       "(|(&(mail=x@y)(c=d))(&(mail=x@old)(c=d)))"},
      {"(&(!(|(a=b)(c=d)))(mail=%a))", "mail", "x@y",
       "(&(!(|(a=b)(c=d)))(mail=x@y))"},
      {"(&(!(locked=TRUE))(mail=%a))", "mail", "x@y",
       "(&(!(locked=TRUE))(mail=x@y))"},
      // The address is split at the last '@'. Without an '@' there is no
      // domain.
      {"(&(l=%u)(d=%d))", "", "a@b@c", "(&(l=a@b)(d=c))"},
      {"(&(l=%u)(d=%d))", "", "joe", "(&(l=joe)(d=))"},
      {"(mail=%u@%d)", "", "x@y", "(mail=x@y)"},
      // A percent sign, and an escaped byte.
      {"(&(cn=100%%)(mail=%%%a%%))", "", "x@y", "(&(cn=100%)(mail=%x@y%))"},
      {"(&(cn=\\25a\\2a)(mail=%a))", "", "x@y", "(&(cn=\\25a\\2a)(mail=x@y))"},
      {"(&(cn=\\25a)(mail=%a))", "mail", "x@y", "(&(cn=\\25a)(mail=x@y))"},
  };
  for (const ExpandCase& c : cases) {
    EXPECT_EQ(Parsed(c.filter).Expand(c.address, c.arm), c.expanded)
        << c.filter << " " << c.arm;
  }
}

// A server may allow searches by one attribute and forbid them by another. Then
// only the arm with the forbidden attribute finds nothing.
TEST(FilterTemplateTest, FixedPartsThatDifferAreArmsOfTheirOwn) {
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"(&(mail=%a)(|(accountStatus=active)(groupMail=TRUE)))",
       {"mail(accountStatus=active)", "mail(groupMail=TRUE)"}},
      {"(&(proxyAddresses=smtp:%a)(|(objectClass=user)(objectClass=group)))",
       {"proxyaddresses(objectClass=user)",
        "proxyaddresses(objectClass=group)"}},
      {"(|(&(objectClass=person)(mail=%a))(&(mailEnabled=TRUE)(mail=%a)))",
       {"mail(objectClass=person)", "mail(mailEnabled=TRUE)"}},
      {"(|(mail=%a)(&(groupMail=TRUE)(mail=%a)))",
       {"mail", "mail(groupMail=TRUE)"}},
      // Only arms with the same attributes have fixed parts in their names.
      {"(|(&(a=b)(mail=%a))(&(c=d)(mail=%a))(&(e=f)(uid=%u)))",
       {"mail(a=b)", "mail(c=d)", "uid"}},
      {"(&(a=b)(|(mail=%a)(uid=%u)))", {"mail", "uid"}},
      // All fixed parts as written. Nested ANDs count as one.
      {"(&(x>=1)(|(a=\\2a%%)(&(c=d)(&(!(|(E=f)(g=h)))(i=*))))(mail=%a))",
       {"mail(x>=1)(a=\\2a%%)", "mail(x>=1)(c=d)(!(|(E=f)(g=h)))(i=*)"}},
      {"(&(|(a=b)(c=d))(|(e=f)(g=h))(mail=%a))",
       {"mail(a=b)(e=f)", "mail(a=b)(g=h)", "mail(c=d)(e=f)",
        "mail(c=d)(g=h)"}},
      {"(|(&(|(a=b)(c=d))(mail=%a))(&(uid=%u)(dc=%d)))",
       {"mail(a=b)", "mail(c=d)", "uid+dc"}},
      // An OR with one operand makes no arms.
      {"(&(|(a=b))(mail=%a))", {"mail"}},
      // Different values alone make no arms.
      {"(|(mail=%a)(mail=%u@old.example))", {"mail"}},
      {"(&(|(a=b)(c=d))(|(mail=%a)(mail=%u@old.example)))",
       {"mail(a=b)", "mail(c=d)"}},
      {"(|(&(a=b)(mail=%a))(&(mail=smtp:%a)(a=b)))", {"mail"}},
  };
  for (const auto& [text, arms] : cases) {
    const FilterTemplate filter = Parsed(text);
    EXPECT_EQ(ArmNames(filter), arms) << text;
    for (const auto& arm : filter.arms()) {
      EXPECT_EQ(filter.FindArm(arm.name), &arm) << text;
      EXPECT_EQ(arm.filters.size(), arm.assertions.size()) << text;
    }
  }
}

TEST(FilterTemplateTest, EscapesWhatRfc4515Section3Wants) {
  const FilterTemplate filter = Parsed("(mail=%a)");
  EXPECT_EQ(filter.Expand("*)(uid=*@x"), "(mail=\\2a\\29\\28uid=\\2a@x)");
  EXPECT_EQ(filter.Expand("a\\b@x"), "(mail=a\\5cb@x)");
  EXPECT_EQ(filter.Expand(std::string_view("a\0b@x", 5)), "(mail=a\\00b@x)");
  EXPECT_EQ(filter.Expand("\xC3\xBC@x"), "(mail=\\c3\\bc@x)");
  EXPECT_EQ(filter.Expand("\x7f\x1f@x"), "(mail=\\7f\\1f@x)");
  // A percent sign in an address is not a placeholder.
  EXPECT_EQ(filter.Expand("%u%d%%@x"), "(mail=%u%d%%@x)");
  for (int c = 0; c < 256; ++c) {
    const std::string local(1, static_cast<char>(c));
    const std::string expanded = filter.Expand(local);
    const bool plain = expanded == "(mail=" + local + ")";
    const bool special =
        c < 0x20 || c >= 0x7f || std::string("*()\\").find(local) != local.npos;
    EXPECT_NE(plain, special) << c;
  }
}

TEST(FilterTemplateTest, AssertsWhatAnEntryHasToHold) {
  const FilterTemplate filter =
      Parsed("(|(Mail=%a)(mail=smtp:%a)(&(uid=%u)(o=\\28%d\\25a)))");
  EXPECT_EQ(AssertionsOf(filter, "mail", 0), (Assertions{{"mail", "%a"}}));
  EXPECT_EQ(AssertionsOf(filter, "mail", 1), (Assertions{{"mail", "smtp:%a"}}));
  // Escapes are undone. An escaped percent sign is not a placeholder.
  EXPECT_EQ(AssertionsOf(filter, "uid+o"),
            (Assertions{{"uid", "%u"}, {"o", "(%d%%a"}}));
  EXPECT_EQ(FillIn("(%d%%a", "x@y"), "(y%a");
}

TEST(FilterTemplateTest, FillsInWithoutEscaping) {
  EXPECT_EQ(FillIn("smtp:%a", "a*b@x"), "smtp:a*b@x");
  EXPECT_EQ(FillIn("%u/%d/%%", "joe@x.org"), "joe/x.org/%");
  EXPECT_EQ(FillIn("%u|%d", "joe"), "joe|");
  EXPECT_EQ(FillIn("100%", "joe"), "100%");
}

TEST(FilterTemplateTest, FindsAnArmByName) {
  const FilterTemplate filter = Parsed("(|(mail=%a)(uid=%u))");
  ASSERT_NE(filter.FindArm("uid"), nullptr);
  EXPECT_EQ(filter.FindArm("uid")->filters,
            std::vector<std::string>{"(uid=%u)"});
  EXPECT_EQ(filter.FindArm("cn"), nullptr);
  EXPECT_EQ(filter.FindArm(""), nullptr);
  EXPECT_EQ(FilterTemplate().FindArm("mail"), nullptr);
}

std::string Repeated(int times, const std::string& text) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(FilterTemplateTest, BoundsDepthAndAlternatives) {
  const auto nested = [](int depth) {
    return Repeated(depth, "(&") + "(mail=%a)" + Repeated(depth, ")");
  };
  EXPECT_TRUE(FilterTemplate::Parse(nested(16)).ok());
  EXPECT_EQ(std::string(FilterTemplate::Parse(nested(17)).status().message()),
            "filter, byte 35: nested too deeply");
  EXPECT_FALSE(FilterTemplate::Parse(Repeated(100000, "(!")).ok());
  EXPECT_FALSE(FilterTemplate::Parse(Repeated(100000, "(|")).ok());

  EXPECT_TRUE(
      FilterTemplate::Parse("(|" + Repeated(32, "(mail=%a)") + ")").ok());
  EXPECT_FALSE(
      FilterTemplate::Parse("(|" + Repeated(33, "(mail=%a)") + ")").ok());
  EXPECT_TRUE(
      FilterTemplate::Parse("(&" + Repeated(5, "(|(a=%u)(b=%u))") + ")").ok());
  EXPECT_FALSE(
      FilterTemplate::Parse("(&" + Repeated(6, "(|(a=%u)(b=%u))") + ")").ok());

  // ORs of fixed parts count as well, but not under a NOT.
  const auto with = [](const std::string& fixed) {
    return FilterTemplate::Parse("(&(mail=%a)" + fixed + ")").ok();
  };
  EXPECT_TRUE(with("(|" + Repeated(32, "(a=b)") + ")"));
  EXPECT_FALSE(with("(|" + Repeated(33, "(a=b)") + ")"));
  EXPECT_TRUE(with(Repeated(5, "(|(a=b)(c=d))")));
  EXPECT_FALSE(with(Repeated(6, "(|(a=b)(c=d))")));
  EXPECT_TRUE(with("(!(|" + Repeated(33, "(a=b)") + "))"));
}

struct WrongCase {
  const char* filter;
  const char* message;  // after "filter, "
};

std::ostream& operator<<(std::ostream& out, const WrongCase& c) {
  return out << c.filter;
}

class WrongFilterTest : public testing::TestWithParam<WrongCase> {};

TEST_P(WrongFilterTest, IsRefusedWithTheByte) {
  const auto filter = FilterTemplate::Parse(GetParam().filter);
  ASSERT_FALSE(filter.ok());
  EXPECT_TRUE(absl::IsInvalidArgument(filter.status()));
  EXPECT_EQ(std::string(filter.status().message()),
            std::string("filter, ") + GetParam().message);
}

constexpr WrongCase kWrong[] = {
    {"", "byte 1: expected '('"},
    {"mail=%a", "byte 1: expected '('"},
    {"(mail=%a", "byte 9: expected ')'"},
    {"(mail=%a))", "byte 10: something follows the filter's last parenthesis"},
    {"(mail=%a)(uid=%u)",
     "byte 10: something follows the filter's last parenthesis"},
    {" (mail=%a)", "byte 1: expected '('; remove this blank"},
    {"(mail=%a) ", "byte 10: something follows the filter's last parenthesis"},
    {"(&(a=b)(mail=%a)", "byte 17: expected ')'"},
    {"(& (a=b)(mail=%a))",
     "byte 3: expected '(' (an empty AND matches everything); remove this "
     "blank"},
    {"(&(a=b) (mail=%a))", "byte 8: expected ')'; remove this blank"},
    {"(&\n  (a=b)(mail=%a))",
     "byte 3: expected '(' (an empty AND matches everything); remove this "
     "blank"},
    {"()", "byte 2: expected an attribute's name"},
    {"(=%a)", "byte 2: expected an attribute's name"},
    {"(mail)", "byte 6: expected '=' and a value"},
    {"(mail=%a(x))", "byte 9: '(' in a value; write \\28"},
    {"(&)", "byte 3: expected '(' (an empty AND matches everything)"},
    {"(|)", "byte 3: expected '(' (an empty OR matches nothing)"},
    {"(!)", "byte 3: expected '('"},
    {"(objectClass=person)",
     "byte 1: no placeholder; write the address into it, as in (mail=%a)"},
    {"(mail=100%%)",
     "byte 1: no placeholder; write the address into it, as in (mail=%a)"},
    {"(&(a=b)(|(c=d)(e=f)))",
     "byte 1: no placeholder; write the address into it, as in (mail=%a)"},
    {"(mail=%x)",
     "byte 7: unknown placeholder; there are %a (address), %u (local part), %d "
     "(domain) and %% (a percent sign)"},
    {"(mail=%)",
     "byte 7: unknown placeholder; there are %a (address), %u (local part), %d "
     "(domain) and %% (a percent sign)"},
    {"(mail=%",
     "byte 7: unknown placeholder; there are %a (address), %u (local part), %d "
     "(domain) and %% (a percent sign)"},
    {"(%a=x)", "byte 2: expected an attribute's name"},
    {"(mail=*%a)",
     "byte 1: a placeholder wants a plain equality such as (mail=%a): with '*' "
     "or another operator an entry cannot be told to belong to the address "
     "that was asked for"},
    {"(mail=%a*)",
     "byte 1: a placeholder wants a plain equality such as (mail=%a): with '*' "
     "or another operator an entry cannot be told to belong to the address "
     "that was asked for"},
    {"(mail>=%a)",
     "byte 1: a placeholder wants a plain equality such as (mail=%a): with '*' "
     "or another operator an entry cannot be told to belong to the address "
     "that was asked for"},
    {"(mail~=%a)",
     "byte 1: a placeholder wants a plain equality such as (mail=%a): with '*' "
     "or another operator an entry cannot be told to belong to the address "
     "that was asked for"},
    {"(mail:caseExactMatch:=%a)",
     "byte 1: a placeholder wants a plain equality such as (mail=%a): with '*' "
     "or another operator an entry cannot be told to belong to the address "
     "that was asked for"},
    {"(mail =%a)",
     "byte 6: expected =, >=, <=, ~= or :RULE:= after the attribute"},
    {"(&(ma il=x)(mail=%a))",
     "byte 6: expected =, >=, <=, ~= or :RULE:= after the attribute"},
    // A server sends an entry with its own names for the attributes.
    {"(&(a=b)(rfc822Mailbox=%a))",
     "byte 9: entries come back with \"mail\" for \"rfc822Mailbox\", which is "
     "its second name; write mail"},
    {"(USERID=%u)",
     "byte 2: entries come back with \"uid\" for \"USERID\", which is its "
     "second name; write uid"},
    {"(commonName=%u)",
     "byte 2: entries come back with \"cn\" for \"commonName\", which is its "
     "second name; write cn"},
    {"(surname=%u)",
     "byte 2: entries come back with \"sn\" for \"surname\", which is its "
     "second name; write sn"},
    {"(domainComponent=%d)",
     "byte 2: entries come back with \"dc\" for \"domainComponent\", which is "
     "its second name; write dc"},
    {"(0.9.2342.19200300.100.1.3=%a)",
     "byte 2: entries come back with an attribute's name, not its number; "
     "write the name, as in (mail=%a)"},
    {"(OID.2.5.4.3=%u)",
     "byte 2: entries come back with an attribute's name, not its number; "
     "write the name, as in (mail=%a)"},
    {"(mail;lang-en=%a)",
     "byte 6: an attribute with a placeholder has no options; write mail, "
     "which matches with any"},
    {"(&(mail=%a)(!(&(a=b)(c=d))))",
     "byte 14: an AND or a NOT under a NOT; write (|(!(a=b))(!(c=d))) for "
     "(!(&(a=b)(c=d)))"},
    {"(&(mail=%a)(!(|(x=y)(!(a=b)))))",
     "byte 21: an AND or a NOT under a NOT; write (|(!(a=b))(!(c=d))) for "
     "(!(&(a=b)(c=d)))"},
    {"(!(mail=%a))",
     "byte 1: a placeholder under a NOT: an address would be proven by what is "
     "missing; write the filter without it"},
    {"(&(a=b)(!(|(mail=%a)(uid=%u))))",
     "byte 8: a placeholder under a NOT: an address would be proven by what is "
     "missing; write the filter without it"},
    {"(|(objectClass=person)(mail=%a))",
     "byte 1: this OR holds for entries of any address; give each of its parts "
     "a placeholder, or move the other part into an AND"},
    {"(|(mail=%a)(!(a=b)))",
     "byte 1: this OR holds for entries of any address; give each of its parts "
     "a placeholder, or move the other part into an AND"},
    {"(&(a=\\zz)(mail=%a))",
     "byte 6: '\\' wants two hexadecimal digits (RFC 4515)"},
    {"(a=\\2", "byte 4: '\\' wants two hexadecimal digits (RFC 4515)"},
    {"(mail=\\", "byte 7: '\\' wants two hexadecimal digits (RFC 4515)"},
};

INSTANTIATE_TEST_SUITE_P(Table, WrongFilterTest, testing::ValuesIn(kWrong));

}  // namespace
}  // namespace mailverdict
