// The syntax of a policy file: the errors of protobuf in our words.

#include <algorithm>
#include <string>

#include "lib/policy/loader/loader_testing.h"
#include "proto/policy.pb.h"

namespace mailverdict {
namespace {

#define POLICY_FIELDS                                                      \
  " (its fields: listener, user, log, max_connections, deadline, shadow, " \
  "local_network, history, max_list_loss_percent, directory, realm, dns, " \
  "check)"
#define DIRECTORY_FIELDS                                             \
  " (its fields: name, uri, base, scope, filter, control, bind_dn, " \
  "bind_password_file, timeout, ignored_reference, cache, grace, "   \
  "order, hedge_after, tls, hold, confirm_absent, proxy, probe_idle)"

constexpr SaidCase kForm[] = {
    // Names.
    {"shadw: true",
     "1:1: the policy has no field \"shadw\"; write shadow" POLICY_FIELDS},
    {"foo: 1\nshadow: true\n  bar { x: 2 }\nbaz: [1, 2]",
     "1:1: the policy has no field \"foo\"" POLICY_FIELDS "\n"
     "3:3: the policy has no field \"bar\"" POLICY_FIELDS "\n"
     "4:1: the policy has no field \"baz\"" POLICY_FIELDS},
    {"Shadow: true",
     "1:1: the policy has no field \"Shadow\"; write shadow" POLICY_FIELDS},
    {"max-connections: 3",
     "1:1: the policy has no field \"max\"" POLICY_FIELDS "\n"
     "1:4: a name has no '-' in it; write '_'"},
    {"directory {\n  urii: \"x\" filtr: \"y\"\n}",
     "2:3: directory has no field \"urii\"; write uri" DIRECTORY_FIELDS "\n"
     "2:13: directory has no field \"filtr\"; write filter" DIRECTORY_FIELDS},
    {"uri: \"ldap://x\"",
     "1:1: the policy has no field \"uri\"; write it within directory { "
     "}" POLICY_FIELDS},
    {"directory { name: \"a\"\nrealm { domain: \"b\" } }",
     "2:1: directory has no field \"realm\"; it belongs to the policy itself: "
     "is a '}' missing above?" DIRECTORY_FIELDS},
    {"check { recipient { exceptions: \"a\" } }",
     "1:21: recipient has no field \"exceptions\"; write exception (its "
     "fields: exception, exception_file)"},
    {"1: 2", "1:1: the policy has no field \"1\"" POLICY_FIELDS},
    {"[foo.bar]: 1",
     "1:9: unknown field \"[foo.bar]\"; a policy has no extensions"},
    // Enums.
    {"log: SYSLOGD",
     "1:6: log has no value \"SYSLOGD\"; write SYSLOG (its values: STDERR, "
     "SYSLOG)"},
    {"log: \"SYSLOG\"",
     "1:6: expected a word without quotes, found \"SYSLOG\""},
    {"log: 9", "1:6: log has no value \"9\"; write STDERR or SYSLOG"},
    {"directory { scope: children }",
     "1:20: scope has no value \"children\"; write BASE or ONE or SUBTREE"},
    {"check { recipient { } when_unsure: REJECT }",
     "1:36: when_unsure has no value \"REJECT\"; write PASS or DEFER"},
    // Given twice.
    {"log: STDERR\nlog: SYSLOG", "2:1: log is given twice; keep one"},
    {"directory {\n  filter: \"x\"\n  name: \"a\"\n  filter: \"y\" }",
     "4:3: filter is given twice; keep one"},
    {"check { recipient { } recipient { } }",
     "1:23: recipient is given twice; keep one"},
    // Values of the wrong kind; all of them are found.
    {"deadline: 4s",
     "1:11: letters after a number; a duration is written in double quotes, as "
     "in \"4s\""},
    {"deadline: 4",
     "1:11: expected text in double quotes, found 4; write \"4\""},
    {"user: root",
     "1:7: expected text in double quotes, found root; write \"root\""},
    {"user:", "1:6: expected text in double quotes, found the end of the file"},
    {"shadow: yes", "1:9: shadow is true or false, not yes"},
    {"shadow: 2", "1:9: 2 is out of range here"},
    {"max_connections: -1",
     "1:18: expected a whole number (0 or more), found -"},
    {"max_connections: 5000000000", "1:18: 5000000000 is out of range here"},
    {"max_connections: \"7\"",
     "1:18: expected a whole number (0 or more), found \"7\""},
    {"max_connections: 1.5",
     "1:18: expected a whole number (0 or more), found 1.5"},
    {"shadow: yes, log: FOO; deadline: 3\n\tuser: me\nrealm { domain: [\"a\", "
     "b] }\nfoo: 1\n\tshadow: true shadow: false",
     "1:9: shadow is true or false, not yes\n"
     "1:19: log has no value \"FOO\"; write STDERR or SYSLOG\n"
     "1:34: expected text in double quotes, found 3; write \"3\"\n"
     "2:8: expected text in double quotes, found me; write \"me\"\n"
     "3:23: expected text in double quotes, found b; write \"b\"\n"
     "4:1: the policy has no field \"foo\"" POLICY_FIELDS "\n"
     "5:15: shadow is given twice; keep one"},
    // Punctuation.
    {"shadow true", "1:8: expected ':', found true; write NAME: VALUE"},
    {"shadow = true", "1:8: expected ':', found '='; write NAME: VALUE"},
    {"directory: \"x\"",
     "1:12: expected '{', found \"x\"; write NAME { FIELDS }"},
    {"directory { name: \"x\"",
     "1:22: the file ends within a message; a '}' is missing"},
    {"directory { name: \"x\" ]", "1:23: expected a field's name, found ']'"},
    {"check { recipient {} }}", "1:23: this '}' closes nothing; remove it"},
    {"realm { domain: [\"a\" \"b\" }", "1:26: expected ',', found '}'"},
    {"// a comment",
     "1:1: expected a field's name, found '/'; a comment begins with #"},
    {"/* a comment */",
     "1:1: expected a field's name, found '/'; a comment begins with #"},
    // Text.
    {"user: \"mail", "1:7: this quote is not closed"},
    {"user: \"mail\nshadow: true",
     "1:7: this quote is not closed on its line; text over several lines is "
     "quoted line by line"},
    {"user: \"a\\qb\"",
     "1:10: unknown escape after '\\'; a backslash is written \\\\"},
    {"user: \"a\\xg\"",
     "1:11: \\x wants hexadecimal digits; a backslash is written \\\\"},
    {"user: \xE2\x80\x9Cmail\xE2\x80\x9D",
     "1:7: not ASCII; outside of text in double quotes (\", not typographic "
     "ones) only ASCII is allowed"},
    {"user: \x01", "1:7: a control character; remove it"},
    {"\xEF\xBB\xBFshadow: true",
     "1:1: begins with a byte order mark; save it without one"},
    {"postmaster: root\nabuse: postmaster\n",
     "1:1: the policy has no field \"postmaster\"" POLICY_FIELDS "\n"
     "2:1: the policy has no field \"abuse\"" POLICY_FIELDS},
    // Texts that are wrong in any field.
    {"user: \"\"\nrealm { domain: \"\" tag_delimiters: \"\" }",
     "1:1: user is empty; write a value, or leave it out\n"
     "2:9: domain is empty; write a value, or leave it out"},
    {"user: \" mail\"", "1:1: user begins or ends with a blank; remove it"},
    {"directory {\n  filter: \"(&\\n(a=b)(mail=%a))\"\n}",
     "2:3: filter has a control character in it, such as a tab or a line's "
     "end; remove it"},
    {"realm { domain: \"a\"\n domain: \"b\\tc\" }",
     "2:2: domain has a control character in it, such as a tab or a line's "
     "end; remove it"},
    {"realm { domain: [\"a\",\n \"b\\000c\"] }",
     "1:9: domain has a control character in it, such as a tab or a line's "
     "end; remove it"},
    {"directory { base: \"ou=\\344\" }",
     "1:13: base is not UTF-8; save the file as UTF-8"},
};

TEST(PolicyTextTest, SaysWhatIsWrongWithTheForm) {
  for (const SaidCase& c : kForm) EXPECT_EQ(ErrorsOf(c.text), c.said) << c.text;
}

TEST(PolicyTextTest, AMisspeltCheckIsToldAllThatItCouldBe) {
  std::string fields;
  const auto* check = proto::Check::descriptor();
  for (int i = 0; i < check->field_count(); ++i) {
    fields += (i == 0 ? "" : ", ") + check->field(i)->name();
  }
  EXPECT_EQ(ErrorsOf("check { recipent { } }"),
            "1:9: check has no field \"recipent\"; write recipient (its "
            "fields: " +
                fields + ")");
}

TEST(PolicyTextTest, ReadsWhatProtobufReads) {
  for (const char* text :
       {"", "# nothing\n", "shadow: true, log: SYSLOG;", "user: \"a\" 'b'",
        "check: { recipient: < > }", "max_connections: 0x10",
        "shadow: true\r\nlog: STDERR\r\n"}) {
    EXPECT_EQ(ErrorsOf(text), "") << text;
  }
  EXPECT_EQ(Load("deadline: \"1\" 's'")->policy.deadline, absl::Seconds(1));
}

TEST(PolicyTextTest, BoundsWhatItReads) {
  EXPECT_EQ(ErrorsOf(std::string((1 << 20) + 1, ' ')),
            "1:1: longer than a mebibyte; this is no policy file");
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "a { ";
  EXPECT_NE(ErrorsOf(deep).find("nested too deeply"), std::string::npos);
}

TEST(PolicyTextTest, SaysAtMostFiftyThings) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "foo: 1\n";
  const std::string errors = ErrorsOf(text);
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 50);
  EXPECT_EQ(errors.substr(errors.rfind('\n') + 1),
            "51:1: and 10 more from here on");
}

}  // namespace
}  // namespace mailverdict
