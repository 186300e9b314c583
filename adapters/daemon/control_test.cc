#include "adapters/daemon/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailverdict {
namespace {

class StatusText : public testing::Test {
 protected:
  StatusText() {
    people.name = "people";
    status.now = status.started = absl::FromUnixSeconds(1'800'000'000);
    status.directories.push_back({&people, {}, Vanished()});
  }
  // So many, at once.
  void Vanish(size_t count) {
    status.directories[0].vanished->times.assign(count, status.now);
  }
  std::string text() const { return status.ToString(); }

  DirectoryPolicy people;
  DaemonStatus status;
};

TEST_F(StatusText, ShowsWhatThePolicySays) {
  EXPECT_THAT(text(), testing::HasSubstr("directory people\n"
                                         "  grace 72h, vanished 5/10m\n"));
}

TEST_F(StatusText, ShowsThePolicyBesideWhatAnOperatorHasSet) {
  status.overrides["people"].grace = absl::Hours(24);
  EXPECT_THAT(text(), testing::HasSubstr(
                          "  grace 24h SET BY AN OPERATOR (policy: 72h), "
                          "vanished 5/10m\n"));
  status.overrides["people"] = {std::nullopt, HoldLimit{20, absl::Hours(1)}};
  EXPECT_THAT(text(),
              testing::HasSubstr("  grace 72h, vanished 20/1h SET BY AN "
                                 "OPERATOR (policy: 5/10m)\n"));
}

TEST_F(StatusText, TellsOfAHoldByTheLimitInForce) {
  Vanish(6);
  EXPECT_THAT(text(), testing::HasSubstr("HELD"));
  status.overrides["people"].hold = HoldLimit{6, absl::Minutes(10)};
  EXPECT_THAT(text(), testing::Not(testing::HasSubstr("HELD")));
  Vanish(7);
  EXPECT_THAT(text(), testing::HasSubstr("HELD"));
}

}  // namespace
}  // namespace mailverdict
