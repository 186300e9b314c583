#include "adapters/daemon/alarms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailverdict {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

TEST(Alarms, AreSaidAtOnceAndAgainEachHourUntilTheyAreMended) {
  Alarms alarms;
  EXPECT_TRUE(alarms.Raise("list /a", "list /a is refused", kStart));
  EXPECT_FALSE(
      alarms.Raise("list /a", "list /a is refused", kStart + absl::Minutes(1)));
  EXPECT_THAT(alarms.Due(kStart + absl::Minutes(59)), IsEmpty());
  EXPECT_THAT(alarms.Due(kStart + absl::Minutes(60)),
              ElementsAre("list /a is refused (for 1h)"));
  EXPECT_THAT(alarms.Due(kStart + absl::Minutes(61)), IsEmpty());
  EXPECT_THAT(alarms.Due(kStart + absl::Minutes(125)),
              ElementsAre("list /a is refused (for 2h)"));
  EXPECT_TRUE(alarms.Clear("list /a"));
  EXPECT_FALSE(alarms.Clear("list /a"));
  EXPECT_THAT(alarms.Due(kStart + absl::Hours(9)), IsEmpty());
}

TEST(Alarms, AnotherReasonIsSaidAtOnceAndKeepsSinceWhen) {
  Alarms alarms;
  alarms.Raise("list /a", "line 3", kStart);
  EXPECT_TRUE(alarms.Raise("list /a", "line 5", kStart + absl::Minutes(30)));
  EXPECT_THAT(alarms.Due(kStart + absl::Minutes(60)), IsEmpty());
  EXPECT_THAT(alarms.Due(kStart + absl::Minutes(90)),
              ElementsAre("line 5 (for 1h)"));
  EXPECT_EQ(alarms.all().at("list /a").since, kStart);
}

}  // namespace
}  // namespace mailverdict
