#include "lib/ldap/attribution.h"

#include <gtest/gtest.h>

#include "lib/core/vouch.h"

namespace mailverdict {
namespace {

using Attributes =
    std::vector<std::pair<std::string, std::vector<std::string>>>;

DirectoryPolicy TestPolicy() {
  DirectoryPolicy policy;
  policy.name = "people";
  policy.filter =
      *FilterTemplate::Parse("(|(mail=%a)(alt=%a)(&(uid=%u)(domain=%d)))");
  policy.controls = {{"mail", "c1@example.org", "uid=c1,dc=x"},
                     {"alt", "c2@example.org", "uid=c2,dc=x"},
                     {"uid+domain", "c3@example.org", "uid=c3,dc=x"}};
  return policy;
}

MailboxLookup About(const std::string& address) {
  return {"people", {address}, ""};
}

SearchResult::Entry Entry(const std::string& uid, Attributes attributes) {
  return {"uid=" + uid + ",dc=x", std::move(attributes)};
}

const SearchResult::Entry kC1 = Entry("c1", {{"mail", {"c1@example.org"}}});
const SearchResult::Entry kC2 = Entry("c2", {{"alt", {"c2@example.org"}}});
const SearchResult::Entry kC3 =
    Entry("c3", {{"uid", {"c3"}}, {"domain", {"example.org"}}});
const SearchResult::Entry kJoe =
    Entry("joe", {{"mail", {"joe@example.org"}}, {"alt", {"j@example.org"}}});

class AttributionTest : public testing::Test {
 protected:
  // Divides the result `entries` of one search for `addresses` and the
  // controls.
  Attribution Search(const std::vector<std::string>& addresses,
                     std::vector<SearchResult::Entry> entries) {
    result.entries = std::move(entries);
    result.origin = {"ldap://test", 1, 7, absl::UnixEpoch(),
                     absl::UnixEpoch() + absl::Milliseconds(1)};
    std::vector<MailboxLookup> lookups;
    for (const std::string& address : addresses) {
      lookups.push_back(About(address));
    }
    const MailboxLookup first = lookups.empty() ? About("") : lookups.front();
    return AssignEntries(policy, lookups, ControlsFor(policy, first), result);
  }
  // Like Search, for one address. Returns the answer in a word.
  std::string One(const std::string& address,
                  std::vector<SearchResult::Entry> entries) {
    return Word(Search({address}, std::move(entries)).answers.at(0));
  }
  static std::string Word(const std::optional<Answer>& answer) {
    if (!answer.has_value()) return "again";
    if (answer->present()) return "present";
    if (answer->unknown()) return "unknown";
    return answer->proven() ? "vouched" : "absent";
  }
  static std::vector<std::string> Words(const Attribution& attribution) {
    std::vector<std::string> words;
    for (const auto& answer : attribution.answers)
      words.push_back(Word(answer));
    return words;
  }
  using Want = std::vector<std::string>;

