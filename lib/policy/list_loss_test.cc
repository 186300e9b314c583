#include "lib/policy/list_loss.h"

#include <gtest/gtest.h>

#include <string>

namespace mailverdict {
namespace {

mail::AddressFile Parse(const std::string& text) {
  auto parsed = mail::ParseAddressFile(text, "list");
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() ? *parsed : mail::AddressFile();
}

// The loss if `lost` of `before` entries are missing and `added` are new.
bool Doubted(int before, int lost, int added, int percent = 50) {
  std::string in_force, version;
  for (int i = 0; i < before; ++i) {
    const std::string entry = "user" + std::to_string(i) + "@example.org\n";
    in_force += entry;
    if (i >= lost) version += entry;
  }
  for (int i = 0; i < added; ++i) version += "new" + std::to_string(i) + "\n";
  return IsDoubtful(LossOf(Parse(in_force), Parse(version)), percent);
}

TEST(ListLoss, MoreThanHalfOrEverythingIsDoubted) {
  EXPECT_FALSE(Doubted(100, 0, 0));
  EXPECT_FALSE(Doubted(100, 50, 0)) << "half is not more than half";
  EXPECT_TRUE(Doubted(100, 51, 0));
  EXPECT_TRUE(Doubted(100, 100, 0));
  EXPECT_TRUE(Doubted(100, 100, 1000)) << "other names are no substitute";
}

TEST(ListLoss, SmallListsAreNoException) {
  EXPECT_FALSE(Doubted(2, 1, 0));
  EXPECT_TRUE(Doubted(3, 2, 0));
  EXPECT_TRUE(Doubted(2, 2, 0));
  EXPECT_TRUE(Doubted(1, 1, 0));
  EXPECT_TRUE(Doubted(1, 1, 1)) << "one that is replaced is lost";
}

TEST(ListLoss, EachKindOfEntryCounts) {
  const mail::AddressFile all = Parse(
      "joe@example.org\njoe\n@example.org\nlist-*\n*-request@example.org\n");
  EXPECT_EQ(CountEntries(all), 5u);
  EXPECT_EQ(LossOf(all, {}).lost, 5u);
  for (const char* kept : {"joe@example.org\n", "joe\n", "@example.org\n",
                           "list-*\n", "*-request@example.org\n"}) {
    EXPECT_EQ(LossOf(all, Parse(kept)).lost, 4u) << kept;
    EXPECT_EQ(LossOf(all, UnionOf(Parse(kept), all)).lost, 0u) << kept;
    EXPECT_EQ(CountEntries(UnionOf(all, Parse(kept))), 5u) << kept;
  }
}

TEST(ListLoss, AnEmptyListHasNothingToLose) {
  EXPECT_FALSE(Doubted(0, 0, 0));
  EXPECT_FALSE(Doubted(0, 0, 5));
  EXPECT_FALSE(Doubted(0, 0, 5, 0));
}

TEST(ListLoss, ThePolicySaysHowMuch) {
  EXPECT_TRUE(Doubted(100, 1, 0, 0)) << "0: any loss";
  EXPECT_FALSE(Doubted(100, 99, 0, 100));
  EXPECT_TRUE(Doubted(100, 100, 0, 100)) << "all of them, whatever it says";
  EXPECT_TRUE(Doubted(100, 11, 0, 10));
  EXPECT_FALSE(Doubted(100, 10, 0, 10));
}

TEST(ListLoss, EachKindOfEntryCountsAndOnlyOnce) {
  const ListLoss loss =
      LossOf(Parse("joe\njoe\nann@example.org\n@example.net\n"),
             Parse("ann\njoe@example.org\n@example.net\n"));
  EXPECT_EQ(loss.entries, 3u);
  EXPECT_EQ(loss.lost, 2u) << "joe is another entry than joe@example.org";
  EXPECT_EQ(CountEntries(Parse("joe\njoe\n")), 1u);
}

TEST(ListLoss, AUnionHasTheEntriesOfBoth) {
  const mail::AddressFile both =
      UnionOf(Parse("joe\nann@example.org\n"), Parse("joe\n@example.net\n"));
  EXPECT_EQ(CountEntries(both), 3u);
  EXPECT_EQ(LossOf(Parse("joe\nann@example.org\n@example.net\n"), both).lost,
            0u);
}

}  // namespace
}  // namespace mailverdict
