// Lookups with controls that are proven or not, with a real NSD and a real
// Unbound that work, are cut off, or lie.

#include "lib/dns/voucher.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/dns/controls.h"
#include "lib/dns/dns_resolver.h"
#include "lib/dns/name_servers_testing.h"
#include "lib/loop/manual_executor_testing.h"

namespace mailverdict {
namespace {

constexpr char kListed[] = "9.2.0.192.list.example";

class DnsVoucherTest : public testing::Test {
 protected:
  DnsVoucherTest() {
    policy.dns.controls = {{"wild.example.org", true}};
    DnsblCheckPolicy dnsbl;
    dnsbl.lists.emplace_back().zone = "list.example";
    policy.checks = {dnsbl};
  }
  static std::string ListZone(const std::string& entries) {
    return Nsd::Zone() + entries;
  }
  static std::string HealthyList() {
    return ListZone("2.0.0.127 A 127.0.0.2\n9.2.0.192 A 127.0.0.4\n");
  }
  // Serves example.org, com and a list.
  void StartAuthority(const std::string& list = HealthyList()) {
    authority.Start(
        {{"example.org",
          absl::StrCat(Nsd::Zone(), "null MX 0 .\n*.wild A 192.0.2.7\n",
                       "zero 0 A 192.0.2.8\nalias CNAME gone\n")},
         {"com", Nsd::Zone()},
         {"list.example", list}});
  }
  void StartCache(const std::string& more = "") {
    cache.Start(authority.port(), {"example.org", "com", "list.example"}, more);
  }
  void StartBoth(const std::string& list = HealthyList()) {
    StartAuthority(list);
    StartCache();
  }

  // Asks `servers`, or the cache if there are none, with a new voucher each
  // time.
  Answer Ask(const std::string& name, DnsType type,
             std::vector<DnsServer> servers = {}) {
    if (servers.empty()) servers = {cache.server()};
    const auto shared = std::make_shared<const Policy>(policy);
    DnsResolver resolver({std::move(servers), timeout}, &loop);
    DnsControls controls(shared, &loop, &resolver, DnsControls::BitGen(),
                         [&](const std::string&, const DnsList*) {
                           HealthHooks hooks;
                           hooks.log = [this](const std::string& line) {
                             log = line;
                           };
                           return hooks;
                         });
    DnsVoucher voucher(shared, &loop, &resolver, &controls, nullptr);
    std::optional<Answer> answer;
    const DnsLookup lookup{name, type, true};
    voucher.Resolve(lookup, [&](const Answer& a) { answer = a; });
    if (!loop.RunUntil([&] { return answer.has_value(); })) {
      ADD_FAILURE() << name << " was lost";
      return Answer(Report::Unknown(lookup, "lost"));
    }
    return *answer;
  }
  Answer AskA(const std::string& name) { return Ask(name, DnsType::kA); }
  void ExpectUnknown(const Answer& answer, const std::string& why) {
    EXPECT_TRUE(answer.unknown()) << answer.ToString();
    EXPECT_TRUE(absl::StrContains(answer.reason(), why)) << answer.reason();
    EXPECT_FALSE(answer.proven());
    EXPECT_FALSE(answer.ProofOfPresence().has_value());
  }

