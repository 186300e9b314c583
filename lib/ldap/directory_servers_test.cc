// If one of several servers of a directory fails, the answers are the same as
// if all were well.

#include <functional>
#include <string>
#include <vector>

#include "lib/ldap/directory_testing.h"

namespace mailverdict {
namespace {

class DirectoryServers : public DirectoryFixture {
 protected:
  DirectoryServers() {
    for (Slapd* each : {&slapd, &second}) {
      each->Load("full", Slapd::Base() + Controls() + People());
      each->Load("empty", Slapd::Base());
      each->Load("baseless",
                 "dn: dc=example,dc=org\nobjectClass: domain\n"
                 "dc: example\n\n");
      each->Load("uncontrolled", Slapd::Base() + People());
    }
    second.Start();
  }

  // Both servers, without confirm_absent: with two servers, no second one would
  // be left beside the faulty one.
  DirectoryPolicy Both() {
    DirectoryPolicy policy = PolicyFor(slapd.uri());
    policy.uris.push_back(second.uri());
    policy.confirm_absent = false;
    return policy;
  }

  // Expects two right answers within `bound`.
  void ExpectWell(Directory* directory, absl::Duration bound) {
    const absl::Time begun = loop.Now();
    EXPECT_TRUE(Resolve(directory, "joe@example.org").present());
    const Answer nobody = Resolve(directory, "nobody@example.org");
    EXPECT_TRUE(nobody.absent() && nobody.proven()) << nobody.ToString();
    EXPECT_LT(loop.Now() - begun, bound);
  }

  // Waits until the server's state is failing.
  bool Failing(const Directory& directory, size_t server) {
    return loop.RunUntil([&] { return directory.servers()[server].failing; });
  }
  bool Well(const Directory& directory, size_t server) {
    return loop.RunUntil([&] {
      const ServerState state = directory.servers()[server];
      return !state.failing && state.since != absl::InfinitePast();
    });
  }

