#include "lib/dns/edns_memory.h"

#include <gtest/gtest.h>

namespace mailverdict {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TEST(EdnsMemoryTest, AServerIsAskedWithEdnsAtFirst) {
  EdnsMemory memory;
  EXPECT_TRUE(memory.AskWith(kNow));
  EXPECT_TRUE(memory.AskWith(kNow));
  EXPECT_FALSE(memory.WorkedLately(kNow));
}

TEST(EdnsMemoryTest, AServerThatRefusesEdnsIsAskedWithoutForAWhile) {
  EdnsMemory memory;
  memory.WorksOnlyWithout(EdnsDoubt::kRefused, kNow);
  EXPECT_FALSE(memory.AskWith(kNow));
  EXPECT_FALSE(
      memory.AskWith(kNow + EdnsMemory::kForget - absl::Nanoseconds(1)));
  EXPECT_TRUE(memory.AskWith(kNow + EdnsMemory::kForget));
}

TEST(EdnsMemoryTest, ALostPacketDoesNotTurnEdnsOff) {
  EdnsMemory memory;
  for (int i = 0; i < 100; ++i) {
    for (int lost = 1; lost < EdnsMemory::kSuspicions; ++lost) {
      memory.WorksOnlyWithout(EdnsDoubt::kPerhaps, kNow);
      EXPECT_TRUE(memory.AskWith(kNow));
    }
    memory.Works(kNow);
  }
  EXPECT_TRUE(memory.WorkedLately(kNow));
}

TEST(EdnsMemoryTest, SilenceAgainAndAgainTurnsItOff) {
  EdnsMemory memory;
  for (int i = 0; i < EdnsMemory::kSuspicions; ++i) {
    EXPECT_TRUE(memory.AskWith(kNow));
    memory.WorksOnlyWithout(EdnsDoubt::kPerhaps, kNow);
  }
  EXPECT_FALSE(memory.AskWith(kNow));
}

// A failure is then no longer blamed on the name.
TEST(EdnsMemoryTest, AServerThatNoLongerTakesItDidNotTakeItLately) {
  EdnsMemory memory;
  memory.Works(kNow);
  for (int i = 0; i < EdnsMemory::kSuspicions; ++i) {
    EXPECT_TRUE(memory.WorkedLately(kNow));
    memory.WorksOnlyWithout(EdnsDoubt::kPerhaps, kNow);
  }
  EXPECT_FALSE(memory.WorkedLately(kNow));
}

TEST(EdnsMemoryTest, OneQuestionTriesAgainAndTheOthersDoNotWaitForIt) {
  EdnsMemory memory;
  memory.WorksOnlyWithout(EdnsDoubt::kRefused, kNow);
  const absl::Time later = kNow + EdnsMemory::kForget;
  EXPECT_TRUE(memory.AskWith(later));
  EXPECT_FALSE(memory.AskWith(later));
  // One more lost question is now enough.
  memory.WorksOnlyWithout(EdnsDoubt::kPerhaps, later);
  EXPECT_FALSE(memory.AskWith(later + EdnsMemory::kProbe));
  EXPECT_TRUE(memory.AskWith(later + EdnsMemory::kForget));
  // A probe that is never answered is followed by another one.
  EXPECT_TRUE(memory.AskWith(later + EdnsMemory::kForget + EdnsMemory::kProbe));
}

TEST(EdnsMemoryTest, AServerThatIsMendedIsAskedWithEdnsAgain) {
  EdnsMemory memory;
  memory.WorksOnlyWithout(EdnsDoubt::kRefused, kNow);
  const absl::Time later = kNow + EdnsMemory::kForget;
  EXPECT_TRUE(memory.AskWith(later));
  memory.Works(later);
  EXPECT_TRUE(memory.AskWith(later));
  EXPECT_TRUE(memory.WorkedLately(later + EdnsMemory::kForget / 2));
  EXPECT_FALSE(memory.WorkedLately(later + EdnsMemory::kForget));
  memory.WorksOnlyWithout(EdnsDoubt::kPerhaps, later);
  EXPECT_TRUE(memory.AskWith(later));
}

}  // namespace
}  // namespace mailverdict
