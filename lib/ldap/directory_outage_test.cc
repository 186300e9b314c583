// A Directory whose server is stopped, restarted, hangs, or sends garbage.

#include <fstream>
#include <functional>

#include "lib/ldap/directory_testing.h"
#include "lib/ldap/worker.h"

namespace mailverdict {
namespace {

class DirectoryOutage : public DirectoryFixture {
 protected:
  void SetUp() override {
    slapd.Load("full", Slapd::Base() + Controls() + People());
    slapd.Start();
  }
  absl::Duration TimeOf(const std::function<void()>& what) {
    const absl::Time start = loop.Now();
    what();
    return loop.Now() - start;
  }
};

TEST_F(DirectoryOutage, ARestartBetweenLookupsIsHealedWithinSeconds) {
  for (const std::string& uri : {slapd.uri(), slapd.unix_uri()}) {
    const auto directory = Open(PolicyFor(uri));
    ASSERT_TRUE(Resolve(directory.get(), "joe@example.org").present());
    slapd.Stop();
    slapd.Start();
    EXPECT_TRUE(Heals(directory.get(), absl::Seconds(5))) << uri;
  }
}

// A write to a closed socket would raise SIGPIPE if it were not blocked.
TEST_F(DirectoryOutage, WritingToADeadConnectionKillsNobody) {
  const auto directory = Open(PolicyFor(slapd.unix_uri()));
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Heals(directory.get(), absl::Seconds(5)));
    Asked asked(&loop, directory.get());
    slapd.Kill();
    for (int j = 0; j < 50; ++j) asked.Ask("joe@example.org");
    ASSERT_TRUE(asked.Wait());
    slapd.Start();
  }
  EXPECT_TRUE(Heals(directory.get(), absl::Seconds(5)));
}

TEST_F(DirectoryOutage, AServerThatIsDownIsUnknownAtOnceAndSaidOnce) {
  slapd.Stop();
  const auto directory = Open(PolicyFor(slapd.uri()));
  EXPECT_TRUE(Resolve(directory.get(), "joe@example.org").unknown());
  const absl::Duration hundred = TimeOf([&] {
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(Resolve(directory.get(), "joe@example.org").unknown());
    }
  });
  EXPECT_LT(hundred, absl::Milliseconds(500));
  ASSERT_TRUE(loop.RunUntil([&] { return troubles >= 3; }));
  ASSERT_EQ(log.size(), 1u);
  EXPECT_NE(log[0].find("directory people"), std::string::npos) << log[0];
  slapd.Start();
  // The recovery is noticed without a lookup.
  EXPECT_TRUE(loop.RunUntil([&] { return log.size() == 2; }));
  EXPECT_NE(log[1].find("is well again"), std::string::npos) << log[1];
  EXPECT_TRUE(Resolve(directory.get(), "nobody@example.org").proven());
}

TEST_F(DirectoryOutage, RestartsDuringLookupsLoseNone) {
  const auto directory = Open(PolicyFor(slapd.uri()));
  for (int round = 0; round < 6; ++round) {
    ASSERT_TRUE(Heals(directory.get(), absl::Seconds(5)));
    Asked asked(&loop, directory.get());
    for (int i = 0; i < 200; ++i) asked.Ask("joe@example.org");
    const size_t moment = static_cast<size_t>(round) * 20;
    ASSERT_TRUE(loop.RunUntil([&] { return asked.answered() >= moment; }));
    round % 2 == 0 ? slapd.Stop() : slapd.Kill();
    slapd.Start();
    ASSERT_TRUE(asked.Wait());
    for (size_t i = 0; i < asked.size(); ++i) {
      EXPECT_EQ(asked.times(i), 1);
      EXPECT_FALSE(asked[i].absent()) << asked[i].ToString();
    }
  }
}

