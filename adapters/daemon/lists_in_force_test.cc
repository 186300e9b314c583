#include "adapters/daemon/lists_in_force.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <thread>

#include "absl/time/clock.h"

namespace mailverdict {
namespace {

using State = ListInForce::State;
using testing::HasSubstr;

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

// user<first>@example.org to user<last>@example.org, a line each.
std::string Users(int first, int last) {
  std::string text;
  for (int i = first; i <= last; ++i) {
    text += "user" + std::to_string(i) + "@example.org\n";
  }
  return text;
}

class ListsInForceTest : public testing::Test {
 protected:
  ListsInForceTest() { unlink(path.c_str()); }
  void Write(const std::string& text) { std::ofstream(path) << text; }
  // Reads the file, compared with what was read before, a minute later.
  State Read(bool accepted = false, int max_percent = 50) {
    now += absl::Minutes(1);
    absl::StatusOr<ListInForce> read =
        ReadList({domains, path}, list.has_value() ? &*list : nullptr,
                 max_percent, accepted, now);
    EXPECT_TRUE(read.ok()) << read.status();
    if (read.ok()) list = *std::move(read);
    return list->state;
  }
  // Whether the address counts as valid.
  bool Has(const std::string& address) {
    const mail::AddressFile counting = list->ValidAddresses();
    return testing::Value(counting.addresses, testing::Contains(address));
  }

  const std::string path = testing::TempDir() + "/list_in_force";
  bool domains = false;
  absl::Time now = kStart;
  std::optional<ListInForce> list;
};

TEST_F(ListsInForceTest, ALossIsHeldAgainstTheListInForce) {
  Write(Users(1, 10));
  EXPECT_EQ(Read(), State::kGood);
  Write("");
  EXPECT_EQ(Read(), State::kHeld);
  EXPECT_EQ(list->since, kStart + absl::Minutes(2));
  EXPECT_THAT(list->why, HasSubstr("lost 10 of 10 entries"));
  EXPECT_TRUE(Has("user1@example.org"));
  Write(Users(1, 4));
  EXPECT_EQ(Read(), State::kHeld) << "more than the empty one had, yet a loss";
  EXPECT_EQ(list->since, kStart + absl::Minutes(2)) << "since the first";
  EXPECT_THAT(list->why, HasSubstr("lost 6 of 10 entries"));
  EXPECT_TRUE(Has("user10@example.org"));
  Write(Users(1, 5));
  EXPECT_EQ(Read(), State::kGood) << "half of the list that was held";
  EXPECT_FALSE(Has("user10@example.org"));
  Write(Users(1, 2));
  EXPECT_EQ(Read(), State::kHeld) << "against the five in force";
  Write(Users(1, 5));
  EXPECT_EQ(Read(), State::kGood);
}

TEST_F(ListsInForceTest, NewNamesOfAHeldVersionCountAsWell) {
  Write("old@example.org\n");
  Read();
  Write("new@example.org\n");
  EXPECT_EQ(Read(), State::kHeld);
  EXPECT_TRUE(Has("old@example.org"));
  EXPECT_TRUE(Has("new@example.org"));
  Write("newer@example.org\n");
  EXPECT_EQ(Read(), State::kHeld);
  EXPECT_FALSE(Has("new@example.org")) << "it was never in force";
}

TEST_F(ListsInForceTest, AHoldEndsWithTheFileThatCameBack) {
  Write(Users(1, 10));
  Read();
  Write("wrong@example.org\n");
  EXPECT_EQ(Read(), State::kHeld);
  Write(Users(1, 10));
  EXPECT_EQ(Read(), State::kGood);
  EXPECT_EQ(list->why, "");
  EXPECT_FALSE(Has("wrong@example.org")) << "its version was withdrawn";
  Write("wrong@example.org\n");
  EXPECT_EQ(Read(), State::kHeld);
  EXPECT_EQ(list->since, now) << "a new hold";
}

TEST_F(ListsInForceTest, AFileThatIsReadableAgainIsReadOnce) {
  Write(Users(1, 3));
  Read();
  ASSERT_EQ(rename(path.c_str(), (path + ".away").c_str()), 0);
  EXPECT_EQ(Read(), State::kBroken);
  EXPECT_TRUE(list->reread);
  const absl::Time gone = now;
  ASSERT_EQ(rename((path + ".away").c_str(), path.c_str()), 0);
  EXPECT_EQ(Read(), State::kGood);
  EXPECT_FALSE(list->reread);
  EXPECT_GT(list->since, gone);
}

// The text may be half of the new version, and half of the old one.
TEST_F(ListsInForceTest, AVersionThatWasWrittenWhileItWasReadIsNotTaken) {
  Write(Users(1, 3));
  Read();
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) Write(Users(1, 4 + i % 2000));
  });
  const absl::Time end = absl::Now() + absl::Minutes(1);
  bool caught = false;
  while (!caught && absl::Now() < end) {
    const std::string before = *list->text;
    Read();
    caught = list->reread;
    if (caught) {
      EXPECT_EQ(*list->text, before);
    }
  }
  stop = true;
  writer.join();
  EXPECT_TRUE(caught);
}

