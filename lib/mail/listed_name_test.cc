#include "lib/mail/listed_name.h"

#include <gtest/gtest.h>

#include <string>

namespace mailverdict::mail {
namespace {

// Writes the result as "a@b c+*", "all of D", or "AT: what" for a fault.
std::string Said(std::string_view text) {
  ListedName name;
  if (std::optional<Fault> fault = ReadListedName(text, &name)) {
    return std::to_string(fault->at) + ": " + fault->what;
  }
  std::string said =
      name.catch_all_domain.empty() ? "" : "all of " + name.catch_all_domain;
  for (const Address& each : name.addresses) said += each.ToString() + " ";
  for (const NamePattern& each : name.patterns) said += each.ToString() + " ";
  return said;
}

TEST(ListedNameTest, AnEntryIsAMailboxAPatternOrADomain) {
  struct {
    const char* text;
    const char* said;
  } const cases[] = {
      {"Joe", "joe "},
      {"<Joe@Example.ORG>", "joe@example.org "},
      {"@Example.org", "all of example.org"},
      {"*@a", "all of a"},
      {"+*@a", "all of a"},
      {"++@a", "all of a"},
      {"joe+*", "joe joe+* "},
      {"joe+*@a", "joe@a joe+*@a "},
      {"joe++@a", "joe++@a joe@a joe+*@a "},
      {"c++", "c++ "},
      {"SRS0=*", "srs0=* "},
      {"SRS0+*", "srs0 srs0+* "},
      {"*-bounces@a", "*-bounces@a "},
      {"<list-*@a>", "list-*@a "},
      {"list-*+*", "list-* "},
      {"*+owner@a", "*+owner@a "},
      {"*.smith@a", "*.smith@a "},
      {"\"*\"@a", "*@a "},
      {"\"a*b\"", "a*b "},
      {"\"user+*\"@a", "user+*@a "},
  };
  for (const auto& c : cases) EXPECT_EQ(Said(c.text), c.said) << c.text;
}

TEST(ListedNameTest, AFaultIsAtItsByte) {
  struct {
    const char* text;
    const char* said;
  } const cases[] = {
      {"", "0: here a local part is missing"},
      {"<>", "0: <> is no mailbox"},
      {"<a*b@c>", "2: '*' may stand only once"},
      {"<^a@c>", "1: this character belongs to a pattern"},
      {"*", "0: this stands for names that are not written here"},
      {"+", "0: this stands for names"},
      {"++*", "0: this stands for names"},
      {"*a%+*@b", "2: this character belongs to a pattern"},
      {"@a@b", "2: this byte cannot stand in a domain"},
      {"x*", "1: a pattern needs at least 2 bytes beside the '*'"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Said(c.text).substr(0, std::string(c.said).size()), c.said)
        << c.text;
  }
  EXPECT_EQ(Said(std::string(64, 'a') + "*").substr(0, 4), "aaaa");
  EXPECT_EQ(Said(std::string(65, 'a') + "*"),
            "65: a pattern has at most 64 bytes beside the '*'");
}

}  // namespace
}  // namespace mailverdict::mail
