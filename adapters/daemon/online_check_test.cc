#include "adapters/daemon/online_check.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/dns/name_servers_testing.h"
#include "lib/ldap/slapd_testing.h"

namespace mailverdict {
namespace {

constexpr char kNobodyThere[] = "ldap://127.0.0.1:1";

class OnlineCheckTest : public testing::Test {
 protected:
  OnlineCheckTest() {
    slapd.Load("full", Slapd::Base() +
                           Slapd::Person("control", {"control@example.org"}));
    slapd.Start();
    DirectoryPolicy& people = policy.directories.emplace_back();
    people.name = "people";
    people.uris = {slapd.uri()};
    people.base = "dc=example,dc=org";
    people.filter = *FilterTemplate::Parse("(mail=%a)");
    people.controls = {{"mail", "control@example.org",
                        "uid=control,ou=people,dc=example,dc=org"}};
  }
  bool Check() {
    lines.clear();
    const bool good = CheckOnline(
        policy, [this](const std::string& line) { lines.push_back(line); });
    said = absl::StrJoin(lines, "\n");
    return good;
  }
  bool Said(const std::string& words) const {
    return said.find(words) != std::string::npos;
  }

  DirectoryPolicy& people() { return policy.directories[0]; }

  Slapd slapd;
  Policy policy;
  std::vector<std::string> lines;
  std::string said;
};

TEST_F(OnlineCheckTest, AServerThatProvesIsWell) {
  EXPECT_TRUE(Check()) << said;
  EXPECT_EQ(lines.size(), 1u) << said;
  EXPECT_TRUE(Said("is well: it shows control@example.org")) << said;
}

TEST_F(OnlineCheckTest, ASecondServerThatIsWantingIsTold) {
  people().uris.push_back(kNobodyThere);
  EXPECT_FALSE(Check());
  ASSERT_EQ(lines.size(), 3u) << said;
  EXPECT_TRUE(Said(std::string(kNobodyThere) + " FAILS: ")) << said;
  EXPECT_TRUE(Said("a rejection wants two servers")) << said;
  people().confirm_absent = false;
  EXPECT_FALSE(Check());
  EXPECT_EQ(lines.size(), 2u) << said;
}

TEST_F(OnlineCheckTest, ItsLinesAreEscaped) {
  people().name = "peo\nple\x1b[2J";
  Check();
  EXPECT_TRUE(Said("directory peo\\x0aple\\x1b[2J, ")) << said;
  EXPECT_FALSE(Said("\x1b")) << said;
}

TEST_F(OnlineCheckTest, ABaseThatNoControlCoversIsNamed) {
  people().subtrees = {"ou=people,dc=example,dc=org", "ou=b,dc=example,dc=org"};
  people().controls[0].subtree = people().subtrees[0];
  EXPECT_FALSE(Check());
  EXPECT_TRUE(Said("the arm mail below ou=b,dc=example,dc=org has no control"))
      << said;
}

TEST_F(OnlineCheckTest, AProxyProvesNothing) {
  people().proxy = true;
  EXPECT_FALSE(Check());
  EXPECT_TRUE(Said("FAILS: it was asked through a proxy")) << said;
}

// It would count toward the account's lock at each server.
TEST_F(OnlineCheckTest, AWrongPasswordIsTriedOnceForAllServers) {
  people().uris.push_back(slapd.unix_uri());
  people().bind_dn = "uid=control,ou=people,dc=example,dc=org";
  people().bind_password_file = slapd.directory() + "/password";
  std::ofstream(people().bind_password_file) << "old\n";
  EXPECT_FALSE(Check());
  EXPECT_EQ(slapd.Logged("method=128"), 1);
  EXPECT_TRUE(Said("wrong password, or the account is locked")) << said;
  EXPECT_TRUE(Said("refused the same account")) << said;
}

TEST_F(OnlineCheckTest, ARootThatTheServerDoesNotSearchFromIsExplained) {
  people().base = "";
  EXPECT_FALSE(Check());
  EXPECT_TRUE(
      Said("; base is \"\", which only a global "
           "catalog"))
      << said;
}

class OnlineDnsCheckTest : public testing::Test {
 protected:
  OnlineDnsCheckTest() {
    authority.Start({{"example.org", Nsd::Zone() + "*.wild A 192.0.2.7\n"},
                     {"com", Nsd::Zone()},
                     {"good.example", Nsd::Zone() + "2.0.0.127 A 127.0.0.2\n"},
                     {"dead.example", ""}});
    policy.checks = {DomainCheckPolicy(), DnsblCheckPolicy()};
    policy.dns.servers = {authority.server().ToString()};
    policy.dns.timeout = absl::Seconds(5);  // a busy machine fails no test
    policy.dns.controls = {{"wild.example.org", true}};
    AddList("good.example");
  }
  void AddList(const std::string& zone) {
    std::get<DnsblCheckPolicy>(policy.checks[1]).lists.emplace_back().zone =
        zone;
  }
  bool Check() {
    said.clear();
    return CheckOnline(policy, [this](const std::string& line) {
      absl::StrAppend(&said, line, "\n");
    });
  }
  bool Said(const std::string& words) const {
    return said.find(words) != std::string::npos;
  }
  std::string at() const { return policy.dns.servers[0]; }

  Nsd authority;
  Policy policy;
  std::string said;
};

TEST_F(OnlineDnsCheckTest, ServersAndListsThatAreWellSaySo) {
  EXPECT_TRUE(Check()) << said;
  EXPECT_TRUE(Said("dns, " + at() + " is well: mv")) << said;
  EXPECT_TRUE(Said(".wild.example.org A, no mv")) << said;
  EXPECT_TRUE(Said("list good.example, " + at() +
                   " is well: 2.0.0.127.good.example A, no 1.0.0.127."))
      << said;
}

TEST_F(OnlineDnsCheckTest, EachThatFailsIsNamed) {
  AddList("dead.example");
  policy.dns.servers.push_back("127.0.0.1:1");
  EXPECT_FALSE(Check());
  EXPECT_TRUE(Said("dns, " + at() + " is well")) << said;
  EXPECT_TRUE(Said("dns, 127.0.0.1:1 FAILS: control mv")) << said;
  EXPECT_TRUE(Said("list good.example, " + at() + " is well")) << said;
  EXPECT_TRUE(Said("list dead.example, " + at() +
                   " FAILS: control 2.0.0.127.dead.example A is unknown"))
      << said;
}

TEST_F(OnlineDnsCheckTest, WithoutAPositiveControlItSaysWhatThatMeans) {
  policy.dns.controls.clear();
  EXPECT_TRUE(Check()) << said;
  EXPECT_TRUE(Said("no domain is ever proven not to exist")) << said;
  EXPECT_TRUE(Said("451 and nothing more")) << said;
}

TEST_F(OnlineDnsCheckTest, WhatIsNotAskedIsNotChecked) {
  policy.checks.erase(policy.checks.begin());  // only lists are asked
  EXPECT_TRUE(Check()) << said;
  EXPECT_FALSE(Said("dns")) << said;
  policy.checks.clear();
  EXPECT_TRUE(Check());
  EXPECT_EQ(said, "");
}

TEST_F(OnlineDnsCheckTest, AServerThatIsNoAddressIsTold) {
  policy.dns.servers = {"ns.example.org"};
  EXPECT_FALSE(Check());
  EXPECT_TRUE(Said("write its IP address")) << said;
}

}  // namespace
}  // namespace mailverdict
