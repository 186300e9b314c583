#include "lib/policy/loader/overrides_reader.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "lib/policy/loader/loader_testing.h"

namespace mailverdict {
namespace {

TEST(OverridesReader, ReadsWhatItShows) {
  for (const char* text : {"0", "5s", "1h30m", "72h"}) {
    const absl::StatusOr<absl::Duration> grace = ReadGrace(text);
    ASSERT_TRUE(grace.ok()) << text;
    EXPECT_EQ(absl::FormatDuration(*grace), text);
  }
  for (const char* text : {"1/0", "5/10m", "63/24h"}) {
    const absl::StatusOr<VanishLimit> limit = ReadVanishLimit(text);
    ASSERT_TRUE(limit.ok()) << text;
    EXPECT_EQ(limit->ToString(), text);
  }
}

TEST(OverridesReader, SaysWhatIsWrongWithAGrace) {
  const std::map<std::string, std::string> cases = {
      {"3d",
       "grace \"3d\" is no duration; write a number and a unit (ms, s, m, h), "
       "as in \"72h\", and days as hours"},
      {"-1h", "grace \"-1h\" is negative; write, say, \"72h\""},
      {"inf", "grace \"inf\" has no end; write, say, \"72h\""},
      {"",
       "grace \"\" is no duration; write a number and a unit (ms, s, m, h), "
       "as in \"72h\""},
  };
  for (const auto& [text, said] : cases) {
    EXPECT_EQ(ReadGrace(text).status().message(), said) << text;
  }
}

TEST(OverridesReader, SaysWhatIsWrongWithAHoldLimit) {
  const std::string form =
      "vanished is a number and a time, as in \"5/10m\": held when more than 5 "
      "have vanished within 10 minutes";
  const std::map<std::string, std::string> cases = {
      {"", form},
      {"5", form},
      {"10m", form},
      {"/10m", form},
      {"-1/10m", form},
      {"4294967297/10m", form},
      {"0/10m", "vanished is 0; write 1 to 63"},
      {"64/10m", "vanished is 64; write 1 to 63"},
      {"5/",
       "within \"\" is no duration; write a number and a unit (ms, s, m, h), "
       "as in \"10m\""},
      {"5/-1s", "within \"-1s\" is negative; write, say, \"10m\""},
  };
  for (const auto& [text, said] : cases) {
    EXPECT_EQ(ReadVanishLimit(text).status().message(), said) << text;
  }
}

// A policy with the same words is good, or bad, as they are.
TEST(OverridesReader, HasTheRangesOfThePolicy) {
  for (const char* count : {"0", "1", "63", "64"}) {
    const std::string errors =
        ErrorsOf(std::string("directory { name: \"a\" uri: \"ldap://a\" base: "
                             "\"o=x\" filter: \"(mail=%a)\"\n"
                             "hold { vanished: ") +
                 count + " } }");
    EXPECT_EQ(errors.find("vanished is ") == errors.npos,
              ReadVanishLimit(std::string(count) + "/10m").ok())
        << errors;
  }
}

}  // namespace
}  // namespace mailverdict