  Slapd second;
};

constexpr absl::Duration kAtOnce = absl::Milliseconds(1500);

TEST_F(DirectoryServers, OneThatIsDownIsPassedOver) {
  const auto directory = Open(Both());  // the first never started
  for (int i = 0; i < 3; ++i) ExpectWell(directory.get(), absl::Seconds(3));
  EXPECT_TRUE(Failing(*directory, 0));
  EXPECT_NE(directory->servers()[0].why, "");
  slapd.Start();
  EXPECT_TRUE(Well(*directory, 0));
  second.Stop();
  ExpectWell(directory.get(), kAtOnce);
}

TEST_F(DirectoryServers, OneThatCannotVouchIsPassedOverAndProbed) {
  for (const char* database : {"empty", "baseless", "uncontrolled"}) {
    SCOPED_TRACE(database);
    Slapd::Options options;
    options.database = database;
    slapd.Start(options);
    {
      const auto directory = Open(Both());
      for (int i = 0; i < 3; ++i) ExpectWell(directory.get(), kAtOnce);
      ASSERT_TRUE(Failing(*directory, 0));
      // It gets no search any more, except for its controls.
      const int before = slapd.searches();
      ExpectWell(directory.get(), kAtOnce);
      EXPECT_LE(slapd.searches(), before + 2);
      slapd.Stop();
      slapd.Start();
      EXPECT_TRUE(Well(*directory, 0));
    }
    slapd.Stop();
  }
}

TEST_F(DirectoryServers, OneThatHangsCostsItsShareOnce) {
  slapd.Start();
  const auto directory = Open(Both());
  ExpectWell(directory.get(), kAtOnce);
  slapd.Pause();
  // Each of the two lookups waits for this server's share of the 3 s.
  ExpectWell(directory.get(), absl::Milliseconds(4500));
  ASSERT_TRUE(Failing(*directory, 0));
  for (int i = 0; i < 5; ++i) {
    ExpectWell(directory.get(), absl::Milliseconds(500));
  }
  slapd.Resume();
  EXPECT_TRUE(Well(*directory, 0));
  // It is asked first again.
  EXPECT_TRUE(loop.RunUntil([&] {
    const int before = slapd.searches();
    ExpectWell(directory.get(), kAtOnce);
    return slapd.searches() >= before + 2;
  }));
}

TEST_F(DirectoryServers, HedgingAsksAnotherSoonerThanThat) {
  slapd.Start();
  DirectoryPolicy policy = Both();
  policy.hedge_after = absl::Milliseconds(100);
  const auto directory = Open(policy);
  ExpectWell(directory.get(), kAtOnce);
  slapd.Pause();
  ExpectWell(directory.get(), absl::Milliseconds(1200));
  slapd.Resume();
}

TEST_F(DirectoryServers, UnknownOnlyWhenNoneCanVouch) {
  Slapd::Options empty;
  empty.database = "empty";
  slapd.Start(empty);
  second.Stop();
  const auto directory = Open(Both());
  const Answer answer = Resolve(directory.get(), "nobody@example.org");
  EXPECT_TRUE(answer.unknown()) << answer.ToString();
  EXPECT_NE(answer.reason().find(slapd.uri() + ": "), std::string::npos)
      << answer.reason();
  EXPECT_NE(answer.reason().find(second.uri() + ": "), std::string::npos)
      << answer.reason();
}

// After a lookup that no server answered, further lookups are Unknown at once,
// until a server is well again.
TEST_F(DirectoryServers, AnOutageIsWaitedForOnce) {
  slapd.Start();
  const auto directory = Open(Both());
  ExpectWell(directory.get(), kAtOnce);
  slapd.Pause();
  second.Pause();
  EXPECT_TRUE(Resolve(directory.get(), "nobody@example.org").unknown());
  ASSERT_TRUE(Failing(*directory, 0));
  ASSERT_TRUE(Failing(*directory, 1));
  const absl::Time began = absl::Now();
  const Answer answer = Resolve(directory.get(), "nobody@example.org");
  EXPECT_EQ(answer.reason(),
            "no server of the directory answers; `mailverdict status` says why "
            "of each");
  EXPECT_LT(absl::Now() - began, absl::Milliseconds(500));
  slapd.Resume();
  second.Resume();
  EXPECT_TRUE(Well(*directory, 0));
  EXPECT_TRUE(Well(*directory, 1));
  ExpectWell(directory.get(), kAtOnce);
}

// A server that lacks a control proves no absence, but finds addresses that are
// present.
TEST_F(DirectoryServers, WhoIsFailingIsAskedLastOfAll) {
  Slapd::Options uncontrolled;
  uncontrolled.database = "uncontrolled";
  slapd.Start(uncontrolled);
  const auto directory = Open(Both());
  ASSERT_TRUE(Failing(*directory, 0));
  second.Stop();
  ASSERT_TRUE(Failing(*directory, 1));
  EXPECT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  EXPECT_TRUE(Resolve(directory.get(), "nobody@example.org").unknown());
}

TEST_F(DirectoryServers, PriorityAsksTheFirstSpreadAsksAll) {
  slapd.Start();
  for (const auto order :
       {DirectoryPolicy::Order::kPriority, DirectoryPolicy::Order::kSpread}) {
    DirectoryPolicy policy = Both();
    policy.order = order;
    const auto directory = Open(policy);
    ASSERT_TRUE(Well(*directory, 0));
    ASSERT_TRUE(Well(*directory, 1));
    const int first = slapd.searches();
    const int other = second.searches();
    for (int i = 0; i < 10; ++i) ExpectWell(directory.get(), kAtOnce);
    const bool spread = order == DirectoryPolicy::Order::kSpread;
    EXPECT_EQ(slapd.searches() - first, spread ? 10 : 20);
    EXPECT_EQ(second.searches() - other, spread ? 10 : 0);
  }
}

TEST_F(DirectoryServers, AnAbsenceWantsASecondServer) {
  slapd.Start();
  DirectoryPolicy policy = Both();
  policy.confirm_absent = true;
  const auto directory = Open(policy);
  const Answer nobody = Resolve(directory.get(), "nobody@example.org");
  ASSERT_TRUE(nobody.proven()) << nobody.ToString();
  const std::string proof = nobody.ProofOfAbsence()->ToString();
  EXPECT_NE(proof.find("from " + slapd.uri()), std::string::npos) << proof;
  EXPECT_NE(proof.find("and from " + second.uri()), std::string::npos) << proof;
  // A presence is believed at once.
  const int before = second.searches();
  EXPECT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  EXPECT_EQ(second.searches(), before);

  second.Stop();
  const Answer alone = Resolve(directory.get(), "noone@example.org");
  EXPECT_TRUE(alone.unknown()) << alone.ToString();
  EXPECT_NE(alone.reason().find("no second server"), std::string::npos)
      << alone.reason();
  EXPECT_TRUE(Resolve(directory.get(), "joe@example.org").present());
}

// The timer of a lookup that has ended would mark a server as late.
TEST_F(DirectoryServers, ALookupThatIsAnsweredLeavesNoTimer) {
  slapd.Start();
  DirectoryPolicy policy = Both();
  policy.confirm_absent = true;
  policy.hedge_after = absl::Microseconds(1);
  const auto directory = Open(policy);
  for (int i = 0; i < 20; ++i) {
    ExpectWell(directory.get(), kAtOnce);
    EXPECT_EQ(loop.timers(), 0u);
  }
}

// The controls pass, but an arm without a control leaves every absence Unknown.
TEST_F(DirectoryServers, AnAlarmTellsOfAnHourWithoutAnAnswer) {
  slapd.Start();
  for (const size_t servers : {1, 2}) {
    log.clear();
    DirectoryPolicy policy = Both();
    policy.uris.resize(servers);
    policy.controls.pop_back();
    ManualExecutor still;
    Directory directory(std::make_shared<const DirectoryPolicy>(policy), &still,
                        Hooks());
    Asked asked(&still, &directory);
    for (int i = 0; i < 7; ++i) {
      EXPECT_TRUE(log.empty()) << log[0];
      asked.Ask("nobody@example.org");
      ASSERT_TRUE(asked.Wait());
      EXPECT_TRUE(asked[asked.size() - 1].unknown());
      still.Advance(absl::Minutes(10));
    }
    ASSERT_EQ(log.size(), 1u);
    EXPECT_EQ(log[0].find("directory people ALARM: no lookup was answered"), 0u)
        << log[0];
    EXPECT_NE(log[0].find("its recipients are deferred (451); run "
                          "`mailverdictd --policy FILE --check --online`"),
              std::string::npos)
        << log[0];
    asked.Ask("joe@example.org");
    ASSERT_TRUE(asked.Wait());
    ASSERT_EQ(log.size(), 2u);
    EXPECT_NE(log[1].find("answers lookups again"), std::string::npos);
  }
}

// The second server is asked and never answers. The first server alone proves
// nothing.
TEST_F(DirectoryServers, AnAbsenceWhoseSecondServerHangsIsUnknown) {
  slapd.Start();
  DirectoryPolicy policy = Both();
  policy.confirm_absent = true;
  const auto directory = Open(policy);
  ASSERT_TRUE(Resolve(directory.get(), "nobody@example.org").proven());
  second.Pause();
  for (const char* who : {"noone@example.org", "noother@example.org"}) {
    const Answer answer = Resolve(directory.get(), who);
    EXPECT_TRUE(answer.unknown()) << answer.ToString();
    EXPECT_NE(answer.reason().find("no second server"), std::string::npos)
        << answer.reason();
  }
  EXPECT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  second.Resume();
}

// A stale server shows its controls but lacks newer addresses. Its own answers
// do not differ from those of a good server.
TEST_F(DirectoryServers, OneThatIsStaleRejectsNobodyWhomAnotherHas) {
  Slapd third;
  third.Load("full", Slapd::Base() + Controls() + People());
  third.Start();
  slapd.Load("stale", Slapd::Base() + Controls());
  Slapd::Options stale;
  stale.database = "stale";
  slapd.Start(stale);
  DirectoryPolicy policy = PolicyFor(slapd.uri());
  policy.uris = {slapd.uri(), second.uri(), third.uri()};
  for (const bool hedged : {false, true}) {
    if (hedged) policy.hedge_after = absl::Microseconds(1);
    const auto directory = Open(policy);
    for (int i = 0; i < 3; ++i) ExpectWell(directory.get(), kAtOnce);
    second.Pause();  // another is there yet
    ExpectWell(directory.get(), absl::Seconds(3));
    second.Resume();
  }
  ASSERT_FALSE(log.empty());
  EXPECT_NE(log.back().find(slapd.uri() + ") lacks " + Dn("joe")),
            std::string::npos)
      << log.back();
}

TEST_F(DirectoryServers, GoesWhileItsServersAreAsked) {
  slapd.Start();
  auto directory = Open(Both());
  ExpectWell(directory.get(), kAtOnce);
  slapd.Pause();
  Asked asked(&loop, directory.get());
  asked.Ask("joe@example.org");
  EXPECT_EQ(loop.timers(), 1u);  // for how long the first one is waited for
  directory.reset();
  EXPECT_EQ(loop.timers(), 0u);
  EXPECT_FALSE(loop.RunUntil([&] { return asked.answered() > 0; },
                             absl::Milliseconds(1700)));
  slapd.Resume();
}

// No existing user is proven absent, whichever server is restarted, with
// whatever data.
TEST_F(DirectoryServers, NoRestartProvesAnExistingUserAbsent) {
  slapd.Start();
  const auto directory = Open(Both());
  size_t asked = 0, answered = 0, present = 0;
  size_t waiting = 0;  // timers that will ask again
  bool stop = false;
  std::function<void()> ask = [&] {
    if (stop) return;
    ++asked;
    directory->Resolve({"people", {"joe@example.org"}, ""},
                       [&](const Answer& answer) {
                         ++answered;
                         ASSERT_FALSE(answer.absent()) << answer.ToString();
                         present += answer.present() ? 1 : 0;
                         ++waiting;
                         loop.RunAfter(absl::Milliseconds(1), [&] {
                           --waiting;
                           ask();
                         });
                       });
  };
  for (int i = 0; i < 16; ++i) ask();
  const char* databases[] = {"empty", "full", "uncontrolled", "baseless"};
  for (int round = 0; round < 8; ++round) {
    Slapd& each = round % 2 == 0 ? slapd : second;
    const size_t moment = present + static_cast<size_t>(5 * round);
    ASSERT_TRUE(loop.RunUntil([&] { return present >= moment; }));
    each.Kill();
    Slapd::Options options;
    options.database = databases[round / 2];
    each.Start(options);
    if (options.database != "full") {
      const size_t before = answered;
      ASSERT_TRUE(loop.RunUntil([&] { return answered >= before + 20; }));
      each.Stop();
      each.Start();
    }
  }
  stop = true;
  ASSERT_TRUE(loop.RunUntil([&] { return answered == asked && waiting == 0; }));
  EXPECT_GT(present, 100u);
}

}  // namespace
}  // namespace mailverdict
