// The directories of a policy: values, and combinations that cannot work.

#include <string>

#include "lib/policy/loader/loader_testing.h"

namespace mailverdict {
namespace {

// The beginning of a good directory, on the first line; the tests add the other
// lines.
#define PEOPLE                                                           \
  "directory { name: \"people\" uri: \"ldap://ldap.example.org\" base: " \
  "\"ou=people,o=x\" filter: \"(|(mail=%a)(uid=%u))\"\n"
#define AD                                                           \
  "directory { name: \"ad\" uri: \"ldap://ldap.example.org\" base: " \
  "\"o=x\" filter: \"(&(mail=%a)(|(a=user\\\\2a)(a=group)))\"\n"
#define CONTROL(arm, address, dn) \
  "control { arm: \"" arm "\"\n address: \"" address "\"\n dn: \"" dn "\" }\n"

constexpr SaidCase kDirectory[] = {
    {"directory { }",
     "1:1: directory has no name, uri, base, filter; write, say, name: "
     "\"people\" uri: \"ldap://HOST\" base: \"ou=people,dc=example,dc=org\" "
     "filter: \"(mail=%a)\""},
    {"directory { name: \"a\" base: \"o=x\" }",
     "1:1: directory has no uri, filter; write, say, uri: \"ldap://HOST\" "
     "filter: \"(mail=%a)\""},
    {"directory { name: \"a:b\" base: \"o=x\" uri: \"ldap://h\" filter: "
     "\"(mail=%a)\" }",
     "1:13: name \"a:b\" is no name; write one word of letters, digits, '-', "
     "'_' and '.', as in \"people\""},
    {PEOPLE "}\n" PEOPLE "}",
     "3:13: directory \"people\" is there already, line 1"},
    {"directory {\n name: \"a\" base: \"o=x\" filter: \"(mail=%a)\"\n"
     " uri: \"ldap.example.org\" }",
     "3:2: uri \"ldap.example.org\" has no scheme; write ldap://HOST[:PORT]"},
    {"directory {\n name: \"a\" base: \"people\" filter: \"(mail=%a)\"\n"
     " uri: \"ldap://h\" }",
     "2:12: base \"people\" is no distinguished name; write one such as "
     "\"ou=people,dc=example,dc=org\""},
    // Several bases.
    {"directory {\n name: \"a\" filter: \"(mail=%a)\" uri: \"ldap://h\"\n"
     " base: \"ou=b,o=x\"\n base: \"ou=c,o=y\" }",
     "4:2: bases \"ou=b,o=x\" and \"ou=c,o=y\" have no common ancestor, so "
     "that "
     "one search cannot find what is in both, and two are of two moments; make "
     "them two directories, or, of a global catalog, write the one base "
     "\"\""},
    // The root of everything that a server has.
    {"directory {\n name: \"a\" filter: \"(mail=%a)\" uri: \"ldap://h\"\n"
     " base: \"\" control { arm: \"mail\" address: \"c@x\" dn: \"cn=c,o=x\" }\n"
     " control { arm: \"mail\" address: \"d@x\" dn: \"cn=d,dc=y,dc=z\" } }",
     ""},
    {"directory {\n name: \"a\" filter: \"(mail=%a)\" uri: \"ldap://h\"\n"
     " base: \"\"\n base: \"o=x\" }",
     "4:2: base \"o=x\" is in base \"\" already, line 3; leave it out"},
    {"directory {\n name: \"a\" filter: \"(mail=%a)\" uri: \"ldap://h\"\n"
     " base: \"\"\n base: \"\" }",
     "4:2: base \"\" is in base \"\" already, line 3; leave it out"},
    {"directory {\n name: \"a\" filter: \"(mail=%a)\" uri: \"ldap://h\"\n"
     " base: \"\" scope: BASE }",
     "3:11: scope is BASE, and base \"\" is the server's own entry, which is "
     "no "
     "mailbox; write scope: SUBTREE"},
    {"directory {\n name: \"a\" filter: \"(mail=%a)\" uri: \"ldap://h\"\n"
     " base: \"\" scope: ONE control { arm: \"mail\" address: \"c@x\" dn: "
     "\"cn=c,o=x\" } }",
     "3:59: \"cn=c,o=x\" is outside of base \"\" and scope ONE, so no search "
     "can "
     "find it; use an account within, and end its dn as base is written"},
    // How long a connection may be idle.
    {PEOPLE "probe_idle: \"0s\" }", ""},
    {PEOPLE "probe_idle: \"1s\" }", ""},
    {PEOPLE "probe_idle: \"1h\" }", ""},
    {PEOPLE "probe_idle: \"999ms\" }",
     "2:1: probe_idle is 999ms; write 1s to 1h, or \"0s\" to probe none"},
    {PEOPLE "probe_idle: \"61m\" }",
     "2:1: probe_idle is 1h1m; write 1s to 1h, or \"0s\" to probe none"},
    {PEOPLE "probe_idle: \"never\" }",
     "2:1: probe_idle \"never\" is no duration; write a number and a unit (ms, "
     "s, m, h), as in \"30s\""},
    {"directory {\n name: \"a\" filter: \"(mail=%a)\" uri: \"ldap://h\"\n"
     " base: \"ou=b,O=X\"\n base: \"o=x\" }",
     "3:2: base \"ou=b,O=X\" is in base \"o=x\" already, line 4; leave it out"},
    {"directory {\n name: \"a\" filter: \"(mail=%a)\" uri: \"ldap://h\"\n"
     " base: \"ou=b,o=x\"\n base: \"ou=B, o=x\" }",
     "4:2: base \"ou=B, o=x\" is in base \"ou=b,o=x\" already, line 3; leave "
     "it "
     "out"},
    {"directory {\n name: \"a\" filter: \"(mail=%a)\" uri: \"ldap://h\"\n"
     " base: \"ou=b,o=x\"\n base: \"ou=c,o=x\" scope: ONE }",
     "4:19: scope is ONE, and there are several bases; only SUBTREE searches "
     "several"},
    // The filter, to the byte.
    {"directory {\n name: \"a\" base: \"o=x\" uri: \"ldap://h\"\n"
     "  filter: \"(mail=%x)\" }",
     "3:18: filter: unknown placeholder; there are %a (address), %u (local "
     "part), %d (domain) and %% (a percent sign)"},
    {"directory {\n name: \"a\" base: \"o=x\" uri: \"ldap://h\"\n"
     "  filter:  # in parts\n    '(|(uid=\\x61\\\\zz)'\n    \"(mail=%a))\" }",
     "4:17: filter: '\\' wants two hexadecimal digits (RFC 4515)"},
    {"directory {\n name: \"a\" base: \"o=x\" uri: \"ldap://h\"\n"
     "  filter: \"(\\u006dail=%x)\" }",
     "3:3: filter, byte 7: unknown placeholder; there are %a (address), %u "
     "(local part), %d (domain) and %% (a percent sign)"},
    {"directory {\n name: \"a\" base: \"o=x\" uri: \"ldap://h\"\n"
     "  filter: \"(|(mail=%a)(userid=%u))\" }",
     "3:24: filter: entries come back with \"uid\" for \"userid\", which is "
     "its "
     "second name; write uid"},
    {"directory {\n name: \"a\" base: \"o=x\" uri: \"ldap://h\"\n"
     "  filter: \"(mail=%a\" }",
     "3:20: filter: expected ')'"},
    // Controls.
    {PEOPLE "control { }\n}",
     "2:1: control has no arm, address, dn; write, say, arm: \"mail\" address: "
     "\"canary@example.org\" dn: \"uid=canary,ou=people,dc=example,dc=org\""},
    {PEOPLE "control { arm: \"mail\" }\n}",
     "2:1: control has no address, dn; write, say, address: "
     "\"canary@example.org\" dn: \"uid=canary,ou=people,dc=example,dc=org\""},
    {PEOPLE CONTROL("cn", "c@x", "uid=c,ou=people,o=x") "}",
     "2:11: the filter has no arm \"cn\"; its arms are \"mail\", \"uid\""},
    {PEOPLE CONTROL("mail", "c@@x", "uid=c,ou=people,o=x") "}",
     "3:14: address \"c@@x\": here a label of the domain is missing"},
    {PEOPLE CONTROL("mail", "c", "uid=c,ou=people,o=x") "}",
     "3:2: address \"c\" has no domain; write it in full"},
    {PEOPLE CONTROL("mail", "<>", "uid=c,ou=people,o=x") "}",
     "3:2: address \"<>\" has no domain; write it in full"},
    {PEOPLE CONTROL("mail", "c@x", "canary") "}",
     "4:2: dn \"canary\" is no distinguished name; write one such as "
     "\"uid=canary,ou=people,dc=example,dc=org\""},
    {PEOPLE CONTROL("mail", "c@x", "uid=c,ou=staff,o=x") "}",
     "4:2: \"uid=c,ou=staff,o=x\" is outside of base \"ou=people,o=x\" and "
     "scope SUBTREE, so no search can find it; use an account within, and end "
     "its dn as base is written"},
    {PEOPLE
     "scope: ONE\n" CONTROL("mail", "c@x", "uid=c,ou=a,ou=people,o=x") "}",
     "5:2: \"uid=c,ou=a,ou=people,o=x\" is outside of base \"ou=people,o=x\" "
     "and scope ONE, so no search can find it; use an account within, and end "
     "its dn as base is written"},
    {PEOPLE "scope: BASE\n" CONTROL("mail", "c@x", "uid=c,ou=people,o=x") "}",
     "5:2: \"uid=c,ou=people,o=x\" is outside of base \"ou=people,o=x\" and "
     "scope BASE, so no search can find it; use an account within, and end its "
     "dn as base is written"},
    {PEOPLE CONTROL("mail", "c@x", "uid=c,ou=people,o=x")
         CONTROL("MAIL", "C@X", "uid=d,ou=people,o=x") "}",
     "6:2: a control found through \"mail\" by address \"c@x\" is there "
     "already, line 3"},
    {PEOPLE CONTROL("mail", "c@x", "uid=c,ou=people,o=x")
         CONTROL("uid", "c@x", "UID=C, ou=People,o=\\\\58") "}",
     "7:2: this entry is the control of arm \"mail\" already, line 4; it comes "
     "back once and proves one arm: use another account"},
    // Arms that differ in their fixed parts.
    {AD "control { arm: \"mail\"\n address: \"c@x\" dn: \"cn=c,o=x\" } }",
     "2:11: the filter has no arm \"mail\"; its arms are "
     "\"mail(a=user\\\\2a)\", "
     "\"mail(a=group)\""},
    {AD CONTROL("Mail(A=user\\\\2A)", "c@x", "cn=c,o=x")
         CONTROL("mail(a=group)", "d@x", "cn=d,o=x") "}",
     ""},
    {AD CONTROL("mail(a=user\\\\2a)", "c@x", "cn=c,o=x")
         CONTROL("mail(a=group)", "d@x", "cn=c,o=x") "}",
     "7:2: this entry is the control of arm \"mail(a=user\\\\2a)\" already, "
     "line "
     "4; it comes back once and proves one arm: use another account"},
    {AD CONTROL("mail(a=user\\\\2a)", "c@x", "cn=c,o=x")
         CONTROL("mail(a=group)", "c@x", "cn=d,o=x") "}",
     "6:2: a control found through \"mail\" by address \"c@x\" is there "
     "already, line 3"},
    // Binding.
    {PEOPLE "bind_dn: \"cn=a\" }",
     "2:1: bind_dn without bind_password_file; a bind without a password is "
     "anonymous (RFC 4513 5.1.2): write both or neither"},
    {PEOPLE "bind_password_file: \"/password\" }",
     "2:1: bind_password_file without bind_dn; write both or neither"},
    {PEOPLE "bind_dn: \"cn=a\"\n bind_password_file: \"password\" }",
     "3:2: bind_password_file \"password\" is no file's path from the root; "
     "write, say, \"/etc/mailverdict/password\""},
    {PEOPLE "bind_dn: \"cn=a\"\n bind_password_file: \"/none\" }",
     "3:2: bind_password_file \"/none\" cannot be read: no such file"},
    {PEOPLE "bind_dn: \"cn=a\"\n bind_password_file: \"/empty\" }",
     "3:2: the first line of \"/empty\" is empty; a bind without a password is "
     "anonymous (RFC 4513 5.1.2): write the password into it"},
    {PEOPLE "bind_dn: \"cn=a\"\n bind_password_file: \"/blank\" }",
     "3:2: the first line of \"/blank\" is empty; a bind without a password is "
     "anonymous (RFC 4513 5.1.2): write the password into it"},
    // Servers and TLS.
    {PEOPLE "uri: \"ldap://b\"\n uri: \"ldap://b\" }",
     "3:2: uri \"ldap://b\" is there already, line 2"},
    {PEOPLE "uri: \"ldap://b\"\n uri: \"LDAP://B:389\" }",
     "3:2: uri \"LDAP://B:389\" is there already, line 2"},
    {PEOPLE "tls { ca_file: \"ca\"\n certificate_file: \"/none\" } }",
     "2:1: tls has only one of certificate_file and key_file; write both or "
     "neither\n"
     "2:7: ca_file \"ca\" is no file's path from the root; write, say, "
     "\"/etc/ssl/certs/ca-certificates.crt\"\n"
     "3:2: certificate_file \"/none\" cannot be read: no such file"},
    {PEOPLE "hold { vanished: 0 }\n }", "2:8: vanished is 0; write 1 to 63"},
    {PEOPLE "tls { ca_file: \"/password\" } }",
     "2:7: ca_file \"/password\" is not PEM; convert it with openssl"},
    {PEOPLE "hedge_after: \"soon\" }",
     "2:1: hedge_after \"soon\" is no duration; write a number and a unit (ms, "
     "s, m, h), as in \"200ms\""},
    // The rest.
    {PEOPLE "timeout: \"0s\" }", "2:1: timeout is zero; write, say, \"3s\""},
    {PEOPLE "timeout: \"60s\" }", ""},
    {PEOPLE "timeout: \"60001ms\" }",
     "2:1: timeout is 1m0.001s, over 60s: no verdict waits so long; write less "
     "than the deadline, say, \"3s\""},
    {PEOPLE "timeout: \"3\" grace: \"3d\"\n cache { present: \"x\"\n absent: "
            "\"-1s\"\n max_entries: 0 } }",
     "2:1: timeout \"3\" is no duration; write a number and a unit (ms, s, m, "
     "h), as in \"3s\"\n"
     "2:14: grace \"3d\" is no duration; write a number and a unit (ms, s, m, "
     "h), as in \"72h\", and days as hours\n"
     "3:10: present \"x\" is no duration; write a number and a unit (ms, s, m, "
     "h), as in \"5m\"\n"
     "4:2: absent \"-1s\" is negative; write, say, \"30s\"\n"
     "5:2: max_entries is 0; write present: \"0s\" absent: \"0s\" to keep no "
     "answers"},
    {PEOPLE "ignored_reference: \"dc1.example.org\" }",
     "2:1: ignored_reference \"dc1.example.org\" is no LDAP URL; write it as "
     "the server does, as in "
     "\"ldap://dc1.example.org/CN=Configuration,DC=example,DC=org\""},
    {PEOPLE "ignored_reference: \"ldap://a/b\"\nignored_reference: "
            "\"ldap://a/b\" }",
     "3:1: ignored_reference \"ldap://a/b\" is there already, line 2"},
};

constexpr SaidCase kUri[] = {
    {"ldap.example.org", "has no scheme; write ldap://HOST[:PORT]"},
    {"ldap.example.org:389", "has no scheme; write ldap://HOST[:PORT]"},
    {"ldaps://ldap.example.org:",
     "has no port from 1 to 65535; write "
     "ldap://HOST:389"},
    {"https://ldap.example.org",
     "is no directory; write ldap://HOST[:PORT], ldaps://HOST[:PORT], or "
     "ldapi:// and a percent-encoded path"},
    {"ldap://a ldap://b", "is more than one server; write a uri for each"},
    {"ldap://a,ldap://b", "is more than one server; write a uri for each"},
    {"ldap://a, ldap://b/", "is more than one server; write a uri for each"},
    {"ldap://a/dc=example,dc=org",
     "goes on after the server; write ldap://HOST[:PORT], the rest has fields "
     "of its own (base, scope, filter)"},
    {"ldap://", "names no server; write ldap://HOST"},
    {"ldap:///",
     "goes on after the server; write ldap://HOST[:PORT], the rest has fields "
     "of its own (base, scope, filter)"},
    {"ldap://a/",
     "goes on after the server; write ldap://HOST[:PORT], the rest has fields "
     "of its own (base, scope, filter)"},
    {"ldap://a/o=x?mail",
     "goes on after the server; write ldap://HOST[:PORT], the rest has fields "
     "of its own (base, scope, filter)"},
    {"ldap://a:", "has no port from 1 to 65535; write ldap://HOST:389"},
    {"ldap://a:0", "has no port from 1 to 65535; write ldap://HOST:389"},
    {"ldap://a:65536", "has no port from 1 to 65535; write ldap://HOST:389"},
    {"ldap://a:ldap", "has no port from 1 to 65535; write ldap://HOST:389"},
    {"ldap://2001:db8::1",
     "has an IPv6 address without brackets; write ldap://[2001:db8::1]:389"},
    {"ldap://[2001:db8::1", "names no server; write ldap://HOST[:PORT]"},
    {"ldap://[]", "names no server; write ldap://HOST[:PORT]"},
    {"ldap://user@a", "names no server; write ldap://HOST[:PORT]"},
    {"ldapi://",
     "names no socket; write its path, as in ldapi://%2Frun%2Fslapd%2Fldapi"},
    {"ldapi:///",
     "names no socket; write its path, as in ldapi://%2Frun%2Fslapd%2Fldapi"},
    {"ldapi:///run/slapd/ldapi",
     "is not percent-encoded; write ldapi://%2Frun%2Fslapd%2Fldapi"},
    {"ldapi://run",
     "has no path from the root; write, say, ldapi://%2Frun%2Fslapd%2Fldapi"},
    {"ldapi://%2Frun%2",
     "has a % without two hexadecimal digits; '/' is written %2F"},
    {"ldapi://%2Frun%zz",
     "has a % without two hexadecimal digits; '/' is written %2F"},
};

constexpr SaidCase kDn[] = {
    {"people",
     "is no distinguished name; write one such as "
     "\"ou=people,dc=example,dc=org\""},
    {"ou=",
     "is no distinguished name; write one such as "
     "\"ou=people,dc=example,dc=org\""},
    {"=x",
     "is no distinguished name; write one such as "
     "\"ou=people,dc=example,dc=org\""},
    {"ou=x,",
     "is no distinguished name; write one such as "
     "\"ou=people,dc=example,dc=org\""},
    {"ou=x,,o=y",
     "is no distinguished name; write one such as "
     "\"ou=people,dc=example,dc=org\""},
    {"ou=x;o=y",
     "is no distinguished name; write one such as "
     "\"ou=people,dc=example,dc=org\""},
    {"ou=\\\\\\\\,o",
     "is no distinguished name; write one such as "
     "\"ou=people,dc=example,dc=org\""},
    {"ou=a\\\\",
     "is no distinguished name; write one such as "
     "\"ou=people,dc=example,dc=org\""},
    {"ou=a\\\\4",
     "is no distinguished name; write one such as "
     "\"ou=people,dc=example,dc=org\""},
    {"ou=\\\"a\\\"",
     "is no distinguished name; write one such as "
     "\"ou=people,dc=example,dc=org\""},
    {"o u=x",
     "is no distinguished name; write one such as "
     "\"ou=people,dc=example,dc=org\""},
    {"ou=a+",
     "is no distinguished name; write one such as "
     "\"ou=people,dc=example,dc=org\""},
};

// Names that Active Directory accepts beside distinguished names.
constexpr const char* kBindNames[] = {
    "cn=mailverdict,dc=example,dc=org",
    "CN=svc\\\\, mail,OU=Users,DC=ad,DC=example",
    "svc@ad.example",
    "svc.mail+gw@ad.example",
    "AD\\\\svc",
    "AD\\\\svc mail",
    "ad.example\\\\svc-mail_1",
    "M\xc3\x9cNCHEN\\\\j\xc3\xb6rg",
};
constexpr const char* kNoBindNames[] = {
    "svc",
    "svc@",
    "@ad.example",
    "first@second@ad.example",
    "\\\\svc",
    "AD\\\\",
    "AD\\\\a\\\\b",
    "AD\\\\a/b",
    "cn=svc@ad.example,",
    "cn=svc,,dc=ad",
    "svc@ad example",
    "AD x\\\\svc",
};

TEST(DirectoryMeaningTest, BindNamesOfEveryFormAreTaken) {
  const auto directory = [](const char* name) {
    return std::string("directory { name: \"a\" uri: \"ldaps://a\" base: ") +
           "\"o=x\" filter: \"(mail=%a)\" bind_password_file: "
           "\"/password\"\nbind_dn: \"" +
           name + "\" }";
  };
  for (const char* name : kBindNames) {
    EXPECT_EQ(ErrorsOf(directory(name)), "") << name;
  }
  for (const char* name : kNoBindNames) {
    EXPECT_NE(ErrorsOf(directory(name)).find("is no distinguished name"),
              std::string::npos)
        << name;
  }
  EXPECT_EQ(ErrorsOf(directory("svc")),
            "2:1: bind_dn \"svc\" is no distinguished name; write one such as "
            "\"cn=mailverdict,dc=example,dc=org\", or, for Active Directory, "
            "\"svc@ad.example\" or \"AD\\\\svc\"");
  const auto loaded = Load(directory("AD\\\\svc"));
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->policy.directories[0].bind_dn, "AD\\svc");
}

TEST(DirectoryMeaningTest, TheRootIsABase) {
  const auto loaded = Load(
      "directory { name: \"a\" uri: \"ldap://a\" base: \"\" filter: "
      "\"(mail=%a)\" }");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->policy.directories[0].base, "");
  EXPECT_TRUE(loaded->policy.directories[0].subtrees.empty());
}

