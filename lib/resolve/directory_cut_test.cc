// The conversation with a real slapd, cut after every single byte.

#include <algorithm>

#include "lib/resolve/testing/directory_fixture.h"

namespace mailverdict {
namespace {

using From = CutProxy::From;
using Then = CutProxy::Then;

constexpr const char* kAddresses[] = {"joe@example.org", "nobody@example.org",
                                      "j.doe@example.org", "jane@example.org",
                                      "nowhere@example.org"};
bool Exists(size_t i) { return kAddresses[i][0] == 'j'; }

// One conversation: bind, the controls, and a batch.
struct Conversation {
  Conversation(ManualExecutor* loop, int port, DirectoryPolicy policy,
               CutProxy::Cut cut)
      : proxy(port, cut) {
    policy.uri = proxy.uri();
    policy.timeout = absl::Milliseconds(500);
    directory = std::make_unique<Directory>(
        std::make_shared<const DirectoryPolicy>(policy), loop,
        DirectoryHooks());
    asked = std::make_unique<Asked>(loop, directory.get());
    for (const char* address : kAddresses) asked->Ask(address);
  }

  CutProxy proxy;
  std::unique_ptr<Directory> directory;
  std::unique_ptr<Asked> asked;
};

class DirectoryCut : public DirectoryFixture {
 protected:
  // Side by side, so that their timeouts pass together.
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
      EXPECT_TRUE(Exists(i) ? answer.present() : answer.vouched())
          << answer.ToString();
    }
    return whole.proxy.passed(from);
  }

  void CutEverywhere(From from, Then then) {
    const size_t length = LengthOf(from);
    ASSERT_GT(length, 300u);
    size_t present = 0, unknown = 0;
    for (size_t first = 0; first <= length; first += kAtATime) {
      std::vector<std::unique_ptr<Conversation>> all;
      for (size_t n = first; n < first + kAtATime && n <= length; ++n) {
        all.push_back(std::make_unique<Conversation>(
            &loop, slapd.port(), policy, CutProxy::Cut{from, n, then}));
      }
      for (const auto& each : all) {
        Check(each->asked.get(), &present, &unknown);
      }
      for (const auto& each : all) {
        EXPECT_TRUE(Heals(each->directory.get(), absl::Seconds(20)));
      }
      if (HasFailure()) {
        FAIL() << "cut after one of the bytes from " << first;
      }
    }
    // The test can tell: a loss is asked again, silence is not.
    EXPECT_GT(then == Then::kClose ? present : unknown, 0u);
  }

  static void Check(Asked* asked, size_t* present, size_t* unknown) {
    ASSERT_TRUE(asked->Wait()) << "a lookup was lost";
    for (size_t i = 0; i < asked->size(); ++i) {
      const Answer& answer = (*asked)[i];
      EXPECT_EQ(asked->times(i), 1);
      if (Exists(i)) {
        EXPECT_FALSE(answer.absent()) << answer.ToString();
      } else {
        EXPECT_FALSE(answer.present()) << answer.ToString();
      }
      *present += answer.present();
      *unknown += answer.unknown();
    }
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

}  // namespace
}  // namespace mailverdict
