// Cuts the conversation with a real slapd after each of its bytes.

#include <deque>

#include "absl/strings/str_cat.h"
#include "lib/ldap/directory_testing.h"

namespace mailverdict {
namespace {

using From = CutProxy::From;
using Then = CutProxy::Then;

constexpr const char* kAddresses[] = {"joe@example.org", "nobody@example.org",
                                      "j.doe@example.org", "jane@example.org",
                                      "nowhere@example.org"};
bool Exists(size_t i) { return kAddresses[i][0] == 'j'; }

// One conversation: a bind, the controls, and a batch of lookups.
struct Conversation {
  Conversation(ManualExecutor* loop, int port, DirectoryPolicy policy,
               CutProxy::Cut cut)
      : after_bytes(cut.after_bytes), proxy(port, cut) {
    policy.uris = {proxy.uri()};
    // Lookups that are sent again must still be in time.
    policy.timeout = absl::Milliseconds(cut.then == Then::kClose ? 5000 : 500);
    directory = std::make_unique<Directory>(
        std::make_shared<const DirectoryPolicy>(policy), loop, HealthHooks());
    asked = std::make_unique<Asked>(loop, directory.get());
    for (const char* address : kAddresses) asked->Ask(address);
  }

  const size_t after_bytes;
  CutProxy proxy;
  std::unique_ptr<Directory> directory;
  std::unique_ptr<Asked> asked;
};

class DirectoryCut : public DirectoryFixture {
 protected:
  // Many conversations run at a time: while the oldest wait for their timeouts,
  // others begin.
  static constexpr size_t kAtATime = 150;

  void SetUp() override {
    slapd.Load("full", Slapd::Base() + Controls() + People());
    slapd.Start();
    policy = PolicyFor("");
  }

  size_t LengthOf(From from) {
    Conversation whole(&loop, slapd.port(), policy, {});
    EXPECT_TRUE(whole.asked->Wait());
    for (size_t i = 0; i < whole.asked->size(); ++i) {
      const Answer& answer = (*whole.asked)[i];
      EXPECT_TRUE(Exists(i) ? answer.present() : answer.proven())
          << answer.ToString();
    }
    return whole.proxy.passed(from);
  }

  void CutEverywhere(From from, Then then) {
    const size_t length = LengthOf(from);
    ASSERT_GT(length, 300u);
    size_t present = 0, unknown = 0;
    std::deque<Conversation> window;
    const auto finish_oldest = [&] {
      Check(&window.front(), &present, &unknown);
      window.pop_front();
    };
    for (size_t n = 0; n <= length && !HasFailure(); ++n) {
      window.emplace_back(&loop, slapd.port(), policy,
                          CutProxy::Cut{from, n, then});
      if (window.size() == kAtATime) finish_oldest();
    }
    while (!window.empty()) finish_oldest();
    // Shows that the cuts had an effect: after a loss lookups are sent again,
    // after silence they are not.
    EXPECT_GT(then == Then::kClose ? present : unknown, 0u);
  }

  void Check(Conversation* conversation, size_t* present, size_t* unknown) {
    SCOPED_TRACE(absl::StrCat("cut after byte ", conversation->after_bytes));
    const Asked& asked = *conversation->asked;
    ASSERT_TRUE(conversation->asked->Wait()) << "a lookup was lost";
    for (size_t i = 0; i < asked.size(); ++i) {
      const Answer& answer = asked[i];
      EXPECT_EQ(asked.times(i), 1);
      if (Exists(i)) {
        EXPECT_FALSE(answer.absent()) << answer.ToString();
      } else {
        EXPECT_FALSE(answer.present()) << answer.ToString();
      }
      *present += answer.present();
      *unknown += answer.unknown();
    }
    EXPECT_TRUE(Heals(conversation->directory.get(), absl::Seconds(20)));
  }

  DirectoryPolicy policy;
};

TEST_F(DirectoryCut, WhatTheServerSaysIsCutAndTheConnectionCloses) {
  CutEverywhere(From::kServer, Then::kClose);
}

TEST_F(DirectoryCut, WhatTheServerSaysIsCutAndSilenceFollows) {
  CutEverywhere(From::kServer, Then::kSilence);
}

TEST_F(DirectoryCut, WhatTheServerHearsIsCutAndTheConnectionCloses) {
  CutEverywhere(From::kClient, Then::kClose);
}

TEST_F(DirectoryCut, WhatTheServerHearsIsCutAndSilenceFollows) {
  CutEverywhere(From::kClient, Then::kSilence);
}

// Each connection answers another lookup before it is lost, so none of them
// counts as an outage by itself.
TEST_F(DirectoryCut, ALookupThatEachConnectionLosesIsUnknown) {
  CutProxy::Cut cut;
  cut.poison = "poison";
  CutProxy proxy(slapd.port(), cut);
  policy.uris = {proxy.uri()};
  policy.timeout = absl::Seconds(20);
  Directory directory(std::make_shared<const DirectoryPolicy>(policy), &loop,
                      HealthHooks());
  Asked asked(&loop, &directory);
  asked.Ask("joe@example.org");
  ASSERT_TRUE(asked.Wait());
  ASSERT_TRUE(asked[0].present());
  asked.Ask("poison@example.org");
  while (asked.times(1) == 0 && proxy.connections() < 6) {
    const size_t joe = asked.size();
    asked.Ask("joe@example.org");
    ASSERT_TRUE(loop.RunUntil(
        [&] { return asked.times(joe) == 1 || asked.times(1) == 1; }));
  }
  ASSERT_EQ(asked.times(1), 1);
  EXPECT_TRUE(asked[1].unknown()) << asked[1].ToString();
  EXPECT_LE(proxy.connections(), 3);
}

}  // namespace
}  // namespace mailverdict
