#include "lib/policy/policy.h"

#include <gtest/gtest.h>

#include "absl/strings/str_join.h"

namespace mailverdict {
namespace {

TEST(DomainPatternsTest, AnUnknownDomainIsInNoRealm) {
  DomainPatterns realms;
  EXPECT_EQ(realms.Find("example.org"), std::nullopt);
  ASSERT_TRUE(realms.Add("example.org", 0));
  EXPECT_EQ(realms.Find("example.net"), std::nullopt);
  EXPECT_EQ(realms.Find("org"), std::nullopt);
  EXPECT_EQ(realms.Find(""), std::nullopt);
}

TEST(DomainPatternsTest, AnExactNameIsOnlyThatName) {
  DomainPatterns realms;
  ASSERT_TRUE(realms.Add("example.org", 3));
  EXPECT_EQ(realms.Find("example.org"), 3u);
  EXPECT_EQ(realms.Find("mail.example.org"), std::nullopt);
  EXPECT_EQ(realms.Find("badexample.org"), std::nullopt);
}

TEST(DomainPatternsTest, AWildcardIsAllNamesBelowButNotItself) {
  DomainPatterns realms;
  ASSERT_TRUE(realms.Add("*.example.org", 1));
  EXPECT_EQ(realms.Find("example.org"), std::nullopt);
  EXPECT_EQ(realms.Find("mail.example.org"), 1u);
  EXPECT_EQ(realms.Find("a.b.c.example.org"), 1u);
  EXPECT_EQ(realms.Find("mail.badexample.org"), std::nullopt);
}

TEST(DomainPatternsTest, AnExactNameBeatsAWildcardWhicheverCameFirst) {
  DomainPatterns realms;
  ASSERT_TRUE(realms.Add("first.example.org", 1));
  ASSERT_TRUE(realms.Add("*.example.org", 2));
  ASSERT_TRUE(realms.Add("last.example.org", 3));
  EXPECT_EQ(realms.Find("first.example.org"), 1u);
  EXPECT_EQ(realms.Find("last.example.org"), 3u);
  EXPECT_EQ(realms.Find("other.example.org"), 2u);
  EXPECT_EQ(realms.Find("below.first.example.org"), 2u);
}

TEST(DomainPatternsTest, TheNearestWildcardWins) {
  DomainPatterns realms;
  ASSERT_TRUE(realms.Add("*.example.org", 1));
  ASSERT_TRUE(realms.Add("*.lab.example.org", 2));
  EXPECT_EQ(realms.Find("lab.example.org"), 1u);
  EXPECT_EQ(realms.Find("a.lab.example.org"), 2u);
  EXPECT_EQ(realms.Find("a.b.lab.example.org"), 2u);
  EXPECT_EQ(realms.Find("a.b.example.org"), 1u);
}

TEST(DomainPatternsTest, ANameIsAddedOnce) {
  DomainPatterns realms;
  EXPECT_TRUE(realms.Add("example.org", 1));
  EXPECT_FALSE(realms.Add("example.org", 2));
  EXPECT_TRUE(realms.Add("*.example.org", 3));
  EXPECT_FALSE(realms.Add("*.example.org", 3));
  EXPECT_EQ(realms.Find("example.org"), 1u);
}

TEST(DomainPatternsTest, AnAddressLiteralIsAName) {
  DomainPatterns realms;
  ASSERT_TRUE(realms.Add("[192.0.2.1]", 4));
  EXPECT_EQ(realms.Find("[192.0.2.1]"), 4u);
  EXPECT_EQ(realms.Find("[192.0.2.2]"), std::nullopt);
}

std::string Uncovered(const DirectoryPolicy& directory) {
  return absl::StrJoin(directory.UncoveredArms(), ", ",
                       [](std::string* out, const DirectoryPolicy::Arm& arm) {
                         out->append(arm.ToString());
                       });
}

TEST(DirectoryPolicyTest, NamesTheArmsThatNoControlCovers) {
  DirectoryPolicy directory;
  EXPECT_TRUE(directory.UncoveredArms().empty());
  directory.filter = *FilterTemplate::Parse("(|(mail=%a)(uid=%u)(cn=%u))");
  directory.controls = {{"uid", "c@example.org", "uid=c"}};
  EXPECT_EQ(Uncovered(directory), "mail, cn");
  directory.controls.push_back({"mail", "m@example.org", "uid=m"});
  directory.controls.push_back({"cn", "n@example.org", "uid=n"});
  EXPECT_EQ(Uncovered(directory), "");
}

TEST(DirectoryPolicyTest, EachSubtreeWantsControlsOfItsOwn) {
  DirectoryPolicy directory;
  directory.filter = *FilterTemplate::Parse("(|(mail=%a)(uid=%u))");
  directory.subtrees = {"ou=a", "ou=b"};
  directory.controls = {{"mail", "m@example.org", "uid=m,ou=a", "ou=a"},
                        {"uid", "u@example.org", "uid=u,ou=a", "ou=a"},
                        {"mail", "n@example.org", "uid=n,ou=b", "ou=b"}};
  EXPECT_EQ(Uncovered(directory), "uid below ou=b");
  directory.controls.push_back({"uid", "v@example.org", "uid=v,ou=b", "ou=b"});
  EXPECT_EQ(Uncovered(directory), "");
}

TEST(PolicyTest, FindsADirectoryByName) {
  Policy policy;
  policy.directories.resize(2);
  policy.directories[1].name = "people";
  EXPECT_EQ(policy.FindDirectory("people"), &policy.directories[1]);
  EXPECT_EQ(policy.FindDirectory("staff"), nullptr);
}

TEST(PolicyTest, PostmasterAndAbuseAreExceptionsFromTheStart) {
  const RecipientPolicy check;
  EXPECT_TRUE(check.exceptions.contains("postmaster"));
  EXPECT_TRUE(check.exceptions.contains("abuse"));
}

}  // namespace
}  // namespace mailverdict
