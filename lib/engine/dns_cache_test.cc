#include "lib/engine/dns_cache.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "lib/core/dns_vouch.h"
#include "lib/loop/manual_executor_testing.h"
#include "lib/resolver/scripted_names_testing.h"

namespace mailverdict {
namespace {

Policy OfOneList() {
  Policy policy;
  DnsblCheckPolicy dnsbl;
  dnsbl.lists.emplace_back().zone = "list.example";
  policy.checks = {dnsbl};
  policy.dns.controls = {{"wild.example.org", true}};
  return policy;
}

class DnsCacheTest : public testing::Test {
 protected:
  DnsCacheTest() { Reopen(OfOneList()); }
  void Ask(const DnsLookup& lookup) {
    last.reset();
    cache->Resolve(lookup, [this](const Answer& a) {
      last = a;
      ++answers;
    });
  }
  // Is the answer known without asking? Asks if not.
  bool Known(const DnsLookup& lookup) {
    const size_t before = names.calls.size();
    Ask(lookup);
    return names.calls.size() == before;
  }
  // Is it known for just so long?
  void ExpectKnownFor(const DnsLookup& lookup, absl::Duration time) {
    loop.Advance(time - absl::Nanoseconds(1));
    EXPECT_TRUE(Known(lookup));
    loop.Advance(absl::Nanoseconds(1));
    EXPECT_FALSE(Known(lookup));
  }
  void Reopen(Policy of) {
    policy = std::make_shared<const Policy>(std::move(of));
    cache = std::make_unique<DnsCache>(policy, &loop, &names);
  }

