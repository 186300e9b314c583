#include "lib/checks/shipped_domains.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace mailverdict {
namespace {

std::vector<std::string> LinesOf(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path << ": install publicsuffix";
  std::ostringstream text;
  text << file.rdbuf();
  return absl::StrSplit(text.str(), '\n', absl::SkipEmpty());
}

std::string TopLevelOf(const std::string& domain) {
  return domain.substr(domain.rfind('.') + 1);
}

// Those of the root zone: the Public Suffix List has every one.
std::set<std::string> TopLevelDomains() {
  std::set<std::string> all;
  for (const std::string& line :
       LinesOf("/usr/share/publicsuffix/public_suffix_list.dat")) {
    if (absl::StrContains(line, "===END ICANN DOMAINS===")) break;
    if (!absl::StartsWith(line, "//")) all.insert(TopLevelOf(line));
  }
  EXPECT_TRUE(all.count("com") == 1 && all.count("museum") == 1);
  return all;
}

struct Entry {
  std::string domain;      // as it is written, without '!'
  std::string below;       // a name that it matches
  std::string suggestion;  // "" for none
  std::string why;
};

std::vector<Entry> Entries() {
  std::vector<Entry> entries;
  for (const std::string& line : LinesOf("lib/checks/shipped_domains.txt")) {
    if (line[0] == '#') continue;
    const std::vector<std::string> parts = absl::StrSplit(line, " # ");
    const std::vector<std::string> words =
        absl::StrSplit(parts[0], ' ', absl::SkipEmpty());
    const std::string domain(absl::StripPrefix(words[0], "!"));
    const bool wild = absl::StartsWith(domain, "*.");
    entries.push_back({domain, wild ? "any" + domain.substr(1) : domain,
                       words.size() == 3 ? words[2] : "",
                       parts.size() == 2 ? parts[1] : ""});
  }
  return entries;
}

TEST(ShippedDomainsTest, EachEntryIsReadAndSaysWhy) {
  const std::vector<Entry> entries = Entries();
  EXPECT_EQ(ShippedDomains().size(), entries.size());  // so none is twice
  for (const Entry& entry : entries) {
    EXPECT_FALSE(entry.why.empty()) << entry.domain;
    const auto found = ShippedDomains().Find(entry.below);
    ASSERT_TRUE(found.has_value()) << entry.domain;
    EXPECT_EQ(found->suggestion(), entry.suggestion);
    EXPECT_TRUE(absl::StrContains(found->ToString(),
                                  entry.domain + " in shipped list line "));
    EXPECT_TRUE(absl::EndsWith(found->ToString(), ", " + entry.why));
  }
}

TEST(ShippedDomainsTest, NobodyCanHaveRegisteredAnyOfThem) {
  const std::set<std::string> real = TopLevelDomains();
  for (const Entry& entry : Entries()) {
    if (real.count(TopLevelOf(entry.domain)) == 0) continue;
    EXPECT_TRUE(absl::StartsWith(entry.why, "RFC ")) << entry.domain;
  }
}

TEST(ShippedDomainsTest, WhatIsSuggestedIsReal) {
  const std::set<std::string> real = TopLevelDomains();
  for (const Entry& entry : Entries()) {
    if (entry.suggestion.empty()) continue;
    EXPECT_EQ(real.count(TopLevelOf(entry.suggestion)), 1u) << entry.domain;
    EXPECT_FALSE(ShippedDomains().Find(entry.suggestion).has_value());
  }
}

TEST(ShippedDomainsTest, RegisteredMisspellingsAreNotListed) {
  for (const char* domain :
       {"gmial.com", "hotmial.com", "yaho.com", "gmail.co", "hotmail.cm",
        "example.edu", "gmail.com", "onion.org", "fritz.box"}) {
    EXPECT_FALSE(ShippedDomains().Find(domain).has_value()) << domain;
  }
}

}  // namespace
}  // namespace mailverdict
