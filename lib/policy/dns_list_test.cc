#include "lib/policy/dns_list.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace mailverdict {
namespace {

TEST(ListedName, IsTheAddressReversedBelowTheZone) {
  const auto name = [](const char* address) {
    return ListedName(*mail::ParseIp(address), "bl.example.org");
  };
  EXPECT_EQ(name("192.0.2.1"), "1.2.0.192.bl.example.org");
  EXPECT_EQ(name("10.255.0.99"), "99.0.255.10.bl.example.org");
  EXPECT_EQ(name("::ffff:192.0.2.1"), "1.2.0.192.bl.example.org");
  // RFC 5782 2.4.
  EXPECT_EQ(name("2001:db8:1:2:3:4:567:89ab"),
            "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2."
            "bl.example.org");
}

DnsList WithAnswers(const std::vector<std::pair<const char*, int>>& answers) {
  DnsList list;
  list.weight = 9;
  for (const auto& [within, weight] : answers) {
    list.answers.push_back({*mail::IpNetwork::Parse(within), weight});
  }
  return list;
}

TEST(ListingWeight, WithoutPatternsEveryListingHasTheListsWeight) {
  DnsList list;
  list.weight = -3;
  for (const char* listing :
       {"127.0.0.0", "127.0.0.2", "127.255.254.255", "127.1.2.3"}) {
    EXPECT_EQ(ListingWeight(list, {listing}), -3) << listing;
  }
}

TEST(ListingWeight, OfPatternsTheFirstThatFitsCountsAndNothingElse) {
  const DnsList list =
      WithAnswers({{"127.0.0.2", 5}, {"127.0.0.0/24", 2}, {"127.0.1.0/24", 7}});
  EXPECT_EQ(ListingWeight(list, {"127.0.0.2"}), 5);
  EXPECT_EQ(ListingWeight(list, {"127.0.0.3"}), 2);
  EXPECT_EQ(ListingWeight(list, {"127.0.1.255"}), 7);
  EXPECT_EQ(ListingWeight(list, {"127.0.2.0"}), 0);
}

TEST(ListingWeight, AnErrorIsNoListingWhateverStandsBesideIt) {
  const DnsList everything = WithAnswers({{"127.0.0.0/8", 5}});
  for (const char* error :
       {"127.255.255.0", "127.255.255.252", "127.255.255.254",
        "127.255.255.255", "126.255.255.255", "128.0.0.0", "192.0.2.1",
        "0.0.0.0", "2001:db8::1", "::1", "listed", ""}) {
    for (const DnsList& list : {DnsList(), everything}) {
      EXPECT_EQ(ListingWeight(list, {error}), std::nullopt) << error;
      EXPECT_EQ(ListingWeight(list, {"127.0.0.2", error}), std::nullopt);
      EXPECT_EQ(ListingWeight(list, {error, "127.0.0.2"}), std::nullopt);
    }
  }
  EXPECT_EQ(ListingWeight(everything, {}), std::nullopt);
}

TEST(ListingWeight, OfSeveralTheGreatestCountsUnlessOneAllows) {
  const DnsList list = WithAnswers({{"127.0.0.2", 5},
                                    {"127.0.0.3", 2},
                                    {"127.0.0.4", -1},
                                    {"127.0.0.5", -4}});
  EXPECT_EQ(ListingWeight(list, {"127.0.0.3", "127.0.0.2"}), 5);
  EXPECT_EQ(ListingWeight(list, {"127.0.0.3", "127.0.0.9"}), 2);
  EXPECT_EQ(ListingWeight(list, {"127.0.0.2", "127.0.0.4"}), -1);
  EXPECT_EQ(ListingWeight(list, {"127.0.0.5", "127.0.0.4"}), -4);
}

TEST(WeightsOf, SpansWhatAnAnswerMayWeighAndNothing) {
  const auto weights = [](const DnsList& list) {
    const WeightRange range = WeightsOf(list);
    return std::pair(range.least, range.most);
  };
  DnsList list;
  list.weight = 3;
  EXPECT_EQ(weights(list), std::pair(0, 3));
  list.weight = -3;
  EXPECT_EQ(weights(list), std::pair(-3, 0));
  EXPECT_EQ(weights(WithAnswers({{"127.0.0.2", 5}, {"127.0.0.3", 2}})),
            std::pair(0, 5));
  EXPECT_EQ(weights(WithAnswers({{"127.0.0.2", 5}, {"127.0.0.3", -2}})),
            std::pair(-2, 5));
}

}  // namespace
}  // namespace mailverdict
