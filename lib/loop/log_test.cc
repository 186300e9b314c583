#include "lib/loop/log.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mailverdict {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1000);

TEST(LimitedLog, SaysHowManyLinesItLeftOut) {
  std::vector<std::string> lines;
  LimitedLog log(
      [&](Severity, std::string_view line) { lines.emplace_back(line); }, 2,
      absl::Seconds(10));
  for (int i = 0; i < 5; ++i) {
    log.Write(kStart, Severity::kInfo, [] { return std::string("flood"); });
  }
  log.Write(kStart + absl::Seconds(10), Severity::kInfo,
            [] { return std::string("later"); });
  log.Write(kStart + absl::Seconds(11), Severity::kInfo,
            [] { return std::string("last"); });
  EXPECT_EQ(lines,
            (std::vector<std::string>{
                "flood", "flood", "later (3 messages suppressed)", "last"}));
}

TEST(LimitedLog, DoesNotMakeALineThatItLeavesOut) {
  int made = 0;
  LimitedLog log([](Severity, std::string_view) {}, 1, absl::Seconds(10));
  for (int i = 0; i < 5; ++i) {
    log.Write(kStart, Severity::kInfo, [&] {
      ++made;
      return std::string();
    });
  }
  EXPECT_EQ(made, 1);
}

TEST(LimitedLog, DiscardsEverythingWithoutASink) {
  LimitedLog log(nullptr, 1, absl::Seconds(10));
  log.Write(kStart, Severity::kInfo, [] { return std::string("nobody"); });
}

}  // namespace
}  // namespace mailverdict