// Existing users are looked up all the time, while the server comes back full,
// empty, and half-loaded without its control.
TEST_F(DirectoryOutage, NoRestartProvesAnExistingUserAbsent) {
  slapd.Load("empty", Slapd::Base());
  slapd.Load("half", Slapd::Base() + Slapd::Person("control-uid", {}) +
                         Slapd::Person("jane", {"jane@example.org"}));
  const auto directory = Open(PolicyFor(slapd.uri()));
  size_t asked = 0, answered = 0, present = 0, unknown = 0;
  int unsure_of_data = 0;  // answers of a server that had lost its control
  bool stop = false;
  std::function<void()> ask = [&] {
    if (stop) return;
    ++asked;
    const char* who = asked % 2 == 0 ? "joe@example.org" : "j.doe@example.org";
    directory->Resolve({"people", {who}, ""}, [&](const Answer& answer) {
      ++answered;
      ASSERT_FALSE(answer.absent()) << answer.ToString();
      (answer.present() ? present : unknown) += 1;
      if (answer.reason().find("control") != std::string::npos) {
        ++unsure_of_data;
      }
      loop.RunAfter(absl::Milliseconds(1), ask);
    });
  };
  for (int i = 0; i < 32; ++i) ask();
  const char* databases[] = {"empty", "full", "half", "full"};
  for (int round = 0; round < 12; ++round) {
    Slapd::Options options;
    options.database = databases[round % 4];
    const size_t moment = answered + static_cast<size_t>(7 * round);
    ASSERT_TRUE(loop.RunUntil([&] { return answered >= moment; }));
    round % 3 == 0 ? slapd.Kill() : slapd.Stop();
    slapd.Start(options);
    const size_t before = present;
    const int before_unsure = unsure_of_data;
    ASSERT_TRUE(loop.RunUntil([&] {
      return options.database == "full" ? present > before
                                        : unsure_of_data > before_unsure;
    })) << options.database;
  }
  stop = true;
  ASSERT_TRUE(
      loop.RunUntil([&] { return answered == asked && loop.timers() == 0; }));
  EXPECT_GT(present, 0u);
  EXPECT_GT(unknown, 0u);
}

TEST_F(DirectoryOutage, AHungServerIsUnknownAfterTheTimeoutThenAtOnce) {
  DirectoryPolicy policy = PolicyFor(slapd.uri());
  policy.timeout = absl::Seconds(1);
  const auto directory = Open(policy);
  ASSERT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  slapd.Pause();
  const absl::Duration first = TimeOf([&] {
    const Answer answer = Resolve(directory.get(), "joe@example.org");
    EXPECT_TRUE(answer.unknown());
    EXPECT_NE(answer.reason().find("no answer within 1s"), std::string::npos)
        << answer.ToString();
  });
  EXPECT_GE(first, absl::Seconds(1));
  EXPECT_LT(first, absl::Seconds(2));
  for (int i = 0; i < 20; ++i) {
    const absl::Duration later = TimeOf([&] {
      EXPECT_TRUE(Resolve(directory.get(), "jane@example.org").unknown());
    });
    EXPECT_LT(later, absl::Milliseconds(50));
  }
  slapd.Resume();
  EXPECT_TRUE(Heals(directory.get(), absl::Seconds(5)));
}

TEST_F(DirectoryOutage, MoreLookupsThanWaitAreUnknownAtOnce) {
  DirectoryPolicy policy = PolicyFor(slapd.uri());
  policy.timeout = absl::Seconds(1);
  const auto directory = Open(policy);
  ASSERT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  slapd.Pause();
  Asked asked(&loop, directory.get());
  constexpr size_t kLookups = 5000;
  constexpr size_t kMaxWaiting = DirectoryWorker::kMaxWaiting;
  constexpr size_t kMaxAsked = DirectoryWorker::kMaxSearches * kMaxBatch;
  for (size_t i = 0; i < kLookups; ++i) asked.Ask("joe@example.org");
  const size_t at_once = asked.answered();
  EXPECT_LE(at_once, kLookups - kMaxWaiting);
  ASSERT_GE(at_once, kLookups - kMaxWaiting - kMaxAsked);
  const Answer& last = asked[kLookups - 1];
  EXPECT_TRUE(last.unknown()) << last.ToString();
  EXPECT_NE(last.reason().find("search: 4096 lookups wait"), std::string::npos)
      << last.ToString();
  ASSERT_TRUE(asked.Wait());
  for (size_t i = 0; i < asked.size(); ++i) EXPECT_EQ(asked.times(i), 1);
  slapd.Resume();
  EXPECT_TRUE(Heals(directory.get(), absl::Seconds(5)));
}

