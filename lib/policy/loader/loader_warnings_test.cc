// Settings of a policy that are allowed but cause a warning.

#include "lib/policy/loader/loader_testing.h"

namespace mailverdict {
namespace {

// A directory that a realm uses and whose two arms have two controls each, on
// four lines.
#define PEOPLE_BEGIN                                                      \
  "directory { name: \"people\" uri: \"ldap://localhost\" base: \"o=x\" " \
  "filter: \"(|(mail=%a)(uid=%u))\"\n"
#define CONTROLS                                                       \
  "control { arm: \"mail\" address: \"m@x.org\" dn: \"uid=m,o=x\" } "  \
  "control { arm: \"mail\" address: \"n@x.org\" dn: \"uid=n,o=x\" }\n" \
  "control { arm: \"uid\" address: \"u@x.org\" dn: \"uid=u,o=x\" } "   \
  "control { arm: \"uid\" address: \"w@x.org\" dn: \"uid=w,o=x\" }\n"
#define ONE_CONTROL(where, arm)                                             \
  where ": directory \"people\": arm \"" arm                                \
        "\" has one control; an index that lacks the old entries, or a "    \
        "replica that lacks the young ones, may still show it, and then "   \
        "people who exist are rejected; add a second control { arm: \"" arm \
        "\" ... }, so that one is an old account and one a young one"
#define REALM "realm { domain: \"example.org\" directory: \"people\"\n"
#define LONG                                                              \
  "cn=everybody-with-a-mailbox,ou=groups,ou=headquarters,dc=mail,dc=the-" \
  "example,dc=org"
#define CUT                                                                \
  "the last line has no newline, so the file may be cut and names may be " \
  "missing; the line counts; check that the file is complete, and end it " \
  "with a newline"
#define CHECK "check { recipient { } }\n"

constexpr SaidCase kWarnings[] = {
    {PEOPLE_BEGIN CONTROLS "}\n" REALM "}\n" CHECK, ""},
    // Is the old or the young account missing?
    {PEOPLE_BEGIN
     "control { arm: \"mail\" address: \"m@x.org\" dn: \"uid=m,o=x\" }\n"
     "control { arm: \"uid\" address: \"u@x.org\" dn: \"uid=u,o=x\" }\n"
     "control { arm: \"uid\" address: \"v@x.org\" dn: \"uid=v,o=x\" }\n"
     "}\n" REALM "}\n" CHECK,
     ONE_CONTROL("1:1", "mail")},
    {PEOPLE_BEGIN
     "control { arm: \"mail\" address: \"m@x.org\" dn: \"uid=m,o=x\" }\n"
     "control { arm: \"uid\" address: \"u@x.org\" dn: \"uid=u,o=x\" }\n"
     "}\n" REALM "}\n" CHECK,
     ONE_CONTROL("1:1", "mail") "\n" ONE_CONTROL("1:1", "uid")},
    {"directory { name: \"people\" uri: \"ldap://localhost\" base: "
     "\"ou=a,o=x\" "
     "base: \"ou=b,o=x\" filter: \"(mail=%a)\"\n"
     "control { arm: \"mail\" address: \"m@x.org\" dn: \"uid=m,ou=a,o=x\" }\n"
     "control { arm: \"mail\" address: \"n@x.org\" dn: \"uid=n,ou=b,o=x\" }\n"
     "control { arm: \"mail\" address: \"p@x.org\" dn: \"uid=p,ou=b,o=x\" }\n"
     "}\n" REALM "}\n" CHECK,
     "1:1: directory \"people\": arm \"mail\" below ou=a,o=x has one control; "
     "an index that lacks the old entries, or a replica that lacks the young "
     "ones, may still show it, and then people who exist are rejected; add a "
     "second control { arm: \"mail\" ... }, so that one is an old account and "
     "one a young one"},
    // Directories and lists that can reject nobody.
    {PEOPLE_BEGIN "}\n" REALM "}\n" CHECK,
     "1:1: directory \"people\" will reject nobody: it has no control, and its "
     "filter has arm \"mail\"; add control { arm: \"mail\" address: ... dn: "
     "... }\n"
     "1:1: directory \"people\" will reject nobody: it has no control, and its "
     "filter has arm \"uid\"; add control { arm: \"uid\" address: ... dn: ... "
     "}"},
    {PEOPLE_BEGIN
     "control { arm: \"mail\" address: \"m@x.org\" dn: \"uid=m,o=x\" }\n"
     "}\n" REALM "}\n" CHECK,
     "1:1: directory \"people\" will reject nobody: no control covers arm "
     "\"uid\" of its filter; add control { arm: \"uid\" address: ... dn: ... "
     "}\n" ONE_CONTROL("1:1", "mail")},
    {"directory { name: \"people\" uri: \"ldap://localhost\" base: "
     "\"ou=a,o=x\" "
     "base: \"ou=b,o=x\" filter: \"(mail=%a)\"\n"
     "control { arm: \"mail\" address: \"m@x.org\" dn: \"uid=m,ou=b,o=x\" } "
     "control { arm: \"mail\" address: \"n@x.org\" dn: \"uid=n,ou=b,o=x\" }\n"
     "}\n" REALM "}\n" CHECK,
     "1:1: directory \"people\" will reject nobody: no control covers arm "
     "\"mail\" of its filter below ou=a,o=x; add control { arm: \"mail\" "
     "address: ... dn: ... }"},
    {PEOPLE_BEGIN CONTROLS "proxy: true }\n" REALM "}\n" CHECK,
     "4:1: directory \"people\" will reject nobody: what a proxy does not "
     "show "
     "is unknown; name the servers behind it"},
    // The name of an arm is never cut, because the operator will copy it.
    {"directory { name: \"people\" uri: \"ldap://localhost\" base: \"o=x\" "
     "filter: \"(&(mail=%a)(|(a=user)(b=\\\\2a" LONG ")))\"\n"
     "control { arm: \"mail(a=user)\" address: \"m@x.org\" dn: \"uid=m,o=x\" }"
     "control { arm: \"mail(a=user)\" address: \"n@x.org\" dn: \"uid=n,o=x\" }"
     "}\n" REALM "}\n" CHECK,
     "1:1: directory \"people\" will reject nobody: no control covers arm "
     "\"mail(b=\\\\2a" LONG ")\" of its filter; add control { arm: "
     "\"mail(b=\\\\2a" LONG ")\" address: ... dn: ... }"},
    {"",
     "1:1: the policy has no check, so everything passes; add check { "
     "recipient { } }"},
    {PEOPLE_BEGIN CONTROLS "}\n" REALM "}\n",
     "1:1: the policy has no check, so everything passes; add check { "
     "recipient { } }"},
    {CHECK,
     "1:1: the policy has no realm, so no domain is ours and every recipient "
     "passes; add realm { domain: ... directory: ... }"},
    {"check { domain { } }", ""},
    {"check { when_unsure: DEFER\n domain { shipped_list: false } }", ""},
    {"check { when_unsure: DEFER\n domain { shipped_list: false dns: false } "
     "}",
     "1:9: when_unsure says nothing here: set up like this the check domain "
     "always knows; remove it\n"
     "2:2: check domain has no list and no dns, so everything passes; write "
     "instant_reject_file, or remove shipped_list or dns"},
    {PEOPLE_BEGIN CONTROLS
     "}\nrealm { domain: \"a.org\" catch_all: true }\n" CHECK,
     "1:1: no realm uses directory \"people\"; name it in a realm, or remove "
     "it"},
    // Times.
    {"deadline: \"5s\"\n" CHECK REALM
     "catch_all: false }\n" PEOPLE_BEGIN CONTROLS "}",
     "1:1: deadline is 5s: sendmail gives a map with -d5s up after 5s; write, "
     "say, \"4s\""},
    {"deadline: \"2s\"\n" CHECK REALM "}\n" PEOPLE_BEGIN CONTROLS "}",
     "5:1: timeout is 3s and the policy's deadline 2s: no verdict waits so "
     "long; write less than the deadline"},
    {CHECK REALM "}\n" PEOPLE_BEGIN CONTROLS "timeout: \"5s\" }",
     "7:1: timeout is 5s and the policy's deadline 4s: no verdict waits so "
     "long; write less than the deadline"},
    {CHECK REALM "}\n" PEOPLE_BEGIN CONTROLS "cache { absent: \"1h\" } }",
     "7:9: absent is 1h: a new account is rejected for so long after its first "
     "mail; write, say, \"30s\""},
    // Directories.
    {CHECK REALM
     "}\n" PEOPLE_BEGIN CONTROLS
     "control { arm: \"uid\" address: \"v@x.org\" dn: \"UID=U,O=X\" } }",
     "7:41: this entry is a control of the same arm already, line 6; it proves "
     "nothing more"},
    {CHECK REALM
     "}\ndirectory {\n name: \"people\" base: \"o=x\" uri: "
     "\"ldap://ldap.example.org:636\" filter: \"(uid=%u)\"\n bind_dn: "
     "\"cn=a\" bind_password_file: \"/password\"\n control { arm: \"uid\" "
     "address: \"v@x.org\" dn: \"UID=U,O=X\" } control { arm: \"uid\" "
     "address: \"w@x.org\" dn: \"uid=w,o=x\" } }",
     "5:29: port 636 wants TLS from the start; write ldaps://\n"
     "6:18: the password goes to ldap://ldap.example.org:636 in clear text; "
     "write ldaps://, or tls { start_tls: true }"},
    {CHECK REALM "}\n" PEOPLE_BEGIN CONTROLS "tls { verify: false } }",
     "7:1: tls is used by no server; write ldaps:// in uri, or start_tls: "
     "true\n"
     "7:7: verify: false: whoever stands between us and the directory answers "
     "in its place, controls and all; give the ca_file instead"},
    // Realms.
    {PEOPLE_BEGIN CONTROLS
     "}\n" CHECK REALM " domain: \"*.org\"\n "
     "tag_delimiters: \"+.\"\n also_valid: \"/elsewhere\" }",
     "7:2: domain \"*.org\" is everybody's below a top-level domain; write the "
     "domains that are yours\n"
     "8:2: tag_delimiters has a dot in it: first.last is valid wherever first "
     "is\n"
     "9:2: also_valid \"/elsewhere\" says nothing of this realm's domains, "
     "only of others"},
    {CHECK "realm { catch_all: true domain: \"a.org\"\n also_valid: "
           "\"/etc/aliases\" }",
     "3:2: also_valid says nothing here: in a catch_all realm every address is "
     "valid"},
    {PEOPLE_BEGIN CONTROLS "}\n" REALM "}\ncheck { recipient {\n "
                           "exception_file: \"/elsewhere\" } }",
     "8:2: exception_file \"/elsewhere\" has addresses with a domain, which "
     "are passed over; list it as also_valid in their realm"},
    {PEOPLE_BEGIN CONTROLS "}\n" REALM "also_valid: \"/cut\" }\n"
                           "check { recipient {\n exception_file: \"/cut\" } }",
     "6:1: also_valid /cut:2: " CUT "\n8:2: exception_file /cut:2: " CUT},
    {PEOPLE_BEGIN CONTROLS "}\n" CHECK REALM
                           "}\nrealm { domain: \"a.org\" catch_all: true\n "
                           "signed: BATV }",
     "9:2: signed says nothing here: in a catch_all realm every address is "
     "valid"},
    {PEOPLE_BEGIN CONTROLS "}\n" CHECK REALM
                           "}\ncheck { domain {\n instant_reject_file: "
                           "\"/lists/cut\" } }",
     "9:2: instant_reject_file /lists/cut:2: the last line has no newline, so "
     "the file may be cut; the line does not count, since its rest may name "
     "another domain; check that the file is complete, and end it with a "
     "newline"},
    {CHECK "realm { catch_all: true domain: \"*.XN--I-7iq.ws\" }",
     "2:25: domain \"*.XN--I-7iq.ws\": IDNA2008 does not allow this A-label; "
     "it is taken byte for byte. Look whether it is spelled as it is "
     "registered"},
};

TEST(PolicyWarningsTest, SaysWhatWillNotDoWhatIsMeant) {
  for (const SaidCase& c : kWarnings) {
    EXPECT_EQ(WarningsOf(c.text), c.said) << c.text;
  }
}

}  // namespace
}  // namespace mailverdict