  DirectoryPolicy policy = TestPolicy();
  SearchResult result;
};

TEST_F(AttributionTest, AnEntryIsWhoseValuesItHolds) {
  EXPECT_EQ(One("joe@example.org", {kC1, kC2, kC3, kJoe}), "present");
  EXPECT_EQ(One("j@example.org", {kC1, kC2, kC3, kJoe}), "present");
  EXPECT_EQ(Search({"joe@example.org"}, {kJoe}).answers[0]->values(),
            (Want{"uid=joe,dc=x", "joe@example.org"}));
}

TEST_F(AttributionTest, AMissWithAllControlsIsVouchedFor) {
  const Attribution a = Search({"no@example.org"}, {kC1, kC2, kC3});
  EXPECT_EQ(Words(a), Want{"vouched"});
  EXPECT_EQ(a.trouble, "");
}

TEST_F(AttributionTest, AHitNeedsNoControl) {
  EXPECT_EQ(One("joe@example.org", {kJoe}), "present");
}

TEST_F(AttributionTest, AMissWithoutAnyOfTheControlsIsUnknown) {
  const std::vector<std::vector<SearchResult::Entry>> all = {
      {}, {kC1, kC2}, {kC1, kC3}, {kC2, kC3}};
  for (const auto& entries : all) {
    const Attribution a = Search({"no@example.org"}, entries);
    EXPECT_EQ(Words(a), Want{"unknown"});
    EXPECT_NE(a.trouble.find("is missing"), std::string::npos) << a.trouble;
  }
}

TEST_F(AttributionTest, AControlThatDoesNotShowItsValueIsNone) {
  for (Attributes shown : std::vector<Attributes>{
           {}, {{"mail", {}}}, {{"alt", {"c1@example.org"}}}}) {
    const Attribution a =
        Search({"no@example.org"}, {Entry("c1", shown), kC2, kC3});
    EXPECT_EQ(Words(a), Want{"unknown"});
    EXPECT_NE(a.trouble.find("does not show mail"), std::string::npos)
        << a.trouble;
    EXPECT_NE(a.trouble.find("\"rfc822Mailbox\" is \"mail\""),
              std::string::npos)
        << a.trouble;
  }
}

TEST_F(AttributionTest, AControlUnderAnotherDnIsNone) {
  const Attribution a =
      Search({"no@example.org"},
             {Entry("moved", {{"mail", {"c1@example.org"}}}), kC2, kC3});
  EXPECT_EQ(Words(a), Want{"unknown"});
  EXPECT_NE(a.trouble.find("uid=moved,dc=x"), std::string::npos) << a.trouble;
}

TEST_F(AttributionTest, ASecondEntryWithTheControlsAddressHarmsNothing) {
  const auto second = Entry("second", {{"mail", {"c1@example.org"}}});
  EXPECT_EQ(One("no@example.org", {second, kC1, kC2, kC3}), "vouched");
  EXPECT_EQ(One("no@example.org", {kC1, second, kC2, kC3}), "vouched");
}

TEST_F(AttributionTest, ADnThatCannotBeReadIsNoControl) {
  policy.controls[0].dn = "nonsense";
  auto strange = kC1;
  strange.dn = "nonsense";
  EXPECT_EQ(One("no@example.org", {strange, kC2, kC3}), "unknown");
}

TEST_F(AttributionTest, AnotherAddressOfAControlsAccountIsAHit) {
  const auto c1 = Entry("c1", {{"mail", {"c1@example.org", "a@example.org"}},
                               {"alt", {"b@example.org"}}});
  EXPECT_EQ(One("a@example.org", {c1, kC2, kC3}), "present");
  EXPECT_EQ(One("b@example.org", {c1, kC2, kC3}), "present");
  EXPECT_EQ(One("no@example.org", {c1, kC2, kC3}), "vouched");
}

TEST_F(AttributionTest, AnUnclaimedEntryIsAHitForOneAndAQuestionForMany) {
  const auto strange = Entry("strange", {{"cn", {"x"}}});
  EXPECT_EQ(One("no@example.org", {kC1, kC2, kC3, strange}), "present");
  EXPECT_EQ(Words(Search({"no@example.org", "joe@example.org", "x@example.org"},
                         {kC1, kC2, kC3, kJoe, strange})),
            (Want{"again", "present", "again"}));
}

TEST_F(AttributionTest, ManyHitsAreToldApart) {
  const auto jane = Entry("jane", {{"mail", {"jane@example.org"}}});
  const Attribution a =
      Search({"jane@example.org", "joe@example.org", "j@example.org"},
             {kC1, kC2, kC3, kJoe, jane});
  EXPECT_EQ(Words(a), (Want{"present", "present", "present"}));
  EXPECT_EQ(a.answers[0]->values(),
            (Want{"uid=jane,dc=x", "jane@example.org"}));
  EXPECT_EQ(a.answers[2]->values(), (Want{"uid=joe,dc=x", "j@example.org"}));
}

TEST_F(AttributionTest, ManyMissesAreBelievedWhenOnlyControlsCameBack) {
  const Attribution a =
      Search({"no@example.org", "nobody@example.org"}, {kC1, kC2, kC3});
  EXPECT_EQ(Words(a), (Want{"vouched", "vouched"}));
  EXPECT_EQ(a.trouble, "");
}

// The result does not show which lookup found the entry. Asking for the miss
// again does.
TEST_F(AttributionTest, AMissBesideAHitIsAskedAgain) {
  const Attribution a =
      Search({"no@example.org", "joe@example.org"}, {kC1, kC2, kC3, kJoe});
  EXPECT_EQ(Words(a), (Want{"again", "present"}));
  EXPECT_EQ(a.trouble, "");
}

// The arm mail does not work, and c1 was found by the lookup of info@.
TEST_F(AttributionTest, AControlThatAnothersQuestionFoundIsNoWitness) {
  const auto c1 = Entry(
      "c1", {{"mail", {"c1@example.org"}}, {"alt", {"info@example.org"}}});
  const Attribution a =
      Search({"info@example.org", "joe@example.org"}, {c1, kC2, kC3});
  EXPECT_EQ(Words(a), (Want{"present", "again"}));
  EXPECT_EQ(a.trouble, "");
  EXPECT_EQ(One("joe@example.org", {kC2, kC3}), "unknown");
}

TEST_F(AttributionTest, AnAccountAskedForTwiceIsNotHiddenByItself) {
  // The entry shows only one of the values. The other may be searchable but not
  // readable, or equal by a rule such as the one for telephone numbers.
  const auto joe = Entry("joe", {{"mail", {"joe@example.org"}}});
  EXPECT_EQ(
      Words(Search({"joe@example.org", "j@example.org"}, {kC1, kC2, kC3, joe})),
      (Want{"present", "again"}));
  EXPECT_EQ(One("j@example.org", {kC1, kC2, kC3, joe}), "present");
}

TEST_F(AttributionTest, WhatARangeLeavesOutMayBeAnybodys) {
  const auto joe = Entry("joe", {{"alt", {"joe@example.org"}},
                                 {"mail;range=0-0", {"x@example.org"}}});
  EXPECT_EQ(
      Words(Search({"j@example.org", "joe@example.org"}, {kC1, kC2, kC3, joe})),
      (Want{"again", "present"}));
  EXPECT_EQ(One("j@example.org", {kC1, kC2, kC3, joe}), "present");
  // This holds even if the entry also has the address of a control.
  const auto second = Entry("second", {{"mail", {"c1@example.org"}},
                                       {"alt;range=0-0", {"x@example.org"}}});
  EXPECT_EQ(One("j@example.org", {kC1, kC2, kC3, second}), "present");
}

TEST_F(AttributionTest, AControlOfWhichARangeIsShownIsNone) {
  for (const Attributes& shown : std::vector<Attributes>{
           {{"mail;range=0-1499", {"c1@example.org"}}},
           {{"mail", {"c1@example.org"}}, {"alt;range=0-1", {"x", "y"}}}}) {
    const Attribution a =
        Search({"no@example.org"}, {Entry("c1", shown), kC2, kC3});
    EXPECT_EQ(Words(a), Want{"unknown"});
    EXPECT_NE(a.trouble.find("c1@example.org (mail)"), std::string::npos)
        << a.trouble;
  }
}

TEST_F(AttributionTest, AControlThatAnswersAnothersQuestionIsNone) {
  const auto c1 =
      Entry("c1", {{"mail", {"c1@example.org"}}, {"alt", {"c2@example.org"}}});
  const Attribution a = Search({"no@example.org"}, {c1, kC2, kC3});
  EXPECT_EQ(Words(a), Want{"unknown"});
  for (const char* part : {"c1@example.org (mail)", "c2@example.org (alt)",
                           "accounts that share no value"}) {
    EXPECT_NE(a.trouble.find(part), std::string::npos) << a.trouble;
  }
}

TEST_F(AttributionTest, TwoControlsOfOneArmMayShareAnAccount) {
  policy.controls.push_back({"mail", "c4@example.org", "uid=c1,dc=x"});
  const auto c1 = Entry("c1", {{"mail", {"c1@example.org", "c4@example.org"}}});
  EXPECT_EQ(One("no@example.org", {c1, kC2, kC3}), "vouched");
}

TEST_F(AttributionTest, EveryPartOfAGroupMustHold) {
  const auto uid = [](const std::string& domain) {
    return Entry("u", {{"uid", {"u"}}, {"domain", {domain}}});
  };
  EXPECT_EQ(Words(Search({"u@example.org", "u@example.net"},
                         {kC1, kC2, kC3, uid("example.net")})),
            (Want{"again", "present"}));
}

TEST_F(AttributionTest, LetterCaseAndBlanksMeanNothing) {
  const auto joe = Entry("joe", {{"mail", {"  John   DOE@Example.org "}}});
  EXPECT_EQ(Words(Search({"john doe@example.org", "no@example.org"},
                         {kC1, kC2, kC3, joe})),
            (Want{"present", "again"}));
}

TEST_F(AttributionTest, WhatOnlyTheServerCanCompareIsAskedAlone) {
  // The "é" is composed, decomposed, without its accent, and in full width.
  for (const char* shown :
       {"jos\xc3\xa9@example.org", "jose\xcc\x81@example.org",
        "jose@example.org", "\xef\xbd\x8aos\xc3\xa9@example.org"}) {
    const auto entry = Entry("jose", {{"mail", {shown}}});
    const auto words = Words(Search(
        {"jos\xc3\x89@example.org", "no@example.org"}, {kC1, kC2, kC3, entry}));
    EXPECT_EQ(words[0], "again") << shown;
    EXPECT_NE(words[1], "present") << shown;
    EXPECT_EQ(One("jos\xc3\x89@example.org", {kC1, kC2, kC3, entry}), "present")
        << shown;
  }
}

// This holds even if another lookup of the same search, or a control, claims
// the entry.
TEST_F(AttributionTest, AClaimedEntryMayBeAnothersToo) {
  const auto jose = Entry("jose", {{"mail", {"jose@example.org"}},
                                   {"alt", {"JOS\xc3\x89@example.org"}}});
  EXPECT_EQ(Words(Search({"jose@example.org", "jos\xc3\xa9@example.org"},
                         {kC1, kC2, kC3, jose})),
            (Want{"present", "again"}));
  auto c1 = kC1;
  c1.attributes.push_back({"alt", {"JOS\xc3\x89@example.org"}});
  EXPECT_EQ(One("jos\xc3\xa9@example.org", {c1, kC2, kC3}), "present");
}

TEST_F(AttributionTest, ForeignLettersAloneLeaveNoDoubt) {
  for (const char* address :
       {"m\xc3\xbcller@example.org", "\xe7\x94\xa8\xe6\x88\xb7@example.net",
        "no@b\xc3\xbc"
        "cher.example"}) {
    EXPECT_EQ(One(address, {kC1, kC2, kC3}), "vouched") << address;
  }
}

TEST_F(AttributionTest, AShortForeignNameIsNotAControls) {
  policy.filter = *FilterTemplate::Parse("(mail=%a)");
  policy.controls = {{"mail", "control@example.org", "uid=c1,dc=x"}};
  const auto c1 = Entry("c1", {{"mail", {"control@example.org"}}});
  EXPECT_EQ(One("\xc3\xbc@example.org", {c1}), "vouched");
}

// U+247D is "(10)" under NFKC, U+33C2 is "a.m.": 3 bytes, 4 letters.
TEST_F(AttributionTest, ALetterMayMeanMoreLettersThanItHasBytes) {
  for (const auto& [asked, plain] :
       {std::pair("\xe2\x91\xbd@example.org", "(10)@example.org"),
        std::pair("x\xe3\x8f\x82@example.org", "xa.m.@example.org"),
        std::pair("a \xc2\xa0 b@example.org", "a b@example.org")}) {
    auto c1 = kC1;
    c1.attributes.push_back({"alt", {plain}});
    EXPECT_EQ(One(asked, {c1, kC2, kC3}), "present") << asked;
  }
}

TEST_F(AttributionTest, AReferenceVoidsMissesUnlessItIsListed) {
  result.references = {"ldap://a/", "ldap://b/"};
  policy.ignored_references = {"ldap://a/"};
  Attribution a =
      Search({"no@example.org", "joe@example.org"}, {kC1, kC2, kC3, kJoe});
  EXPECT_EQ(Words(a), (Want{"unknown", "present"}));
  EXPECT_NE(a.trouble.find("ldap://b/"), std::string::npos);
  policy.ignored_references.push_back("ldap://b/");
  a = Search({"no@example.org", "x@example.org"}, {kC1, kC2, kC3});
  EXPECT_EQ(Words(a), (Want{"vouched", "vouched"}));
}

TEST_F(AttributionTest, AFailureVoidsMissesAndNoHit) {
  result.failure = "search failed: Server is busy (51)";
  const Attribution a =
      Search({"no@example.org", "joe@example.org"}, {kC1, kC2, kC3, kJoe});
  EXPECT_EQ(Words(a), (Want{"unknown", "present"}));
  EXPECT_EQ(a.answers[0]->reason(), result.failure);
  EXPECT_EQ(a.trouble, result.failure);
  EXPECT_EQ(One("no@example.org", {}), "unknown");
}

TEST_F(AttributionTest, TooManyEntriesAreAskedForAlone) {
  result.failure = "search failed: Size limit exceeded (4)";
  result.truncated = true;
  Attribution a = Search({"no@example.org", "joe@example.org"}, {kC1, kJoe});
  EXPECT_EQ(Words(a), (Want{"again", "present"}));
  EXPECT_EQ(a.trouble, "");
  a = Search({"joe@example.org"}, {kJoe, kJoe});
  EXPECT_EQ(Words(a), Want{"present"});
  EXPECT_EQ(a.trouble, "");
  // A search for one address that is still cut off: the size limit is too low
  // for the controls.
  a = Search({"no@example.org"}, {kC1, kC2});
  EXPECT_EQ(Words(a), Want{"unknown"});
  EXPECT_EQ(a.trouble, result.failure);
  EXPECT_EQ(Search({}, {kC1, kC2}).trouble, result.failure);
}

TEST_F(AttributionTest, WhatIsInNoSubtreeCountsForNothing) {
  policy.subtrees = {"ou=a,dc=x", "OU=B, dc=x"};
  policy.filter = *FilterTemplate::Parse("(mail=%a)");
  policy.controls = {
      {"mail", "c1@example.org", "uid=c1,ou=a,dc=x", policy.subtrees[0]},
      {"mail", "c2@example.org", "uid=c2,ou=b,dc=x", policy.subtrees[1]}};
  const auto in = [](const std::string& dn, const std::string& mail) {
    return SearchResult::Entry{dn, {{"mail", {mail}}}};
  };
  const auto c1 = in("uid=c1,ou=A,dc=x", "c1@example.org");
  const auto c2 = in("uid=c2,ou=b,dc=x", "c2@example.org");
  const auto joe = [&](const std::string& dn) {
    return One("joe@example.org", {c1, c2, in(dn, "joe@example.org")});
  };
  EXPECT_EQ(joe("uid=joe,ou=a,dc=x"), "present");
  EXPECT_EQ(joe("uid=joe,l=y,ou=b,dc=x"), "present");
  EXPECT_EQ(joe("ou=a,dc=x"), "present");
  EXPECT_EQ(joe("uid=joe,ou=c,dc=x"), "vouched");
  EXPECT_EQ(joe("uid=joe,ou=aou=a,dc=x"), "vouched");
  // A DN that cannot be parsed may be within a subtree.
  EXPECT_EQ(joe("nonsense"), "present");
  // If the server spells the base in another way, it shows no control either.
  EXPECT_EQ(
      One("joe@example.org",
          {c1, in("uid=c2,organizationalUnitName=b,dc=x", "c2@example.org"),
           in("uid=joe,organizationalUnitName=b,dc=x", "joe@example.org")}),
      "unknown");
  EXPECT_EQ(One("no@example.org", {c1}), "unknown");
}

TEST_F(AttributionTest, ALookupForAControlIsPresentOrUnknown) {
  EXPECT_EQ(One("c1@example.org", {kC1, kC2, kC3}), "present");
  const Attribution a = Search({"c1@example.org"}, {kC2, kC3});
  EXPECT_EQ(Words(a), Want{"unknown"});
  EXPECT_EQ(a.trouble, "");  // it was not among the controls
}

TEST_F(AttributionTest, TheControlsMayBeAskedForWithoutALookup) {
  EXPECT_EQ(Search({}, {kC1, kC2, kC3}).trouble, "");
  EXPECT_NE(Search({}, {kC1, kC3}).trouble, "");
}

TEST_F(AttributionTest, ALookupThroughOneArmIsClaimedThroughThatOnly) {
  result.origin = {"ldap://test", 1, 7, absl::UnixEpoch(), absl::UnixEpoch()};
  result.entries = {kC1, kC2, kC3, kJoe};
  const std::vector<MailboxLookup> lookups = {
      {"people", {"j@example.org"}, "mail"},
      {"people", {"joe@example.org"}, "mail"}};
  EXPECT_EQ(
      Words(AssignEntries(policy, lookups, ControlsFor(policy, {}), result)),
      (Want{"again", "present"}));
}

}  // namespace
}  // namespace mailverdict