  const DnsLookup mx{"example.org", DnsType::kMx};
  const DnsLookup mx_proof{"example.org", DnsType::kMx, true};
  ManualExecutor loop;
  ScriptedNames names{&loop};
  std::shared_ptr<const Policy> policy;
  std::unique_ptr<DnsCache> cache;
  std::optional<Answer> last;
  int answers = 0;
};

TEST_F(DnsCacheTest, AnAnswerIsKeptForItsTtl) {
  Ask(mx);
  names.Present(0, absl::Seconds(300));
  EXPECT_TRUE(Known(mx));
  EXPECT_EQ(last->values(), std::vector<std::string>{"192.0.2.1"});
  ExpectKnownFor(mx, absl::Seconds(300));
}

TEST_F(DnsCacheTest, AnAnswerThatIsTooLargeIsNotKept) {
  for (const size_t excess : {0, 1}) {
    const DnsLookup big{absl::StrCat("big", excess, ".example.org"),
                        DnsType::kTxt};
    Ask(big);
    names.Present(excess, absl::Hours(1),
                  {std::string(DnsCache::kMaxKeptBytes - 1, 'x'),
                   std::string(1 + excess, 'y')});
    EXPECT_TRUE(last->present());
    EXPECT_EQ(Known(big), excess == 0);
  }
}

TEST_F(DnsCacheTest, AnAnswerIsKeptForNoLongerThanThePolicyHasIt) {
  Ask(mx);
  names.Present(0, absl::Hours(24));
  ExpectKnownFor(mx, absl::Hours(1));
}

TEST_F(DnsCacheTest, AnAbsenceIsKeptForThatOfItsZoneAndItsKindComesBack) {
  size_t call = 0;
  for (const Absence absence : {Absence::kNoName, Absence::kNoData}) {
    Ask(mx);
    names.Absent(call++, absence, absl::Seconds(60));
    EXPECT_TRUE(Known(mx));
    EXPECT_TRUE(last->absent());
    EXPECT_EQ(last->absence(), absence);
    EXPECT_EQ(last->dns().zone, ".");
    EXPECT_FALSE(last->proven());
    loop.Advance(absl::Seconds(60));
  }
  Ask(mx);
  names.Absent(call, Absence::kNoName, absl::Hours(3));
  ExpectKnownFor(mx, absl::Minutes(5));
}

TEST_F(DnsCacheTest, ATtlOfZeroIsForOneAnswer) {
  Ask(mx);
  names.Present(0, absl::ZeroDuration());
  EXPECT_TRUE(last->present());
  EXPECT_FALSE(Known(mx));
  names.Absent(1, Absence::kNoName, absl::ZeroDuration());
  EXPECT_FALSE(Known(mx));
  EXPECT_EQ(cache->size(), 0u);
}

TEST_F(DnsCacheTest, WhatCouldNotBeAskedIsNeverKept) {
  Ask(mx);
  names.Unknown(0);
  EXPECT_TRUE(last->unknown());
  EXPECT_FALSE(Known(mx));
}

// Nor does it take the place of what is known.
TEST_F(DnsCacheTest, OtherTypesAndNamesAreOtherQuestions) {
  Ask(mx);
  names.Present(0, absl::Hours(1));
  EXPECT_FALSE(Known({"example.org", DnsType::kA}));
  names.Unknown(1);
  EXPECT_FALSE(Known({"example.net", DnsType::kMx}));
  EXPECT_TRUE(Known(mx));
}

TEST_F(DnsCacheTest, WhoAsksMeanwhileSharesTheQuestion) {
  for (int i = 0; i < 5; ++i) Ask(mx);
  EXPECT_EQ(names.calls.size(), 1u);
  names.Unknown(0);
  EXPECT_EQ(answers, 5);
  names.Unknown(0);  // a resolver that answers twice
  EXPECT_EQ(answers, 5);
}

TEST_F(DnsCacheTest, TheOneUnusedForLongestGoesFirst) {
  Policy two = OfOneList();
  two.dns.max_cached = 2;
  Reopen(two);
  const DnsLookup a{"a.org", DnsType::kA}, b{"b.org", DnsType::kA},
      c{"c.org", DnsType::kA};
  Ask(a);
  names.Present(0, absl::Hours(1));
  Ask(b);
  names.Present(1, absl::Hours(1));
  EXPECT_TRUE(Known(a));
  Ask(c);
  names.Present(2, absl::Hours(1));
  EXPECT_EQ(cache->size(), 2u);
  EXPECT_TRUE(Known(a));
  EXPECT_TRUE(Known(c));
  EXPECT_FALSE(Known(b));
}

TEST_F(DnsCacheTest, WhatIsVouchedForIsKeptBesideThePlainAnswerAndBriefly) {
  Ask(mx);
  names.Present(0, absl::Hours(1));
  EXPECT_FALSE(Known(mx_proof));
  names.SayVouched(1, *policy, ScriptedNames::NoName(mx_proof, absl::Hours(1)));
  EXPECT_TRUE(last->proven()) << last->ToString();
  EXPECT_TRUE(Known(mx));
  EXPECT_TRUE(last->present());
  EXPECT_TRUE(Known(mx_proof));
  EXPECT_TRUE(last->proven());
  ExpectKnownFor(mx_proof, DnsCache::kKeepProof);
  names.SayVouched(2, *policy,
                   ScriptedNames::PresentReport(mx_proof, absl::Hours(1)));
  EXPECT_TRUE(last->present() && last->proven()) << last->ToString();
  ExpectKnownFor(mx_proof, DnsCache::kKeepProof);
  names.SayVouched(3, *policy,
                   ScriptedNames::PresentReport(mx_proof, absl::Seconds(20)));
  ExpectKnownFor(mx_proof, absl::Seconds(20));
}

TEST_F(DnsCacheTest, WhatWasAskedWithControlsAndIsNotVouchedForIsNeverKept) {
  Ask(mx_proof);
  names.Present(0, absl::Hours(1));
  EXPECT_TRUE(last->present());
  EXPECT_FALSE(Known(mx_proof));
  names.Absent(1, Absence::kNoName, absl::Hours(1));
  EXPECT_FALSE(Known(mx_proof));
  names.Absent(2, Absence::kNoData, absl::Hours(1));
  EXPECT_FALSE(Known(mx_proof));
}

// What is kept of another kind, or from another server, stays.
TEST_F(DnsCacheTest, ProofsAndAbsencesOfOneThatIsDistrustedAreForgotten) {
  const DnsLookup present{"there.org", DnsType::kMx};
  const DnsLookup listed{"2.2.0.192.list.example", DnsType::kA};
  const DnsLookup listed_proof{listed.name, listed.type, true};
  const DnsLookup unlisted{"3.2.0.192.list.example", DnsType::kA};
  const auto fill = [&] {
    for (const DnsLookup& lookup :
         {mx, present, mx_proof, listed, listed_proof, unlisted}) {
      if (Known(lookup)) continue;
      const size_t i = names.calls.size() - 1;
      if (lookup.with_controls) {
        names.SayVouched(i, *policy,
                         ScriptedNames::PresentReport(lookup, absl::Hours(1),
                                                      {"127.0.0.2"}));
        EXPECT_TRUE(last->proven());
      } else if (lookup == mx || lookup == unlisted) {
        names.Absent(i, Absence::kNoName, absl::Hours(1));
      } else {
        names.Present(i, absl::Hours(1));
      }
    }
  };
  const std::string server = "192.0.2.53";
  fill();
  cache->Distrust("192.0.2.54", nullptr);
  EXPECT_TRUE(Known(mx) && Known(mx_proof) && Known(listed_proof));
  cache->Distrust(server, nullptr);
  EXPECT_FALSE(Known(mx));
  EXPECT_FALSE(Known(mx_proof));
  EXPECT_TRUE(Known(present) && Known(listed_proof) && Known(unlisted));
  loop.Advance(absl::Milliseconds(1));
  Reopen(OfOneList());
  fill();
  cache->Distrust(server, policy->FindListOfName(listed.name));
  EXPECT_TRUE(Known(mx) && Known(mx_proof) && Known(unlisted));
  EXPECT_TRUE(Known(listed));
  EXPECT_FALSE(Known(listed_proof));
  // Later answers are new.
  loop.Advance(absl::Milliseconds(1));
  names.SayVouched(names.calls.size() - 1, *policy,
                   ScriptedNames::PresentReport(listed_proof, absl::Hours(1),
                                                {"127.0.0.2"}));
  EXPECT_TRUE(Known(listed_proof));
}

TEST_F(DnsCacheTest, MayBeDestroyedByTheOneItAnswersAndWhileAsking) {
  cache->Resolve(mx, [this](const Answer&) {
    ++answers;
    cache.reset();
  });
  Ask(mx);
  names.Present(0, absl::Seconds(60));
  EXPECT_EQ(answers, 2);
  Reopen(OfOneList());
  Ask(mx);
  cache.reset();
  names.Present(1, absl::Seconds(60));
  EXPECT_EQ(answers, 2);
}

}  // namespace
}  // namespace mailverdict
