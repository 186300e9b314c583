#include "lib/ldap/matching.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mailverdict {
namespace {

TEST(Compare, IsSureOfAsciiAndOfNothingElse) {
  struct Case {
    const char* shown;
    const char* wanted;
    Match match;
  };
  for (const Case& each : std::vector<Case>{
           {"Ann@Example.org", "ann@example.ORG", Match::kYes},
           {" a   b ", "a b", Match::kYes},
           {"ann@example.org", "anna@example.org", Match::kNo},
           {"", "a", Match::kNo},
           {"j\xc3\xb6rg@x", "j\xc3\xb6rg@x", Match::kYes},
           {"jorg@x", "j\xc3\xb6rg@x", Match::kPerhaps},
           {"jo\xcc\x88rg@x", "j\xc3\xb6rg@x", Match::kPerhaps},
           {"j\xc3\xb6rg@x", "j\xc3\xb6rg@y", Match::kNo},
       }) {
    EXPECT_EQ(Compare(Folded(each.shown), Folded(each.wanted)), each.match)
        << each.shown << " and " << each.wanted;
  }
}

TEST(ComparableDn, IsEqualForNamesThatDifferInFormOnly) {
  const std::vector<std::vector<std::string>> equal = {
      {"uid=joe,dc=example,dc=org", "UID=Joe,DC=Example,DC=ORG",
       "uid = joe , dc = example,dc=org ", "uid=joe;dc=example;dc=org",
       "uid=\\6a\\6Fe,dc=example,dc=org"},
      {"cn=Doe\\, John,dc=x", "cn=Doe\\2c John,dc=x", "cn=doe\\2C  john,dc=x",
       "cn=\"Doe, John\",dc=x"},
      {"cn=J\xc3\xb6rg,dc=x", "cn=J\\c3\\b6rg,dc=x", "cn=j\\C3\\B6rg,dc=x"},
      {"mail=Joe.Smith-2_x@Example.org,ou=People,dc=x",
       "mail=joe\\2esmith-2_x@example.org , ou = people,dc=x"},
      {"uid=a+cn=b,dc=x", "cn=b+uid=a,dc=x", "CN=B + UID=A, dc=x"},
  };
  for (const auto& names : equal) {
    for (const std::string& name : names) {
      EXPECT_EQ(ComparableDn(name), ComparableDn(names[0])) << name;
      EXPECT_NE(ComparableDn(name), "") << name;
    }
  }
}

TEST(ComparableDn, DiffersForOtherNames) {
  const std::vector<std::string> names = {
      "uid=joe,dc=x",     "uid=joe\\,dc=x", "uid=joe+dc=x",
      "uid=joe\\+dc\\=x", "cn=joe,dc=x",    "uid=joe,dc=x,dc=y",
      "dc=x,uid=joe",     "uid=jo e,dc=x",  "uid=joe,dc=x\\00",
      "uid=#6a6f65,dc=x"};
  for (size_t i = 0; i < names.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      EXPECT_NE(ComparableDn(names[i]), ComparableDn(names[j]))
          << names[i] << " and " << names[j];
    }
  }
}

TEST(ComparableDn, IsEmptyForWhatIsNoName) {
  for (const std::string& text :
       {std::string(""), std::string("joe"), std::string("uid=joe,"),
        std::string("uid=joe,dc"), std::string("=joe"),
        std::string("uid=joe\0,dc=x", 13), std::string("uid=jo\\e,dc=x")}) {
    EXPECT_EQ(ComparableDn(text), "") << text;
  }
}

}  // namespace
}  // namespace mailverdict