// The connection is lost, and the next one is made half a second later. Time is
// virtual and moves only when the test says so.
TEST_F(DirectoryOutage, WhatHasWaitedTooLongIsNotAskedAnyMore) {
  constexpr auto kServer = CutProxy::From::kServer;
  DirectoryPolicy policy = PolicyFor("");
  size_t controls_only = 0;
  {
    CutProxy proxy(slapd.port(), {});
    policy.uris = {proxy.uri()};
    const auto directory = Open(policy);
    ASSERT_TRUE(Resolve(directory.get(), "nobody@example.org").proven());
    const size_t two = proxy.passed(kServer);
    ASSERT_TRUE(Resolve(directory.get(), "nobody@example.org").proven());
    controls_only = two - (proxy.passed(kServer) - two);
  }
  CutProxy proxy(slapd.port(),
                 {kServer, controls_only + 1, CutProxy::Then::kClose});
  policy.uris = {proxy.uri()};
  policy.timeout = DirectoryWorker::kRetry - absl::Milliseconds(1);
  ManualExecutor still;
  Directory directory(std::make_shared<const DirectoryPolicy>(policy), &still,
                      Hooks());
  const auto passed = [&](size_t n) {
    return still.RunUntil([&] { return proxy.passed(kServer) == n; });
  };
  ASSERT_TRUE(passed(controls_only));
  Asked asked(&still, &directory);
  asked.Ask("nobody@example.org");
  ASSERT_TRUE(passed(controls_only + 1));
  // Waits until the worker has noticed that the connection is closed.
  still.RunUntil([] { return false; }, absl::Milliseconds(50));
  still.Advance(DirectoryWorker::kRetry);
  ASSERT_TRUE(asked.Wait());
  EXPECT_TRUE(asked[0].unknown());
  const std::string why =
      "search: waited longer than 499ms behind other lookups; ";
  EXPECT_EQ(asked[0].reason().find(why), 0u) << asked[0].reason();
  // A recipient was deferred, so there is a log line. The earlier answers of
  // the server are still believed.
  still.RunReady();
  ASSERT_FALSE(log.empty());
  EXPECT_NE(log[0].find("FAILS: " + why), std::string::npos) << log[0];
  EXPECT_EQ(troubles, 0);
  asked.Ask("nobody@example.org");
  ASSERT_TRUE(asked.Wait());
  EXPECT_TRUE(asked[1].proven()) << asked[1].ToString();
  EXPECT_FALSE(directory.servers()[0].failing);
}

TEST_F(DirectoryOutage, AServerThatFlapsDoesNotFillTheLog) {
  const auto directory = Open(PolicyFor(slapd.uri()));
  ASSERT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  for (int i = 0; i < 8; ++i) {
    slapd.Kill();
    ASSERT_TRUE(loop.RunUntil([&] { return directory->servers()[0].failing; }));
    slapd.Start();
    ASSERT_TRUE(
        loop.RunUntil([&] { return !directory->servers()[0].failing; }));
  }
  // Two times "FAILS" and "is well again", then "is UNSTEADY".
  ASSERT_EQ(log.size(), 5u) << log.back();
  EXPECT_NE(log[4].find("is UNSTEADY: it failed 3 times"), std::string::npos)
      << log[4];
  EXPECT_NE(directory->servers()[0].why.find("unsteady, it failed 8 times"),
            std::string::npos)
      << directory->servers()[0].why;
}

// Sends more than the buffers of a connection hold to a server that does not
// read.
TEST_F(DirectoryOutage, AServerThatStopsReadingBlocksNobody) {
  DirectoryPolicy policy = PolicyFor(slapd.unix_uri());
  policy.timeout = absl::Seconds(1);
  const auto directory = Open(policy);
  ASSERT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  slapd.Pause();
  int answered = 0;
  constexpr int kLookups = 40;
  for (int i = 0; i < kLookups; ++i) {
    MailboxLookup lookup{"people", {}, ""};
    for (int j = 0; j < 80; ++j) {
      lookup.spellings.push_back(std::to_string(i * 100 + j) +
                                 std::string(1000, 'x'));
    }
    directory->Resolve(lookup, [&](const Answer& answer) {
      EXPECT_TRUE(answer.unknown());
      ++answered;
    });
  }
  EXPECT_TRUE(
      loop.RunUntil([&] { return answered == kLookups; }, absl::Seconds(8)));
  slapd.Resume();
  EXPECT_TRUE(Heals(directory.get(), absl::Seconds(8)));
}

