// The meaning of a policy: values, and combinations that cannot work.

#include "lib/policy/loader/loader_testing.h"
#include "proto/policy.pb.h"

namespace mailverdict {
namespace {

// The beginning of a good directory, on the first line; the tests add the other
// lines.
#define PEOPLE                                                           \
  "directory { name: \"people\" uri: \"ldap://ldap.example.org\" base: " \
  "\"ou=people,o=x\" filter: \"(|(mail=%a)(uid=%u))\"\n"
#define REALM "realm { directory: \"people\" domain: \"example.org\"\n"

constexpr SaidCase kProcess[] = {
    {"deadline: \"4\"",
     "1:1: deadline \"4\" is no duration; write a number and a unit (ms, s, m, "
     "h), as in \"4s\""},
    {"deadline: \"3d\"",
     "1:1: deadline \"3d\" is no duration; write a number and a unit (ms, s, "
     "m, h), as in \"4s\", and days as hours"},
    {"deadline: \"soon\"",
     "1:1: deadline \"soon\" is no duration; write a number and a unit (ms, s, "
     "m, h), as in \"4s\""},
    {"deadline: \"-4s\"",
     "1:1: deadline \"-4s\" is negative; write, say, \"4s\""},
    {"deadline: \"inf\"",
     "1:1: deadline \"inf\" has no end; write, say, \"4s\""},
    {"\n  deadline: \"0\"",
     "2:3: deadline is 0, under 100ms: no directory could answer in time; "
     "write, say, \"4s\""},
    {"deadline: \"99ms\"",
     "1:1: deadline is 99ms, under 100ms: no directory could answer in time; "
     "write, say, \"4s\""},
    {"deadline: \"9001ms\"",
     "1:1: deadline is 9.001s, over 9s: sendmail gives a milter up after 10s, "
     "and a map with -d5s after 5s; write, say, \"4s\""},
    {"local_network: \"10.0.0.0/8\"\nlocal_network: \"10.1.2.3/8\"",
     "2:1: local_network \"10.1.2.3/8\" is no network, or has bits behind its "
     "prefix; write, say, \"192.0.2.0/24\" or \"2001:db8::/32\""},
};

constexpr SaidCase kRealm[] = {
    {PEOPLE "}\nrealm { directory: \"people\" }",
     "3:1: realm has no domain; write, say, domain: \"example.org\""},
    {"realm {\n domain: \"example.org\" }",
     "1:1: realm has neither directory nor catch_all; write directory: "
     "\"NAME\", or catch_all: true if every address is valid"},
    {"realm { domain: \"example.org\"\n catch_all: false }",
     "1:1: realm has neither directory nor catch_all; write directory: "
     "\"NAME\", or catch_all: true if every address is valid"},
    {PEOPLE "}\nrealm { domain: \"example.org\"\n directory: \"people\"\n "
            "catch_all: true }",
     "5:2: catch_all together with directory; a realm has one of them: where "
     "every address is valid nothing is asked"},
    {PEOPLE "}\nrealm { domain: \"example.org\"\n directory: \"poeple\" }",
     "4:2: there is no directory \"poeple\"; the policy has \"people\""},
    {"realm { domain: \"example.org\"\n directory: \"people\" }",
     "2:2: there is no directory \"people\"; the policy has none yet"},
    {PEOPLE "}\n" REALM "domain: \"Example.ORG.\" }",
     "4:1: domain \"example.org\" is there already, line 3"},
    {PEOPLE "}\n" REALM "}\nrealm { catch_all: true\n domain: \"*.a\" domain: "
            "\"EXAMPLE.org\" }",
     "6:16: domain \"example.org\" is there already, line 3"},
    {PEOPLE
     "}\n" REALM "domain: \"*\"\n domain: \"@a.org\"\n domain: "
     "\".a.org\"\n domain: \"*.[192.0.2.1]\"\n domain: \"a..b\"\n domain: "
     "\"*.*.org\" }",
     "4:1: domain \"*\" is the whole world; write the domains that are yours\n"
     "5:2: domain \"@a.org\" is no domain; write \"a.org\", or \"*.a.org\" for "
     "all below it\n"
     "6:2: domain \".a.org\" is no domain; write \"a.org\", or \"*.a.org\" for "
     "all below it\n"
     "7:2: domain \"*.[192.0.2.1]\" is no domain; nothing is below an address\n"
     "8:13: domain \"a..b\" is no domain: here a label of the domain is "
     "missing\n"
     "9:13: domain \"*.*.org\" is no domain: here a label of the domain is "
     "missing"},
    {PEOPLE "}\n" REALM "tag_delimiters: \"+a\" }",
     "4:1: tag_delimiters \"+a\" has more than ASCII punctuation in it (and "
     "not @, \" or \\); write, say, \"+\""},
    {PEOPLE "}\n" REALM "tag_delimiters: \"+@\" }",
     "4:1: tag_delimiters \"+@\" has more than ASCII punctuation in it (and "
     "not @, \" or \\); write, say, \"+\""},
    {PEOPLE "}\n" REALM "tag_delimiters: \"\xC3\xBC\" }",
     "4:1: tag_delimiters \"\xC3\xBC\" has more than ASCII punctuation in it "
     "(and not @, \" or \\); write, say, \"+\""},
    {PEOPLE "}\n" REALM "signed: SRS\n signed: [BATV, SRS] }",
     "5:2: signed: SRS is there already, line 4"},
    {PEOPLE "}\n" REALM "also_valid: \"aliases\" }",
     "4:1: also_valid \"aliases\" is no file's path from the root; write, say, "
     "\"/etc/aliases\""},
    {PEOPLE "}\n" REALM "also_valid: \"/none\"\n also_valid: \"/wrong\" }",
     "4:1: also_valid \"/none\" cannot be read: no such file\n"
     "5:2: also_valid /wrong:2:5: here a label of the domain is missing; write "
     "name, user@domain or @domain, then white space or ':' and a target"},
    {PEOPLE "}\n" REALM "also_valid: [\"/etc/aliases\", \"/etc/aliases\"] }",
     "4:1: also_valid \"/etc/aliases\" is there already, line 4"},
};

constexpr SaidCase kCheck[] = {
    {"check { domain { } }\ncheck {\n domain { } }",
     "3:2: check domain is there already, line 1"},
    {"check { domain {\n instant_reject_file: \"x\"\n instant_reject_file: "
     "\"/none\"\n instant_reject_file: \"/lists/bad\"\n "
     "instant_reject_file: \"/lists/bad\" } }",
     "2:2: instant_reject_file \"x\" is no file's path from the root; write, "
     "say, \"/etc/mailverdict/wrong\"\n"
     "3:2: instant_reject_file \"/none\" cannot be read: no such file\n"
     "4:2: instant_reject_file /lists/bad:2:4: this byte cannot stand here; "
     "write, say, \"gmail.con = gmail.com  # why\"\n"
     "5:2: instant_reject_file \"/lists/bad\" is there already, line 4"},
    {"check { domain {\n instant_reject_file: \"/lists/wide\" } }",
     "2:2: instant_reject_file /lists/wide:2:1: this covers every domain below "
     "a public suffix; write '!' before it if all of it must be refused"},
    {"check { recipient { } }\ncheck {\n recipient { } }",
     "3:2: check recipient is there already, line 1"},
    {"check { recipient {\n exception: \"noc@example.org\"\n exception: "
     "\"a b\"\n exception: \"<>\" } }",
     "2:2: exception \"noc@example.org\" has a domain; write \"noc\" for every "
     "realm, or list the address in a file of its realm's also_valid\n"
     "3:15: exception \"a b\" is no local part, prefix* or *suffix: this byte "
     "cannot stand here, unless in a quoted local part\n"
     "4:14: exception \"<>\" is no local part, prefix* or *suffix: <> is no "
     "mailbox"},
    {"check { recipient {\n exception: \"*-request@example.org\"\n exception: "
     "\"@example.org\"\n exception: \"^srs0\"\n exception: \"a*b\"\n "
     "exception: \"*\"\n exception: \"noc?\" } }",
     "2:2: exception \"*-request@example.org\" has a domain; write "
     "\"*-request\" for every realm, or list the address in a file of its "
     "realm's also_valid\n"
     "3:2: exception \"@example.org\" has a domain; list it in a file of its "
     "realm's also_valid\n"
     "4:14: exception \"^srs0\" is no local part, prefix* or *suffix: this "
     "character belongs to a pattern or a program; a name with it needs double "
     "quotes\n"
     "5:15: exception \"a*b\" is no local part, prefix* or *suffix: '*' may "
     "stand only once, at the begin or at the end of a local part\n"
     "6:14: exception \"*\" is no local part, prefix* or *suffix: this stands "
     "for names that are not written here\n"
     "7:17: exception \"noc?\" is no local part, prefix* or *suffix: this "
     "character belongs to a pattern or a program; a name with it needs double "
     "quotes"},
    {"check { recipient {\n exception_file: \"x\"\n exception_file: \"/none\"\n"
     " exception_file: \"/wrong\"\n exception_file: \"/wrong\" } }",
     "2:2: exception_file \"x\" is no file's path from the root; write, say, "
     "\"/etc/aliases\"\n"
     "3:2: exception_file \"/none\" cannot be read: no such file\n"
     "4:2: exception_file /wrong:2:5: here a label of the domain is missing; "
     "write name, user@domain or @domain, then white space or ':' and a "
     "target\n"
     "5:2: exception_file \"/wrong\" is there already, line 4"},
};

TEST(PolicyMeaningTest, OfTheProcess) {
  for (const SaidCase& c : kProcess) {
    EXPECT_EQ(ErrorsOf(c.text), c.said) << c.text;
  }
}

TEST(PolicyMeaningTest, OfRealms) {
  for (const SaidCase& c : kRealm) {
    EXPECT_EQ(ErrorsOf(c.text), c.said) << c.text;
  }
}

TEST(PolicyMeaningTest, OfChecks) {
  for (const SaidCase& c : kCheck) {
    EXPECT_EQ(ErrorsOf(c.text), c.said) << c.text;
  }
}

TEST(PolicyMeaningTest, ACheckWithoutAKindNamesThemAll) {
  const std::string errors = ErrorsOf("check { }");
  EXPECT_EQ(errors.find("1:1: check has no kind; write check { "), 0u);
  const auto* kinds = proto::Check::descriptor()->FindOneofByName("kind");
  for (int i = 0; i < kinds->field_count(); ++i) {
    const std::string kind = "check { " + kinds->field(i)->name() + " { ... }";
    EXPECT_NE(errors.find(kind), errors.npos) << errors;
  }
}

}  // namespace
}  // namespace mailverdict
