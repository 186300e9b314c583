// The parts of a policy about DNS, DNS lists, and learned domains.

#include "lib/policy/loader/loader_testing.h"

namespace mailverdict {
namespace {

#define DOMAIN "check { domain { } }\n"
// One list, so that there are no other warnings.
#define LIST "list { zone: \"bl.example.org\" }\n"

TEST(PolicyDnsTest, FillsInHowDnsIsAsked) {
  const auto loaded = Load(R"policy(
      dns {
        server: "192.0.2.53:53" server: "[2001:db8::53]:5353"
        timeout: "100ms"
        control: "*.Control.example.org" control: "zero.example.org."
        absent_below: "NET" absent_below: "b\303\274cher.example"
        cache { present: "2h" absent: "0s" max_entries: 7 }
      }
      check { domain { } })policy");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const DnsPolicy& dns = loaded->policy.dns;
  EXPECT_EQ(dns.servers,
            (std::vector<std::string>{"192.0.2.53", "[2001:db8::53]:5353"}));
  EXPECT_EQ(dns.timeout, absl::Milliseconds(100));
  ASSERT_EQ(dns.controls.size(), 2u);
  EXPECT_EQ(dns.controls[0].name, "control.example.org");
  EXPECT_TRUE(dns.controls[0].wildcard);
  EXPECT_EQ(dns.controls[1].name, "zero.example.org");
  EXPECT_FALSE(dns.controls[1].wildcard);
  EXPECT_EQ(dns.absent_below,
            (std::vector<std::string>{"net", "xn--bcher-kva.example"}));
  EXPECT_EQ(dns.keep_present, absl::Hours(2));
  EXPECT_EQ(dns.keep_absent, absl::ZeroDuration());
  EXPECT_EQ(dns.max_cached, 7u);
}

TEST(PolicyDnsTest, FillsInLists) {
  const auto loaded = Load(R"policy(
      dns { control: "*.control.example.org" }
      check { dnsbl {
        list { zone: "Zen.example.org." weight: 3
          answer { within: "127.0.0.2" weight: 5 }
          answer { within: "127.0.1.0/24" } }
        list { zone: "dbl.example.org" ipv4: false ipv6: true domains: true }
        list { zone: "ok.example.org" weight: -1000 }
        threshold: 4
        budget: "500ms"
      } when_unsure: PASS })policy");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->warnings, std::vector<std::string>());
  const auto& check = std::get<DnsblCheckPolicy>(loaded->policy.checks[0]);
  EXPECT_FALSE(check.shadow);
  EXPECT_EQ(check.threshold, 4);
  EXPECT_EQ(check.budget, absl::Milliseconds(500));
  ASSERT_EQ(check.lists.size(), 3u);
  const DnsList& zen = check.lists[0];
  EXPECT_EQ(zen.zone, "zen.example.org");
  EXPECT_TRUE(zen.ipv4 && !zen.ipv6 && !zen.domains);
  EXPECT_EQ(zen.weight, 3);
  ASSERT_EQ(zen.answers.size(), 2u);
  EXPECT_TRUE(zen.answers[0].within.Contains(*mail::ParseIp("127.0.0.2")));
  EXPECT_FALSE(zen.answers[0].within.Contains(*mail::ParseIp("127.0.0.3")));
  EXPECT_EQ(zen.answers[0].weight, 5);
  EXPECT_EQ(zen.answers[1].weight, 3);  // the list's
  EXPECT_TRUE(!check.lists[1].ipv4 && check.lists[1].ipv6 &&
              check.lists[1].domains);
  EXPECT_EQ(check.lists[1].weight, 1);
  EXPECT_EQ(check.lists[2].weight, -1000);
}

TEST(PolicyDnsTest, FillsInWhatTheCheckDomainAsksAndLearns) {
  const auto check = [](const std::string& text) {
    const auto loaded = Load(text);
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return loaded.ok() ? std::get<DomainCheckPolicy>(loaded->policy.checks[0])
                       : DomainCheckPolicy();
  };
  using Learn = DomainCheckPolicy::Learn;
  const DomainCheckPolicy full = check(
      "check { domain { dns: true learn: ON learn_messages: 32 learn_over: "
      "\"120h\" } when_unsure: PASS }");
  EXPECT_TRUE(full.ask_dns);
  EXPECT_EQ(full.learn, Learn::kOn);
  EXPECT_EQ(full.learn_messages, 32);
  EXPECT_EQ(full.learn_over, absl::Hours(120));
  EXPECT_EQ(full.when_unsure, WhenUnsure::kPass);
  const DomainCheckPolicy none =
      check("check { domain { dns: false learn: OFF } }");
  EXPECT_FALSE(none.ask_dns);
  EXPECT_EQ(none.learn, Learn::kOff);
}

// The defaults of the structs are those of the policy file.
TEST(PolicyDnsTest, WhatIsLeftOutHasItsDefault) {
  const auto loaded = Load(
      "dns { cache { } } check { domain { } } check { dnsbl { " LIST " } }");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const DnsPolicy& dns = loaded->policy.dns;
  EXPECT_EQ(dns.servers, DnsPolicy().servers);
  EXPECT_EQ(dns.timeout, DnsPolicy().timeout);
  EXPECT_EQ(dns.absent_below, DnsPolicy().absent_below);
  EXPECT_EQ(dns.keep_present, DnsPolicy().keep_present);
  EXPECT_EQ(dns.keep_absent, DnsPolicy().keep_absent);
  EXPECT_EQ(dns.max_cached, DnsPolicy().max_cached);
  const auto& domain = std::get<DomainCheckPolicy>(loaded->policy.checks[0]);
  EXPECT_EQ(domain.when_unsure, DomainCheckPolicy().when_unsure);
  EXPECT_EQ(domain.ask_dns, DomainCheckPolicy().ask_dns);
  EXPECT_EQ(domain.learn, DomainCheckPolicy().learn);
  EXPECT_EQ(domain.learn_messages, DomainCheckPolicy().learn_messages);
  EXPECT_EQ(domain.learn_over, DomainCheckPolicy().learn_over);
  const auto& dnsbl = std::get<DnsblCheckPolicy>(loaded->policy.checks[1]);
  EXPECT_EQ(dnsbl.threshold, DnsblCheckPolicy().threshold);
  EXPECT_EQ(dnsbl.budget, DnsblCheckPolicy().budget);
  EXPECT_EQ(dnsbl.lists[0].ipv4, DnsList().ipv4);
  EXPECT_EQ(dnsbl.lists[0].ipv6, DnsList().ipv6);
  EXPECT_EQ(dnsbl.lists[0].domains, DnsList().domains);
  EXPECT_EQ(dnsbl.lists[0].weight, DnsList().weight);
  EXPECT_TRUE(dnsbl.lists[0].answers.empty());
}

constexpr SaidCase kDns[] = {
    {DOMAIN "dns {\n server: \"ns.example.org\"\n server: \"192.0.2.53:0\"\n "
            "server: \"[2001:db8::53\"\n server: \"192.0.2.53x\"\n}",
     "3:2: server \"ns.example.org\" is no DNS server: write its IP address; a "
     "name would have to be looked up by the server itself\n"
     "4:2: server \"192.0.2.53:0\" is no DNS server: its port is no number "
     "from 1 to 65535\n"
     "5:2: server \"[2001:db8::53\" is no DNS server: a bracket is not closed\n"
     "6:2: server \"192.0.2.53x\" is no DNS server: write its IP address; a "
     "name would have to be looked up by the server itself"},
    {DOMAIN "dns { server: \"127.0.0.1#5353\"\n server: \"127.0.0.1@5353\" }",
     "2:7: server \"127.0.0.1#5353\" is no DNS server: write its port behind a "
     "colon, as in 192.0.2.53:5353 or [2001:db8::53]:5353\n"
     "3:2: server \"127.0.0.1@5353\" is no DNS server: write its port behind a "
     "colon, as in 192.0.2.53:5353 or [2001:db8::53]:5353"},
    {DOMAIN "dns { server: \"192.0.2.53\"\n server: \"192.0.2.53:53\" }",
     "3:2: server \"192.0.2.53\" is there already, line 2"},
    {DOMAIN "dns { timeout: \"99ms\" }",
     "2:7: timeout is 99ms; write 100ms to 5s"},
    {DOMAIN "dns { timeout: \"5001ms\" }",
     "2:7: timeout is 5.001s; write 100ms to 5s"},
    {DOMAIN "dns { timeout: \"1\" }",
     "2:7: timeout \"1\" is no duration; write a number and a unit (ms, s, m, "
     "h), as in \"1s\""},
    {DOMAIN "dns { control: \"*.a..b\"\n control: \"[192.0.2.1]\"\n control: "
            "\"*\" }",
     "2:21: control \"*.a..b\" is no domain: here a label of the domain is "
     "missing\n"
     "3:2: control \"[192.0.2.1]\" is an address; write a name\n"
     "4:12: control \"*\" is no domain: here a label of the domain is missing"},
    {DOMAIN "dns { control: \"*.a.org\" control: \"a.org\"\n control: "
            "\"*.A.org.\" }",
     "3:2: control \"*.A.org.\" is there already, line 2"},
    {DOMAIN "dns { absent_below: \"a..b\"\n absent_below: \"[192.0.2.1]\"\n "
            "absent_below: \"org\" absent_below: \"ORG\" }",
     "2:24: absent_below \"a..b\" is no domain: here a label of the domain is "
     "missing\n"
     "3:2: absent_below \"[192.0.2.1]\" is an address; write a name\n"
     "4:22: absent_below \"ORG\" is there already, line 4"},
    {DOMAIN "dns { control: \"*.a.org\" control: \"b.org\"\n absent_below: "
            "\"b.org\" absent_below: \"a.org\" }",
     "3:24: absent_below \"a.org\" is below a wildcard by control, so every "
     "name is there; write another"},
    {DOMAIN "dns { cache { max_entries: 0\n present: \"x\"\n absent: \"-1s\" }"
            " }",
     "2:15: max_entries is 0; write present: \"0s\" absent: \"0s\" to keep no "
     "answers\n"
     "3:2: present \"x\" is no duration; write a number and a unit (ms, s, m, "
     "h), as in \"1h\"\n"
     "4:2: absent \"-1s\" is negative; write, say, \"5m\""},
};

constexpr SaidCase kDnsbl[] = {
    {"check { dnsbl { } }",
     "1:9: dnsbl has no list; write, say, list { zone: \"zen.example.org\" }"},
    {"check { dnsbl {\n list { } } }",
     "2:2: list has no zone; write, say, zone: \"zen.example.org\""},
    {"check { dnsbl {\n list { zone: \"a..b\" }\n list { zone: "
     "\"[192.0.2.1]\" } } }",
     "2:18: zone \"a..b\" is no domain: here a label of the domain is missing\n"
     "3:9: zone \"[192.0.2.1]\" is an address; write a name"},
    {"check { dnsbl { " LIST " } }\ncheck {\n dnsbl { " LIST " } }",
     "4:2: check dnsbl is there already, line 1"},
    {"check { dnsbl { " LIST " } when_unsure: DEFER }",
     "2:4: when_unsure: DEFER for dnsbl, which never stops mail when it does "
     "not know; write PASS, or remove it"},
    {"check { dnsbl { " LIST " list { zone: \"BL.example.org.\" } } }",
     "2:9: zone \"bl.example.org\" is there already, line 1"},
    {"check { dnsbl { " LIST " list { zone: \"a.bl.example.org\" }\n list { "
     "zone: \"org\" }\n list { zone: \"xbl.example.org\" } } }",
     "2:9: zone \"a.bl.example.org\" is below \"bl.example.org\", line 1: what "
     "is in the one would be in the other; keep one of them\n"
     "3:9: zone \"org\" is above \"bl.example.org\", line 1: what is in the "
     "one would be in the other; keep one of them\n"
     "3:9: zone \"org\" is above \"a.bl.example.org\", line 2: what is in the "
     "one would be in the other; keep one of them\n"
     "4:9: zone \"xbl.example.org\" is below \"org\", line 3: what is in the "
     "one would be in the other; keep one of them"},
    {"check { dnsbl { list { zone: \"a.org\"\n ipv4: false } } }",
     "2:2: nothing is looked up in this list; write ipv4, ipv6 or domains: "
     "true"},
    {"check { dnsbl { list { zone: \"a.org\"\n weight: 0 }\n list { zone: "
     "\"b.org\" weight: 1001 }\n list { zone: \"c.org\" weight: -1001 answer { "
     "within: \"127.0.0.2\" weight: 0 } } } }",
     "2:2: weight is 0; write 1 to 1000, or -1000 to -1 for an allow list\n"
     "3:23: weight is 1001; write 1 to 1000, or -1000 to -1 for an allow "
     "list\n"
     "4:23: weight is -1001; write 1 to 1000, or -1000 to -1 for an allow "
     "list\n"
     "4:66: weight is 0; write 1 to 1000, or -1000 to -1 for an allow list"},
    {"check { dnsbl { list { zone: \"a.org\"\n answer { }\n answer { within: "
     "\"127.0.0.1/8\" }\n answer { within: \"126.0.0.0/7\" }\n answer { "
     "within: \"listed\" }\n answer { within: \"127.255.255.254\" }\n answer { "
     "within: \"127.255.255.0/24\" }\n answer { within: \"127.0.0.2\" }\n "
     "answer { within: \"127.0.0.2\" } } } }",
     "2:2: answer has no within; write, say, within: \"127.0.0.2\"\n"
     "3:11: within \"127.0.0.1/8\" is no address or network within "
     "127.0.0.0/8; write, say, \"127.0.0.2\" or \"127.0.1.0/24\"\n"
     "4:11: within \"126.0.0.0/7\" is no address or network within "
     "127.0.0.0/8; write, say, \"127.0.0.2\" or \"127.0.1.0/24\"\n"
     "5:11: within \"listed\" is no address or network within 127.0.0.0/8; "
     "write, say, \"127.0.0.2\" or \"127.0.1.0/24\"\n"
     "6:11: within \"127.255.255.254\" is in 127.255.255.0/24, where lists put "
     "errors; write, say, \"127.0.0.2\" or \"127.0.1.0/24\"\n"
     "7:11: within \"127.255.255.0/24\" is in 127.255.255.0/24, where lists "
     "put "
     "errors; write, say, \"127.0.0.2\" or \"127.0.1.0/24\"\n"
     "9:11: within \"127.0.0.2\" is there already, line 8"},
    {"check { dnsbl { " LIST " threshold: 0 } }",
     "2:2: threshold is 0, so nobody need be listed to be rejected; write 1 or "
     "more"},
    {"check { dnsbl { " LIST " threshold: -1 } }",
     "2:2: threshold is -1, so nobody need be listed to be rejected; write 1 "
     "or more"},
    {"check { dnsbl { " LIST " budget: \"99ms\" } }",
     "2:2: budget is 99ms, under 100ms: no list could answer in time; write, "
     "say, \"1s\""},
    {"deadline: \"2s\" check { dnsbl { " LIST " budget: \"2s\" } }",
     "2:2: budget is 2s and the policy's deadline 2s: a slow list would leave "
     "the other checks no time; write less than the deadline"},
};

constexpr SaidCase kDomain[] = {
    {"check { domain { learn_messages: 0\n learn_over: \"5h59m\" } }",
     "1:18: learn_messages is 0; write 1 to 32\n"
     "2:2: learn_over is 5h59m; write 6h to 120h: in less a resolver's cache "
     "could outlive a fault, and after more senders have given up"},
    {"check { domain { learn_messages: 33\n learn_over: \"121h\" } }",
     "1:18: learn_messages is 33; write 1 to 32\n"
     "2:2: learn_over is 121h; write 6h to 120h: in less a resolver's cache "
     "could outlive a fault, and after more senders have given up"},
    {"check { domain { learn_over: \"1d\" } }",
     "1:18: learn_over \"1d\" is no duration; write a number and a unit (ms, "
     "s, m, h), as in \"24h\", and days as hours"},
};

constexpr SaidCase kWarnings[] = {
    {"dns { control: \"*.control.example.org\" }\ncheck { domain { learn: ON }"
     " when_unsure: DEFER }",
     ""},
    {"deadline: \"1s\" " DOMAIN "dns { timeout: \"2s\" }",
     "2:7: timeout is 2s and the policy's deadline 1s: no verdict waits so "
     "long; write less than the deadline"},
    {"check { domain { dns: false } }\n dns { }",
     "2:2: no check asks DNS; add check { domain { } } or check { dnsbl { ... "
     "} }, or remove dns"},
    {"check { domain { learn: ON } }",
     "1:18: learn: ON, and dns has no control: nothing is ever proven missing, "
     "and nothing learned; add dns { control: \"*.control.example.org\" }"},
    {"check { domain { dns: false learn: ON } }",
     "1:29: learn says nothing here: without dns nothing is missing; remove "
     "it"},
    {"check { dnsbl { " LIST " } }", ""},
    {"check { dnsbl { " LIST " threshold: 2 } }",
     "2:2: threshold is 2, and all lists together weigh 1: nobody is rejected; "
     "write 1 or less"},
    // The client and the sender's domain may both be listed.
    {"check { dnsbl { list { zone: \"a.org\" domains: true ipv6: true } "
     "threshold: 2 } }",
     ""},
    {"dns { control: \"a.org\" } check { dnsbl { list { zone: \"a.org\" "
     "weight: "
     "9 answer { within: \"127.0.0.2\" weight: 1 } answer { within: "
     "\"127.0.0.3\" weight: -5 } }\n threshold: 2 } }",
     "2:2: threshold is 2, and all lists together weigh 1: nobody is rejected; "
     "write 1 or less"},
    {"check { dnsbl { " LIST
     " list { zone: \"ok.example.org\" weight: -1 } } }",
     "2:2: list \"ok.example.org\" is an allow list, and dns has no control: "
     "that somebody is not on it is never proven, so it counts as if everybody "
     "were; add dns { control: \"*.control.example.org\" }"},
    {"dns { control: \"a.org\" } check { dnsbl {\n list { zone: "
     "\"ok.example.org\" weight: -1 } } }",
     "2:2: threshold is 1, and all lists together weigh 0: nobody is rejected; "
     "write a list with a weight above 0"},
};

template <size_t kSize>
void ExpectSaid(const SaidCase (&cases)[kSize],
                std::string (*said)(std::string_view)) {
  for (const SaidCase& c : cases) EXPECT_EQ(said(c.text), c.said) << c.text;
}

TEST(PolicyDnsTest, SaysWhatIsWrongWithDns) { ExpectSaid(kDns, ErrorsOf); }
TEST(PolicyDnsTest, SaysWhatIsWrongWithLists) { ExpectSaid(kDnsbl, ErrorsOf); }
TEST(PolicyDnsTest, SaysWhatIsWrongWithLearning) {
  ExpectSaid(kDomain, ErrorsOf);
}
TEST(PolicyDnsTest, SaysWhatWillNotDoWhatIsMeant) {
  ExpectSaid(kWarnings, WarningsOf);
}

TEST(PolicyDnsTest, ANameHasRoomForWhatIsAskedForBelowIt) {
  const std::string label(63, 'x');
  const std::string zone = label + "." + label + "." + label;  // 191 bytes
  const auto with = [&](const std::string& more, const std::string& rest) {
    return ErrorsOf("check { dnsbl { list { zone: \"" + more + zone + "\" " +
                    rest + " } } }");
  };
  EXPECT_EQ(with(std::string(29, 'y') + ".", ""), "");  // 221
  EXPECT_NE(with(std::string(30, 'y') + ".", ""), "");
  EXPECT_NE(with("", "ipv6: true"), "");
  const std::string said = with(std::string(30, 'y') + ".", "");
  EXPECT_EQ(said.substr(0, 15), "1:24: zone \"yyy");
  EXPECT_NE(said.find("\" has over 221 bytes, too many for what is asked for "
                      "below it; write a shorter name"),
            said.npos);
}

}  // namespace
}  // namespace mailverdict
