#include "lib/dns/edns_memory.h"

#include <gtest/gtest.h>

namespace mailverdict {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TEST(EdnsMemoryTest, AServerIsAskedWithEdnsAtFirst) {
  EdnsMemory memory;
  EXPECT_TRUE(memory.ShouldUseEdns(kNow));
  EXPECT_TRUE(memory.ShouldUseEdns(kNow));
  EXPECT_FALSE(memory.WorkedLately(kNow));
}

TEST(EdnsMemoryTest, AServerThatRefusesEdnsIsAskedWithoutForAWhile) {
  EdnsMemory memory;
  memory.NoteAnsweredOnlyWithout(EdnsDoubt::kRefused, kNow);
  EXPECT_FALSE(memory.ShouldUseEdns(kNow));
  EXPECT_FALSE(
      memory.ShouldUseEdns(kNow + EdnsMemory::kForget - absl::Nanoseconds(1)));
  EXPECT_TRUE(memory.ShouldUseEdns(kNow + EdnsMemory::kForget));
}

TEST(EdnsMemoryTest, ALostPacketDoesNotTurnEdnsOff) {
  EdnsMemory memory;
  for (int i = 0; i < 100; ++i) {
    for (int lost = 1; lost < EdnsMemory::kSuspicions; ++lost) {
      memory.NoteAnsweredOnlyWithout(EdnsDoubt::kPerhaps, kNow);
      EXPECT_TRUE(memory.ShouldUseEdns(kNow));
    }
    memory.NoteAnswered(kNow);
  }
  EXPECT_TRUE(memory.WorkedLately(kNow));
}

TEST(EdnsMemoryTest, SilenceAgainAndAgainTurnsItOff) {
  EdnsMemory memory;
  for (int i = 0; i < EdnsMemory::kSuspicions; ++i) {
    EXPECT_TRUE(memory.ShouldUseEdns(kNow));
    memory.NoteAnsweredOnlyWithout(EdnsDoubt::kPerhaps, kNow);
  }
  EXPECT_FALSE(memory.ShouldUseEdns(kNow));
}

// A failure is then no longer blamed on the name.
TEST(EdnsMemoryTest, AServerThatNoLongerTakesItDidNotTakeItLately) {
  EdnsMemory memory;
  memory.NoteAnswered(kNow);
  for (int i = 0; i < EdnsMemory::kSuspicions; ++i) {
    EXPECT_TRUE(memory.WorkedLately(kNow));
    memory.NoteAnsweredOnlyWithout(EdnsDoubt::kPerhaps, kNow);
  }
  EXPECT_FALSE(memory.WorkedLately(kNow));
}

TEST(EdnsMemoryTest, OneQuestionTriesAgainAndTheOthersDoNotWaitForIt) {
  EdnsMemory memory;
  memory.NoteAnsweredOnlyWithout(EdnsDoubt::kRefused, kNow);
  const absl::Time later = kNow + EdnsMemory::kForget;
  EXPECT_TRUE(memory.ShouldUseEdns(later));
  EXPECT_FALSE(memory.ShouldUseEdns(later));
  // One more lost question is now enough.
  memory.NoteAnsweredOnlyWithout(EdnsDoubt::kPerhaps, later);
  EXPECT_FALSE(memory.ShouldUseEdns(later + EdnsMemory::kProbe));
  EXPECT_TRUE(memory.ShouldUseEdns(later + EdnsMemory::kForget));
  // A probe that is never answered is followed by another one.
  EXPECT_TRUE(
      memory.ShouldUseEdns(later + EdnsMemory::kForget + EdnsMemory::kProbe));
}

TEST(EdnsMemoryTest, AServerThatIsMendedIsAskedWithEdnsAgain) {
  EdnsMemory memory;
  memory.NoteAnsweredOnlyWithout(EdnsDoubt::kRefused, kNow);
  const absl::Time later = kNow + EdnsMemory::kForget;
  EXPECT_TRUE(memory.ShouldUseEdns(later));
  memory.NoteAnswered(later);
  EXPECT_TRUE(memory.ShouldUseEdns(later));
  EXPECT_TRUE(memory.WorkedLately(later + EdnsMemory::kForget / 2));
  EXPECT_FALSE(memory.WorkedLately(later + EdnsMemory::kForget));
  memory.NoteAnsweredOnlyWithout(EdnsDoubt::kPerhaps, later);
  EXPECT_TRUE(memory.ShouldUseEdns(later));
}

}  // namespace
}  // namespace mailverdict