  ManualExecutor loop{ManualExecutor::Clock::kReal};
  Policy policy;
  Nsd authority;
  Unbound cache;
  std::string log;
  absl::Duration timeout = absl::Seconds(5);  // a busy machine fails no test
};

TEST_F(DnsVoucherTest, ANameThatIsNotThereIsProvenNotToBe) {
  StartBoth();
  const Answer mx = Ask("nobody.example.org", DnsType::kMx);
  const Answer a = Ask("nobody.example.org", DnsType::kA);
  const Answer aaaa = Ask("nobody.example.org", DnsType::kAaaa);
  for (const Answer& answer : {mx, a, aaaa}) {
    EXPECT_TRUE(answer.absent() && answer.proven()) << answer.ToString();
    EXPECT_TRUE(absl::StrContains(answer.vouched_by(), ".wild.example.org A"));
    EXPECT_TRUE(absl::StrContains(answer.vouched_by(), ".com MX"));
    EXPECT_EQ(answer.origin().server, cache.server().ToString());
  }
  EXPECT_TRUE(Proof::OfNoName(mx, a, aaaa).has_value());
  loop.RunReady();
  EXPECT_EQ(log, "");
}

TEST_F(DnsVoucherTest, ANullMxIsProvenToBeThere) {
  StartBoth();
  const Answer mx = Ask("null.example.org", DnsType::kMx);
  EXPECT_TRUE(mx.ProofOfPresence().has_value()) << mx.ToString();
  EXPECT_EQ(mx.values(), std::vector<std::string>{"0 ."});
}

TEST_F(DnsVoucherTest, NoDataAndNoNameBehindAnAliasAreNotVouchedFor) {
  StartBoth();
  for (const std::string name : {"null.example.org", "alias.example.org"}) {
    const Answer answer = AskA(name);
    EXPECT_TRUE(answer.absent()) << answer.ToString();
    EXPECT_FALSE(answer.proven());
  }
}

TEST_F(DnsVoucherTest, WithoutAPositiveControlAnAbsenceStaysOne) {
  policy.dns.controls.clear();
  StartBoth();
  const Answer answer = AskA("nobody.example.org");
  EXPECT_TRUE(answer.absent()) << answer.ToString();
  EXPECT_FALSE(answer.proven());
}

// The cache keeps what it knows, and denies all other names.
TEST_F(DnsVoucherTest, ACacheThatIsCutOffAndDeniesAllProvesNothing) {
  StartAuthority();
  StartCache(
      "  local-zone: \".\" static\n  local-data: \". 60 IN SOA . . 1 1 "
      "1 1 60\"\n");
  const Answer plain = AskA("nobody.example.org");
  ExpectUnknown(plain, ".wild.example.org A is missing");
  loop.RunReady();
  EXPECT_TRUE(absl::StrContains(
      log, absl::StrCat("dns ", cache.server().ToString(), " FAILS: control ")))
      << log;
}

TEST_F(DnsVoucherTest, ACacheThatLosesTheWorldBetweenTheTwoProvesNothing) {
  StartBoth();
  EXPECT_TRUE(AskA("nobody.example.org").proven());
  authority.Stop();
  timeout = absl::Seconds(2);
  // The cache still has the absence, but not the controls.
  ExpectUnknown(AskA("nobody.example.org"), "control ");
}

TEST_F(DnsVoucherTest, ACacheThatInventsAddressesProvesNothing) {
  StartAuthority();
  StartCache(
      "  local-zone: \"com\" redirect\n  local-data: \"com A 192.0.2.80"
      "\"\n");
  ExpectUnknown(AskA("nobody.example.org"), "is there, and should not be");
  ExpectUnknown(Ask("null.example.org", DnsType::kMx),
                "is there, and should not be");
}

TEST_F(DnsVoucherTest, AControlOfTtlZeroProvesWhatACachedOneDoesNot) {
  policy.dns.controls = {{"zero.example.org", false}};
  StartBoth();
  const Answer answer = AskA("nobody.example.org");
  EXPECT_TRUE(answer.absent() && answer.proven()) << answer.ToString();
  policy.dns.controls = {{"ns.example.org", false}};
  ExpectUnknown(AskA("nobody.example.org"), "has a TTL");
}

TEST_F(DnsVoucherTest, AllPositiveControlsHaveToBeThere) {
  policy.dns.controls.push_back({"gone.example.org", true});
  StartBoth();
  ExpectUnknown(AskA("nobody.example.org"), ".gone.example.org A is missing");
}

TEST_F(DnsVoucherTest, TheServerThatAnsweredIsTheOneThatIsTested) {
  StartBoth();
  Nsd refusing;
  refusing.Start({{"example.net", Nsd::Zone()}});
  const Answer answer = Ask("nobody.example.org", DnsType::kA,
                            {refusing.server(), cache.server()});
  EXPECT_TRUE(answer.absent() && answer.proven()) << answer.ToString();
  EXPECT_EQ(answer.origin().server, cache.server().ToString());
}

TEST_F(DnsVoucherTest, AListingOfAHealthyListIsProven) {
  StartBoth();
  const Answer answer = AskA(kListed);
  EXPECT_TRUE(answer.ProofOfPresence().has_value()) << answer.ToString();
  EXPECT_EQ(answer.values(), std::vector<std::string>{"127.0.0.4"});
  const Answer none = AskA("8.2.0.192.list.example");
  EXPECT_TRUE(none.absent());
  EXPECT_FALSE(none.proven());
}

TEST_F(DnsVoucherTest, AListOfTheWholeWorldProvesNothing) {
  StartBoth(
      ListZone("*.127 A 127.0.0.2\n*.192 A 127.0.0.2\n"
               "*.198 A 127.0.0.2\n*.203 A 127.0.0.2\n"));
  ExpectUnknown(AskA(kListed), "is there, and should not be");
  loop.RunReady();
  EXPECT_TRUE(absl::StrContains(log, "list list.example (")) << log;
}

// A list that was given up and sold may look like this.
TEST_F(DnsVoucherTest, AListWithoutItsTestEntryProvesNothing) {
  StartBoth(ListZone("9.2.0.192 A 127.0.0.4\n"));
  ExpectUnknown(AskA(kListed), "2.0.0.127.list.example A is missing");
}

// Errors such as "you ask through a public resolver" and "you ask too often".
TEST_F(DnsVoucherTest, AListThatAnswersErrorsProvesNothing) {
  StartBoth(
      ListZone("*.127 A 127.255.255.254\n*.192 A 127.255.255.254\n"
               "*.198 A 127.255.255.254\n*.203 A 127.255.255.254\n"));
  ExpectUnknown(AskA(kListed), "answers by an error: 127.255.255.254");
  loop.RunReady();
  EXPECT_TRUE(
      absl::StrContains(log, "is answered by an error: 127.255.255.254"))
      << log;
}

TEST_F(DnsVoucherTest, ADeadListProvesNothing) {
  StartBoth("");  // SERVFAIL
  ExpectUnknown(AskA(kListed), "SERVFAIL");
  authority.Pause();
  timeout = absl::Milliseconds(500);
  Unbound fresh;
  fresh.Start(authority.port(), {"example.org", "com", "list.example"});
  ExpectUnknown(Ask(kListed, DnsType::kA, {fresh.server()}),
                "no answer within 500ms");
  authority.Resume();
}

}  // namespace
}  // namespace mailverdict
