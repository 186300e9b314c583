#include "lib/resolve/dns_cache.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "lib/resolve/testing/manual_executor.h"

namespace mailverdict {
namespace {

// Answers when the test says so.
class ScriptedNames final : public NameResolver {
 public:
  void Resolve(const DnsLookup& lookup, Done done) override {
    calls.push_back({lookup, std::move(done)});
  }
  // With so much time to live.
  void Present(size_t i, absl::Duration ttl) {
    Report report = Report::Present(calls[i].lookup, {"10 mx.example.org"});
    report.dns.ttl = ttl;
    calls[i].done(Answer(report));
  }
  void Absent(size_t i, Absence absence, absl::Duration ttl) {
    Report report = Report::Absent(calls[i].lookup);
    report.absence = absence;
    report.dns = {ttl, "", "org"};
    calls[i].done(Answer(report));
  }
  void Unknown(size_t i) {
    Report report = Report::Unknown(calls[i].lookup, "it answers SERVFAIL");
    report.dns.ttl = absl::Hours(1);
    calls[i].done(Answer(report));
  }

  struct Call {
    DnsLookup lookup;
    Done done;
  };
  std::vector<Call> calls;
};

class DnsCacheTest : public testing::Test {
 protected:
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
  void Reopen(const DnsCacheOptions& options) {
    cache = std::make_unique<DnsCache>(options, &loop, &names);
  }

  const DnsLookup mx{"example.org", DnsType::kMx};
  ManualExecutor loop;
  ScriptedNames names;
  std::unique_ptr<DnsCache> cache =
      std::make_unique<DnsCache>(DnsCacheOptions{}, &loop, &names);
  std::optional<Answer> last;
  int answers = 0;
};

TEST_F(DnsCacheTest, AnAnswerIsKeptForItsTtl) {
  Ask(mx);
  names.Present(0, absl::Seconds(300));
  EXPECT_TRUE(Known(mx));
  EXPECT_EQ(last->values(), std::vector<std::string>{"10 mx.example.org"});
  ExpectKnownFor(mx, absl::Seconds(300));
}

TEST_F(DnsCacheTest, AnAnswerIsKeptForADayAtMost) {
  Ask(mx);
  names.Present(0, absl::Hours(24 * 365));
  ExpectKnownFor(mx, absl::Hours(24));
}

TEST_F(DnsCacheTest, AnAbsenceIsKeptForThatOfItsZoneAndItsKindComesBack) {
  size_t call = 0;
  for (const Absence absence : {Absence::kNoName, Absence::kNoData}) {
    Ask(mx);
    names.Absent(call++, absence, absl::Seconds(60));
    EXPECT_TRUE(Known(mx));
    EXPECT_TRUE(last->absent());
    EXPECT_EQ(last->absence(), absence);
    EXPECT_EQ(last->dns().zone, "org");
    EXPECT_FALSE(last->vouched());
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
  DnsCacheOptions options;
  options.max_cached = 2;
  Reopen(options);
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

TEST_F(DnsCacheTest, AbsencesAreForgottenAtOnceAndOneAnswerByItself) {
  const DnsLookup other{"other.org", DnsType::kMx};
  Ask(mx);
  names.Absent(0, Absence::kNoName, absl::Seconds(60));
  Ask(other);
  names.Present(1, absl::Seconds(60));
  cache->ForgetAbsences();
  EXPECT_FALSE(Known(mx));
  EXPECT_TRUE(Known(other));
  cache->Forget(other);
  EXPECT_FALSE(Known(other));
}

TEST_F(DnsCacheTest, MayBeDestroyedByTheOneItAnswersAndWhileAsking) {
  cache->Resolve(mx, [this](const Answer&) {
    ++answers;
    cache.reset();
  });
  Ask(mx);
  names.Present(0, absl::Seconds(60));
  EXPECT_EQ(answers, 2);
  Reopen({});
  Ask(mx);
  cache.reset();
  names.Present(1, absl::Seconds(60));
  EXPECT_EQ(answers, 2);
}

}  // namespace
}  // namespace mailverdict
