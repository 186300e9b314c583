#include "lib/resolver/lookup_alarm.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mailverdict {
namespace {

class LookupAlarmTest : public testing::Test {
 protected:
  void Unknown() {
    alarm.Note(Answer(Report::Unknown(lookup, "too slow")), is_well, now);
  }
  void Known() {
    alarm.Note(Answer(Report::Present(lookup, {"cn=joe"})), is_well, now);
  }
  // One lookup each minute, the first of them now.
  void UnknownFor(int minutes) {
    for (int i = 0; i < minutes; ++i) {
      Unknown();
      now += absl::Minutes(1);
    }
  }

  const MailboxLookup lookup{"people", {"joe@example.org"}, ""};
  bool well = true;
  int asked = 0;
  const std::function<bool()> is_well = [this] {
    ++asked;
    return well;
  };
  std::vector<std::string> log;
  absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  LookupAlarm alarm{"directory people", "recipients are deferred (451)",
                    [this](const std::string& line) { log.push_back(line); }};
};

TEST_F(LookupAlarmTest, AnHourOfUnknownWhileItIsWellIsSaidOnceAnHour) {
  UnknownFor(60);
  EXPECT_TRUE(log.empty());
  EXPECT_FALSE(alarm.raised());
  EXPECT_EQ(asked, 0);
  UnknownFor(60);
  ASSERT_EQ(log.size(), 1u);
  EXPECT_TRUE(alarm.raised());
  EXPECT_EQ(log[0],
            "directory people ALARM: no lookup was answered since "
            "2027-01-15T08:00:00Z (61 were Unknown), though the controls pass; "
            "recipients are deferred (451). The last reason: too slow");
  UnknownFor(60);
  EXPECT_EQ(log.size(), 2u);
}

TEST_F(LookupAlarmTest, OneAnswerBeginsTheHourAnew) {
  UnknownFor(59);
  Known();
  UnknownFor(60);
  EXPECT_TRUE(log.empty());
  Unknown();
  EXPECT_EQ(log.size(), 1u);
}

TEST_F(LookupAlarmTest, AnAbsenceIsAnAnswer) {
  UnknownFor(59);
  alarm.Note(Answer(Report::Absent(lookup)), is_well, now);
  UnknownFor(59);
  EXPECT_TRUE(log.empty());
}

TEST_F(LookupAlarmTest, WhileTheStateSaysFailingThereIsNoAlarm) {
  well = false;
  UnknownFor(120);
  EXPECT_TRUE(log.empty());
  well = true;
  Unknown();
  EXPECT_EQ(log.size(), 1u);
}

TEST_F(LookupAlarmTest, AFewLookupsAreNoOutage) {
  for (int i = 1; i < LookupAlarm::kLookups; ++i) {
    Unknown();
    now += absl::Hours(1);
  }
  EXPECT_TRUE(log.empty());
  Unknown();
  EXPECT_EQ(log.size(), 1u);
}

TEST_F(LookupAlarmTest, ItsEndIsSaidOnce) {
  Known();
  EXPECT_TRUE(log.empty());
  UnknownFor(90);
  Known();
  ASSERT_EQ(log.size(), 2u);
  EXPECT_EQ(log[1], "directory people answers lookups again, after 1h30m");
  EXPECT_FALSE(alarm.raised());
  Known();
  EXPECT_EQ(log.size(), 2u);
}

}  // namespace
}  // namespace mailverdict