TEST(DirectoryMeaningTest, OfDirectories) {
  for (const SaidCase& c : kDirectory) {
    EXPECT_EQ(ErrorsOf(c.text), c.said) << c.text;
  }
}

TEST(DirectoryMeaningTest, OfUris) {
  for (const SaidCase& c : kUri) {
    EXPECT_EQ(ErrorsOf(std::string("directory { name: \"a\" base: \"o=x\" "
                                   "filter: \"(mail=%a)\"\nuri: \"") +
                       c.text + "\" }"),
              std::string("2:1: uri \"") + c.text + "\" " + c.said);
  }
  EXPECT_EQ(ErrorsOf("directory { name: \"a\" base: \"o=x\" "
                     "filter: \"(mail=%a)\"\nuri: \"ldapi://%2F" +
                     std::string(107, 'a') + "\" }"),
            "2:1: uri \"ldapi://%2F" + std::string(69, 'a') +
                "...\" has a path of more than 107 bytes, the most that a "
                "socket can have");
}

TEST(DirectoryMeaningTest, OfDistinguishedNames) {
  for (const SaidCase& c : kDn) {
    EXPECT_EQ(ErrorsOf(std::string("directory { name: \"a\" uri: \"ldap://a\" "
                                   "filter: \"(mail=%a)\"\nbase: \"") +
                       c.text + "\" }"),
              std::string("2:1: base \"") + c.text + "\" " + c.said);
  }
}

}  // namespace
}  // namespace mailverdict