TEST_F(ListsInForceTest, AVersionIsAcceptedOnlyAsItWasHeld) {
  Write(Users(1, 10));
  Read();
  Write(Users(1, 2));
  Read();
  Write("");
  EXPECT_EQ(Read(/*accepted=*/true), State::kHeld) << "another one now";
  Write(Users(1, 2));
  Read();
  Write("# the same\n" + Users(1, 2));
  EXPECT_EQ(Read(/*accepted=*/true), State::kGood);
  EXPECT_FALSE(Has("user10@example.org"));
  Write("");
  EXPECT_EQ(Read(), State::kHeld) << "an acceptance is for one version";
}

TEST_F(ListsInForceTest, WhatIsBrokenOrGoneLeavesTheLastGoodVersion) {
  Write(Users(1, 3));
  Read();
  Write("user1@example.org\nnot@@good\n");
  EXPECT_EQ(Read(), State::kBroken);
  EXPECT_THAT(list->why, HasSubstr("list_in_force:2:"));
  EXPECT_FALSE(list->reread);
  EXPECT_TRUE(Has("user3@example.org"));
  unlink(path.c_str());
  EXPECT_EQ(Read(), State::kBroken);
  EXPECT_THAT(list->why, HasSubstr("cannot be read: "));
  EXPECT_TRUE(list->reread) << "it may be there again without another change";
  EXPECT_EQ(list->since, kStart + absl::Minutes(2));
  ASSERT_EQ(mkdir(path.c_str(), 0700), 0);
  EXPECT_EQ(Read(), State::kBroken);
  rmdir(path.c_str());
  Write(Users(1, 4));
  EXPECT_EQ(Read(), State::kGood);
  EXPECT_TRUE(Has("user4@example.org"));
}

TEST_F(ListsInForceTest, ABrokenFileDoesNotEndAHoldAndTakesNothingAway) {
  Write(Users(1, 10));
  Read();
  Write("new@example.org\n");
  Read();
  for (const bool gone : {false, true}) {
    Write("not@@good\n");
    if (gone) unlink(path.c_str());
    EXPECT_EQ(Read(), State::kBroken);
    EXPECT_TRUE(Has("new@example.org")) << "it counted while the hold was on";
  }
  EXPECT_TRUE(Has("user10@example.org"));
  Write("new@example.org\n");
  EXPECT_EQ(Read(), State::kHeld);
}

TEST_F(ListsInForceTest, WithoutAVersionBeforeAnythingGoodIsTaken) {
  Write("");
  EXPECT_EQ(Read(), State::kGood);
  list.reset();
  Write("not@@good\n");
  EXPECT_FALSE(ReadList({false, path}, nullptr, 50, false, now).ok());
  unlink(path.c_str());
  EXPECT_THAT(
      std::string(
          ReadList({false, path}, nullptr, 50, false, now).status().message()),
      HasSubstr("cannot be read: "));
}

TEST_F(ListsInForceTest, AListOfDomainsMayLoseEverything) {
  domains = true;
  Write("wrong.com\nworse.com\n");
  EXPECT_EQ(Read(), State::kGood);
  Write("");
  EXPECT_EQ(Read(), State::kGood) << "fewer rejections harm nobody";
  EXPECT_EQ(list->entries, 0u);
  Write("joe@worse.com\n");
  EXPECT_EQ(Read(), State::kBroken);
}

TEST_F(ListsInForceTest, ComesBackFromSavedListsAndIsComparedWithThem) {
  Write("\"joe ann\"@example.org\n" + Users(1, 10) + "@example.net\n");
  Read();
  std::vector<std::string> alarms;
  const ListsInForce lists =
      FromSavedLists(ToSavedLists({{{false, path}, *list}}), &alarms);
  EXPECT_THAT(alarms, testing::IsEmpty());
  ASSERT_EQ(lists.size(), 1u);
  list = lists.begin()->second;
  EXPECT_EQ(Read(), State::kGood) << "the same as before";
  Write("");
  EXPECT_EQ(Read(), State::kHeld);
  EXPECT_EQ(list->entries, 12u);
}

TEST_F(ListsInForceTest, AMemoryThatIsNotUnderstoodIsLeftOutWithAnAlarm) {
  std::vector<std::string> alarms;
  const ListsInForce lists = FromSavedLists(
      {{false, "/a", std::make_shared<const std::string>("joe@@\n")},
       {true, "/b", std::make_shared<const std::string>("wrong.com\n")}},
      &alarms);
  EXPECT_EQ(lists.size(), 1u);
  EXPECT_THAT(alarms, testing::ElementsAre(HasSubstr("/a")));
}

TEST_F(ListsInForceTest, SameListsAreThoseWhoseEntriesCountAlike) {
  Write(Users(1, 10));
  Read();
  const ListsInForce good = {{{false, path}, *list}};
  Write("");
  Read();
  const ListsInForce empty = {{{false, path}, *list}};
  Write("new@example.org\n");
  Read();
  const ListsInForce added = {{{false, path}, *list}};
  EXPECT_TRUE(SameLists(good, good));
  EXPECT_FALSE(SameLists(good, {}));
  EXPECT_FALSE(SameLists(empty, added)) << "a held version's names count";
  EXPECT_TRUE(SameLists(added, added));
}

}  // namespace
}  // namespace mailverdict