TEST_F(DirectoryOutage, LettingGoOfAHungServerDoesNotWait) {
  DirectoryPolicy policy = PolicyFor(slapd.uri());
  policy.timeout = absl::Seconds(5);
  slapd.Pause();
  auto directory = Open(policy);
  auto held = std::make_shared<int>(0);
  directory->Resolve({"people", {"joe@example.org"}, ""},
                     [held](const Answer&) { ++*held; });
  // The kernel accepts the connection for slapd; then the bind hangs.
  loop.RunUntil([] { return false; }, absl::Milliseconds(100));
  EXPECT_LT(TimeOf([&] { directory.reset(); }), absl::Seconds(1));
  EXPECT_EQ(held.use_count(), 1);
  slapd.Resume();
}

TEST_F(DirectoryOutage, ADirectoryMayGoWithLookupsUnderWay) {
  for (int i = 0; i < 20; ++i) {
    auto directory = Open(PolicyFor(slapd.uri()));
    if (i % 2 == 0) Resolve(directory.get(), "joe@example.org");
    auto held = std::make_shared<int>(0);
    for (int j = 0; j < 100; ++j) {
      directory->Resolve({"people", {"joe@example.org"}, ""},
                         [held](const Answer&) { ++*held; });
    }
    if (i % 3 == 0) loop.RunUntil([&] { return *held > 0; });
    directory.reset();
    loop.RunReady();
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_LE(*held, 100);
  }
}

// The `done` of a lookup owns the directory.
TEST_F(DirectoryOutage, ADirectoryMayGoFromWithinAnAnswer) {
  for (int i = 0; i < 20; ++i) {
    std::shared_ptr<Directory> directory = Open(PolicyFor(slapd.uri()));
    bool done = false;
    Directory* raw = directory.get();
    raw->Resolve({"people", {"joe@example.org"}, ""},
                 [&done, hold = std::move(directory)](const Answer& answer) {
                   EXPECT_TRUE(answer.present());
                   done = true;
                 });
    ASSERT_TRUE(loop.RunUntil([&] { return done; }));
  }
}

TEST_F(DirectoryOutage, AfterANoticeOfDisconnectionLookupsGoElsewhere) {
  CutProxy proxy(slapd.port(), {});
  const auto directory = Open(PolicyFor(proxy.uri()));
  ASSERT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  // RFC 4511 4.4.1: message 0, an ExtendedResponse "unavailable". And then the
  // connection stays open.
  std::string notice("\x30\x24\x02\x01\x00\x78\x1f\x0a\x01\x34\x04\x00\x04\x00",
                     14);
  notice +=
      "\x8a\x16"
      "1.3.6.1.4.1.1466.20036";
  proxy.Say(notice);
  EXPECT_TRUE(loop.RunUntil([&] { return proxy.connections() == 2; }));
  EXPECT_TRUE(Resolve(directory.get(), "joe@example.org").present());
}

TEST_F(DirectoryOutage, GarbageFromTheServerIsALostConnection) {
  CutProxy proxy(slapd.port(), {});
  DirectoryPolicy policy = PolicyFor(proxy.uri());
  policy.timeout = absl::Seconds(1);
  const auto directory = Open(policy);
  ASSERT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  proxy.Say("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_FALSE(Resolve(directory.get(), "joe@example.org").absent());
  EXPECT_TRUE(Heals(directory.get(), absl::Seconds(5)));
  EXPECT_EQ(proxy.connections(), 2);
}

// By itself, libldap would connect again without a bind.
TEST_F(DirectoryOutage, EveryConnectionBinds) {
  DirectoryPolicy policy = PolicyFor(slapd.uri());
  policy.bind_dn = Dn("control");
  policy.bind_password_file = slapd.directory() + "/password";
  std::ofstream(policy.bind_password_file) << "secret\n";
  const auto directory = Open(policy);
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(Heals(directory.get(), absl::Seconds(5)));
    slapd.Kill();
    slapd.Start();
  }
  ASSERT_TRUE(Heals(directory.get(), absl::Seconds(5)));
  EXPECT_GE(slapd.Logged("BIND dn=\"uid=control"), 5);
  EXPECT_EQ(slapd.Logged(" op=0 SRCH"), 0);
}

}  // namespace
}  // namespace mailverdict
