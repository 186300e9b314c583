#include "lib/core/missing_domain.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mailverdict {
namespace {

std::optional<MissingDomain> Read(std::vector<std::string> more) {
  std::vector<std::string> values = {"first missing 2026-11-24T04:00:00Z",
                                     "last missing 2026-11-25T04:00:00Z",
                                     "messages 3"};
  values.insert(values.end(), more.begin(), more.end());
  return MissingDomain::From(Answer(Report::Present(
      HistoryLookup{HistoryLookup::Kind::kMissingDomain, "bad.com"}, values)));
}

// A mark makes a domain learned at once, so no other word may be read as a
// mark.
TEST(MissingDomain, AMarkIsOneOfTwoWords) {
  EXPECT_EQ(Read({})->mark, MissingDomain::Mark::kNone);
  EXPECT_EQ(Read({"added"})->mark, MissingDomain::Mark::kAdded);
  EXPECT_EQ(Read({"pinned"})->mark, MissingDomain::Mark::kPinned);
  EXPECT_FALSE(Read({"perhaps"}).has_value());
  EXPECT_FALSE(Read({""}).has_value());
  EXPECT_FALSE(Read({"added", "pinned"}).has_value());
}

}  // namespace
}  // namespace mailverdict
