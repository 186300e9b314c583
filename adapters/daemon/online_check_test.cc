#include "adapters/daemon/online_check.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "lib/resolve/testing/slapd.h"

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

}  // namespace
}  // namespace mailverdict
