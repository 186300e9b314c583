#include "lib/dns/message.h"

#include <gtest/gtest.h>

#include "lib/dns/message_testing.h"

namespace mailverdict {
namespace {

using Outcome = DnsMessage::Outcome;

constexpr int kMx = ns_t_mx;
const std::string kAddress("\xc0\x00\x02\x01", 4);

DnsMessage Read(const DnsBytes& message, const DnsLookup& asked) {
  return ReadDnsMessage(message.ToString(), asked);
}
DnsLookup Mx(const std::string& name = "example.org") {
  return {name, DnsType::kMx};
}
DnsLookup A(const std::string& name = "example.org") {
  return {name, DnsType::kA};
}
std::string MxData(int preference, const std::string& host) {
  return Be16(preference) + WireName(host);
}

void ExpectCouldNotAsk(const DnsMessage& read, const std::string& why) {
  EXPECT_EQ(read.outcome, Outcome::kCouldNotAsk);
  EXPECT_NE(read.reason.find(why), std::string::npos) << read.reason;
  EXPECT_TRUE(read.values.empty());
  EXPECT_EQ(read.source.ttl, absl::ZeroDuration());
}

TEST(DnsMessageTest, ReadsEachType) {
  const auto value = [](DnsType type, const std::string& data) {
    const int number = static_cast<int>(type);
    const DnsMessage read = Read(DnsBytes("example.org", number)
                                     .Answer("example.org", number, 300, data),
                                 {"example.org", type});
    return read.values.size() == 1 ? read.values[0] : read.reason;
  };
  EXPECT_EQ(value(DnsType::kA, kAddress), "192.0.2.1");
  EXPECT_EQ(value(DnsType::kAaaa,
                  "\x20\x01\x0d\xb8" + std::string(11, '\0') + "\x01"),
            "2001:db8::1");
  EXPECT_EQ(value(DnsType::kMx, MxData(10, "MX.Example.ORG")),
            "10 mx.example.org");
  EXPECT_EQ(value(DnsType::kMx, MxData(0, "")), "0 .");
  EXPECT_EQ(value(DnsType::kPtr, WireName("host.example.org")),
            "host.example.org");
  EXPECT_EQ(value(DnsType::kTxt, "\x07v=spf1 \x04-all"), "v=spf1 -all");
  EXPECT_EQ(value(DnsType::kTxt, std::string("\x03\0\xff\"\0", 5)),
            std::string("\0\xff\"", 3));
}

TEST(DnsMessageTest, NamesWithOddBytesAreEscaped) {
  const DnsMessage read = Read(DnsBytes("example.org", ns_t_ptr)
                                   .Answer("example.org", ns_t_ptr, 300,
                                           std::string("\x03"
                                                       "a.b\x02\x07 \x00",
                                                       8)),
                               {"example.org", DnsType::kPtr});
  ASSERT_EQ(read.values.size(), 1u) << read.reason;
  EXPECT_EQ(read.values[0], "a\\.b.\\007\\032");
}

TEST(DnsMessageTest, TheLeastTtlCountsAndTheTopBitMakesItZero) {
  const DnsBytes two = DnsBytes("example.org", kMx)
                           .Answer("example.org", kMx, 300, MxData(1, "a.b"))
                           .Answer("example.org", kMx, 60, MxData(2, "c.d"));
  const DnsMessage read = Read(two, Mx());
  EXPECT_EQ(read.values, (std::vector<std::string>{"1 a.b", "2 c.d"}));
  EXPECT_EQ(read.source.ttl, absl::Seconds(60));
  const DnsMessage odd =
      Read(DnsBytes("example.org", kMx)
               .Answer("example.org", kMx, 0x80000000, MxData(1, "a.b")),
           Mx());
  EXPECT_EQ(odd.outcome, Outcome::kValues);
  EXPECT_EQ(odd.source.ttl, absl::ZeroDuration());
}

TEST(DnsMessageTest, OtherRecordsAreNoValues) {
  const DnsMessage read =
      Read(DnsBytes("example.org", kMx)
               .Answer("example.org", ns_t_txt, 1, "\x01x")
               .Answer("elsewhere.org", kMx, 2, MxData(1, "evil.example"))
               .Answer("EXAMPLE.org", kMx, 300, MxData(1, "a.b")),
           Mx());
  EXPECT_EQ(read.values, (std::vector<std::string>{"1 a.b"}));
  EXPECT_EQ(read.source.ttl, absl::Seconds(300));
}

TEST(DnsMessageTest, AliasesAreFollowedInAnyOrder) {
  const DnsMessage read =
      Read(DnsBytes("www.example.org", ns_t_a)
               .Answer("host.example.net", ns_t_a, 300, kAddress)
               .Answer("mid.example.org", ns_t_cname, 30,
                       WireName("Host.example.net"))
               .Answer("www.example.org", ns_t_cname, 60,
                       WireName("mid.example.org")),
           A("www.example.org"));
  EXPECT_EQ(read.values, (std::vector<std::string>{"192.0.2.1"}));
  EXPECT_EQ(read.source.alias_target, "host.example.net");
  EXPECT_EQ(read.source.ttl, absl::Seconds(30));
}

TEST(DnsMessageTest, AliasesThatLeadNowhereCouldNotBeAsked) {
  const auto alias = [](const std::string& from, const std::string& to) {
    return DnsBytes("www.example.org", ns_t_a)
        .Answer(from, ns_t_cname, 60, WireName(to));
  };
  const DnsLookup asked = A("www.example.org");
  ExpectCouldNotAsk(Read(alias("www.example.org", "host.example.net"), asked),
                    "what the alias leads to");
  ExpectCouldNotAsk(Read(alias("www.example.org", "www.example.org"), asked),
                    "on and on");
  ExpectCouldNotAsk(
      Read(alias("www.example.org", "a.b")
               .Answer("www.example.org", ns_t_cname, 60, WireName("c.d")),
           asked),
      "two aliases");
}

TEST(DnsMessageTest, SixteenAliasesAreFollowedAndNoMore) {
  const auto chain = [](int length) {
    DnsBytes message("n0.org", ns_t_a);
    for (int i = 0; i < length; ++i) {
      message.Answer("n" + std::to_string(i) + ".org", ns_t_cname, 60,
                     WireName("n" + std::to_string(i + 1) + ".org"));
    }
    message.Answer("n" + std::to_string(length) + ".org", ns_t_a, 60, kAddress);
    return Read(message, A("n0.org"));
  };
  EXPECT_EQ(chain(16).outcome, Outcome::kValues);
  ExpectCouldNotAsk(chain(17), "on and on");
}

// RFC 2308 2.1: NXDOMAIN with an SOA, with an SOA and NS records, and without
// either.
TEST(DnsMessageTest, NoSuchNameWithAndWithoutItsZone) {
  const auto absent = [] { return DnsBytes("an.example", ns_t_a).Rcode(3); };
  for (DnsBytes message :
       {absent().Soa("example", 86400, 1200),
        absent().Ns("example").Soa("example", 1200, 86400)}) {
    const DnsMessage read = Read(message, A("an.example"));
    EXPECT_EQ(read.outcome, Outcome::kNoName) << read.reason;
    EXPECT_EQ(read.source.zone, "example");
    EXPECT_EQ(read.source.ttl, absl::Seconds(1200));
    EXPECT_EQ(read.source.alias_target, "");
  }
  for (DnsBytes message : {absent(), absent().Ns("example")}) {
    const DnsMessage read = Read(message, A("an.example"));
    EXPECT_EQ(read.outcome, Outcome::kNoName) << read.reason;
    EXPECT_EQ(read.source.zone, "");
    EXPECT_EQ(read.source.ttl, absl::ZeroDuration());
  }
}

// The example of RFC 2308 2.1: an alias to a name that does not exist.
TEST(DnsMessageTest, AnAliasOfNothingIsToldFromNoSuchName) {
  const DnsMessage read =
      Read(DnsBytes("an.example", ns_t_a)
               .Rcode(3)
               .Answer("an.example", ns_t_cname, 600, WireName("tripple.xx"))
               .Soa("xx", 1200, 3600),
           A("an.example"));
  EXPECT_EQ(read.outcome, Outcome::kNoName) << read.reason;
  EXPECT_EQ(read.source.alias_target, "tripple.xx");
  EXPECT_EQ(read.source.zone, "xx");
  EXPECT_EQ(read.source.ttl, absl::Seconds(600));
}

// RFC 2308 2.2: NODATA of types 1, 2 and 3, and a referral, which looks
// similar.
TEST(DnsMessageTest, NoSuchDataIsNoReferral) {
  const auto empty = [] { return DnsBytes("example.org", kMx); };
  for (DnsBytes message : {empty().Ns("example.org").Soa("example.org", 60, 9),
                           empty().Soa("example.org", 60, 9)}) {
    const DnsMessage read = Read(message, Mx());
    EXPECT_EQ(read.outcome, Outcome::kNoData) << read.reason;
    EXPECT_EQ(read.source.zone, "example.org");
    EXPECT_EQ(read.source.ttl, absl::Seconds(9));
  }
  const DnsMessage bare = Read(empty(), Mx());
  EXPECT_EQ(bare.outcome, Outcome::kNoData);
  EXPECT_EQ(bare.source.ttl, absl::ZeroDuration());
  ExpectCouldNotAsk(Read(empty().Ns("example.org"), Mx()), "refers");
}

TEST(DnsMessageTest, AnAbsenceIsOfAZoneThatTheNameIsIn) {
  const auto zone = [](const std::string& name) {
    return Read(DnsBytes("a.example.org", kMx).Rcode(3).Soa(name, 60, 60),
                Mx("a.example.org"));
  };
  for (const std::string name : {"a.example.org", "EXAMPLE.org", "org"}) {
    EXPECT_EQ(zone(name).outcome, Outcome::kNoName) << zone(name).reason;
  }
  const DnsBytes root =
      DnsBytes("nowhere", kMx)
          .Rcode(3)
          .Raw(ns_s_ns, WireName(""), ns_t_soa, 60,
               WireName("a.root") + WireName("b") + std::string(20, '\0'));
  EXPECT_EQ(Read(root, Mx("nowhere")).source.zone, ".");
  for (const std::string name : {"ample.org", "b.a.example.org", "net"}) {
    ExpectCouldNotAsk(zone(name), "a zone that the name is not in");
  }
}

TEST(DnsMessageTest, EveryOtherRcodeCouldNotBeAsked) {
  for (int rcode = 1; rcode < 16; ++rcode) {
    if (rcode == ns_r_nxdomain) continue;
    // With an answer, which is ignored, and without a question.
    const DnsBytes message =
        DnsBytes("example.org", kMx)
            .Rcode(rcode)
            .Answer("example.org", kMx, 1, MxData(1, "a.b"));
    ExpectCouldNotAsk(Read(message, Mx()), "it answers ");
    const std::string bare =
        message.ToString().substr(0, 4) + std::string(8, 0);
    ExpectCouldNotAsk(ReadDnsMessage(bare, Mx()), "it answers ");
  }
  ExpectCouldNotAsk(Read(DnsBytes("example.org", kMx).Rcode(2), Mx()),
                    "SERVFAIL");
  ExpectCouldNotAsk(Read(DnsBytes("example.org", kMx).Rcode(5), Mx()),
                    "REFUSED");
  // BADVERS, whose upper bits are in the OPT record.
  ExpectCouldNotAsk(
      Read(DnsBytes("example.org", kMx)
               .Raw(ns_s_ar, WireName(""), ns_t_opt, 0x01000000, "", 1232),
           Mx()),
      "rcode 16");
}

TEST(DnsMessageTest, AnAnswerToAnotherQuestionCouldNotBeAsked) {
  const DnsBytes message = DnsBytes("example.org", kMx)
                               .Answer("example.org", kMx, 1, MxData(1, "a.b"));
  EXPECT_EQ(Read(message, Mx()).outcome, Outcome::kValues);
  ExpectCouldNotAsk(Read(message, Mx("example.net")), "another question");
  ExpectCouldNotAsk(Read(message, A()), "another question");
  ExpectCouldNotAsk(Read(DnsBytes("example.org", kMx, 0x0100), Mx()),
                    "not an answer");
  ExpectCouldNotAsk(Read(DnsBytes("example.org", kMx, 0xa800), Mx()),
                    "not an answer");
}

TEST(DnsMessageTest, WhatContradictsItselfCouldNotBeAsked) {
  ExpectCouldNotAsk(Read(DnsBytes("example.org", kMx)
                             .Rcode(3)
                             .Answer("example.org", kMx, 1, MxData(1, "a.b")),
                         Mx()),
                    "malformed");
  ExpectCouldNotAsk(Read(DnsBytes("example.org", kMx)
                             .Rcode(3)
                             .Answer("example.org", ns_t_txt, 1, "\x01x"),
                         Mx()),
                    "malformed");
  ExpectCouldNotAsk(Read(DnsBytes("example.org", kMx)
                             .Answer("example.net", kMx, 1, MxData(1, "a.b"))
                             .Soa("example.org", 1, 1),
                         Mx()),
                    "none to the question");
  ExpectCouldNotAsk(Read(DnsBytes("example.org", kMx)
                             .Rcode(3)
                             .Soa("org", 1, 1)
                             .Soa("example.org", 1, 1),
                         Mx()),
                    "two SOA");
}

TEST(DnsMessageTest, ATruncatedMessageSaysSoWhereverItIsCut) {
  const std::string whole =
      DnsBytes("example.org", kMx, DnsBytes::kAnswer | DnsBytes::kTruncated)
          .Answer("example.org", kMx, 1, MxData(1, "a.b"))
          .ToString();
  for (size_t size = 12; size <= whole.size(); ++size) {
    const DnsMessage read = ReadDnsMessage(whole.substr(0, size), Mx());
    ExpectCouldNotAsk(read, "truncated");
    EXPECT_TRUE(read.truncated);
  }
}

TEST(DnsMessageTest, AMessageCutAnywhereIsMalformed) {
  const std::string whole =
      DnsBytes("example.org", kMx)
          .Answer("example.org", kMx, 60, MxData(1, "a.b"))
          .Raw(ns_s_ar, WireName(""), ns_t_opt, 0, "", 1232)
          .ToString();
  ASSERT_EQ(ReadDnsMessage(whole, Mx()).outcome, Outcome::kValues);
  for (size_t size = 0; size < whole.size(); ++size) {
    ExpectCouldNotAsk(ReadDnsMessage(whole.substr(0, size), Mx()), "malformed");
  }
  ExpectCouldNotAsk(ReadDnsMessage(whole + "x", Mx()), "malformed");
  // A record whose owner is a pointer beyond the message.
  const std::string nowhere = "\xc0\xff";
  ExpectCouldNotAsk(Read(DnsBytes("example.org", kMx)
                             .Answer("example.org", kMx, 60, MxData(1, "a.b"))
                             .Raw(ns_s_ar, nowhere, ns_t_txt, 0, "\x01x"),
                         Mx()),
                    "malformed");
  ExpectCouldNotAsk(Read(DnsBytes("example.org", kMx)
                             .Rcode(3)
                             .Raw(ns_s_ns, nowhere, ns_t_txt, 0, "\x01x"),
                         Mx()),
                    "malformed");
  std::string two_questions = whole;
  two_questions[5] = 2;  // QDCOUNT
  ExpectCouldNotAsk(ReadDnsMessage(two_questions, Mx()), "malformed");
  ExpectCouldNotAsk(ReadDnsMessage(std::string(65536, '\0'), Mx()),
                    "malformed");
}

TEST(DnsMessageTest, CompressionThatLoopsOrLeavesTheMessageIsMalformed) {
  // The owner of the answer begins after the header and the question.
  const int at = 12 + static_cast<int>(WireName("example.org").size()) + 4;
  const auto pointer = [](int to) { return Be16(0xc000 | to); };
  const auto read = [&](const std::string& owner, const std::string& host) {
    return Read(DnsBytes("example.org", kMx)
                    .Raw(ns_s_an, owner, kMx, 60, Be16(1) + host),
                Mx());
  };
  EXPECT_EQ(read(pointer(12), pointer(12)).values,
            (std::vector<std::string>{"1 example.org"}));
  ExpectCouldNotAsk(read(pointer(at), pointer(12)), "malformed");
  ExpectCouldNotAsk(read(pointer(at + 2), pointer(12)), "malformed");
  ExpectCouldNotAsk(read(pointer(0x3fff), pointer(12)), "malformed");
  // A pointer to the record's own data: after owner, type, class, TTL, length
  // and preference.
  ExpectCouldNotAsk(read(pointer(12), pointer(at + 14)), "malformed");
  ExpectCouldNotAsk(read(pointer(12), "\x01x" + pointer(at + 14)), "malformed");
}

TEST(DnsMessageTest, DataThatIsNoDataOfItsTypeIsMalformed) {
  const auto read = [](DnsType type, const std::string& data) {
    const int number = static_cast<int>(type);
    return Read(DnsBytes("example.org", number)
                    .Answer("example.org", number, 300, data),
                {"example.org", type});
  };
  for (const auto& [type, data] : std::vector<std::pair<DnsType, std::string>>{
           {DnsType::kA, "\x7f\x01\x01"},
           {DnsType::kA, kAddress + "x"},
           {DnsType::kA, ""},
           {DnsType::kAaaa, kAddress},
           {DnsType::kMx, ""},
           {DnsType::kMx, Be16(1)},
           {DnsType::kMx, MxData(1, "a.b") + "x"},
           {DnsType::kPtr, ""},
           {DnsType::kPtr, WireName("a.b") + WireName("c")},
           {DnsType::kTxt, ""},
           {DnsType::kTxt, "\x05shor"}}) {
    ExpectCouldNotAsk(read(type, data), "malformed");
  }
}

TEST(DnsMessageTest, ThousandRecordsAreReadAndNoMore) {
  const auto many = [](size_t count) {
    DnsBytes message("example.org", ns_t_a);
    for (size_t i = 0; i < count; ++i) {
      message.Raw(ns_s_an, Be16(0xc00c), ns_t_a, 60, kAddress);
    }
    return Read(message, A());
  };
  EXPECT_EQ(many(kMaxDnsRecords).values.size(), kMaxDnsRecords);
  ExpectCouldNotAsk(many(kMaxDnsRecords + 1), "more than 1000");
}

}  // namespace
}  // namespace mailverdict
