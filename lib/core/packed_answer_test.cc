#include "lib/core/packed_answer.h"

#include <gtest/gtest.h>

#include <set>

#include "lib/core/vouch.h"

namespace mailverdict {
namespace {

const absl::Time kSent = absl::FromUnixNanos(1'800'000'000'123'456'789);

Origin At(absl::Time sent, absl::Time received) {
  return {"ldap://ldap1.example.org", 3, 1 << 20, sent, received};
}

void ExpectEqual(const Answer& a, const Answer& b) {
  EXPECT_EQ(a.lookup(), b.lookup());
  EXPECT_EQ(a.state(), b.state());
  EXPECT_EQ(a.absence(), b.absence());
  EXPECT_EQ(a.dns().ttl, b.dns().ttl);
  EXPECT_EQ(a.dns().alias_target, b.dns().alias_target);
  EXPECT_EQ(a.dns().zone, b.dns().zone);
  EXPECT_EQ(a.values(), b.values());
  EXPECT_EQ(a.reason(), b.reason());
  EXPECT_EQ(a.vouched_by(), b.vouched_by());
  EXPECT_EQ(a.proven(), b.proven());
  EXPECT_EQ(a.ToString(), b.ToString());
  EXPECT_EQ(a.origin().server, b.origin().server);
  EXPECT_EQ(a.origin().connection, b.origin().connection);
  EXPECT_EQ(a.origin().exchange, b.origin().exchange);
  EXPECT_EQ(a.origin().sent, b.origin().sent);
  EXPECT_EQ(a.origin().received, b.origin().received);
}

void ExpectComesBack(const Answer& answer) {
  const PackedAnswer packed(answer);
  EXPECT_EQ(packed.state(), answer.state());
  const auto* dns = std::get_if<DnsLookup>(&answer.lookup());
  EXPECT_EQ(packed.key(), dns != nullptr
                              ? PackedAnswer::KeyOf(*dns)
                              : PackedAnswer::KeyOf(
                                    std::get<MailboxLookup>(answer.lookup())));
  ExpectEqual(packed.Unpack(), answer);
}

TEST(PackedAnswerTest, WhoIsPresentComesBack) {
  const MailboxLookup joe{"people", {"joe@example.org", "j@example.org"}, ""};
  const std::string dn = "uid=joe,ou=people,dc=example,dc=org";
  const Origin moment = At(kSent, kSent + absl::Microseconds(800));
  ExpectComesBack(Answer(Report::Present(joe, {dn, "j@example.org"}, moment)));
  ExpectComesBack(Answer(Report::Present(joe, {dn}, moment)));
  ExpectComesBack(Answer(Report::Present(joe, {}, moment)));
  ExpectComesBack(Answer(Report::Present(joe, {"", std::string("\0\xff", 2)})));
}

TEST(PackedAnswerTest, AnAbsenceIsVouchedForIfItWas) {
  DirectoryPolicy policy;
  policy.name = "people";
  policy.filter = *FilterTemplate::Parse("(mail=%a)");
  policy.controls = {{"mail", "control@example.org", "uid=control"}};
  const MailboxLookup joe{"people", {"joe@example.org"}, ""};
  const Origin moment = At(kSent, kSent + absl::Milliseconds(1));
  const Report absent = Report::Absent(joe, moment);
  const Report control =
      Report::Present(ControlsFor(policy, joe).front(), {"uid=c"}, moment);

  const Answer vouched = Vouch(policy, absent, {control});
  ASSERT_TRUE(vouched.proven());
  ExpectComesBack(vouched);
  EXPECT_EQ(PackedAnswer(vouched).Unpack().ProofOfAbsence()->ToString(),
            vouched.ProofOfAbsence()->ToString());

  policy.uris = {"ldap://ldap1.example.org", "ldap://ldap2.example.org"};
  const Answer one = Vouch(policy, absent, {control});
  ASSERT_TRUE(one.controls_passed() && !one.proven());
  ExpectComesBack(one);
  Report other_control = control;
  Report other = absent;
  for (Report* report : {&other, &other_control}) {
    report->origin.server = "ldap://ldap2.example.org";
  }
  const Answer both = Confirm(one, Vouch(policy, other, {other_control}));
  ASSERT_TRUE(both.proven());
  ExpectComesBack(both);

  ExpectComesBack(Answer(absent));
  EXPECT_FALSE(PackedAnswer(Answer(absent)).Unpack().proven());
}

TEST(PackedAnswerTest, UnknownComesBackWithItsReason) {
  ExpectComesBack(Answer(
      Report::Unknown(MailboxLookup{"people", {"joe"}, "mail"}, "timed out")));
}

TEST(PackedAnswerTest, WhatDnsSaidComesBack) {
  const DnsLookup mx{"example.org", DnsType::kMx};
  const Origin moment = At(kSent, kSent + absl::Milliseconds(1));
  Report found = Report::Present(mx, {"10 mx1.example.org", "20 b.c"}, moment);
  found.dns = {absl::Seconds(0x7fffffff), "alias.example.net", ""};
  ExpectComesBack(Answer(found));
  for (const Absence absence : {Absence::kNoName, Absence::kNoData}) {
    Report report = Report::Absent(mx, moment);
    report.absence = absence;
    report.dns = {absl::Seconds(60), "", "org"};
    ExpectComesBack(Answer(report));
    EXPECT_FALSE(PackedAnswer(Answer(report)).Unpack().proven());
  }
  ExpectComesBack(Answer(Report::Unknown(mx, "it answers SERVFAIL", moment)));
}

TEST(PackedAnswerTest, AnyTimesComeBack) {
  const MailboxLookup joe{"people", {"joe@example.org"}, ""};
  const absl::Time times[] = {absl::InfinitePast(), absl::InfiniteFuture(),
                              absl::UnixEpoch(), kSent,
                              absl::FromUnixNanos(-1)};
  for (const absl::Time sent : times) {
    for (const absl::Time received : times) {
      ExpectComesBack(Answer(Report::Absent(joe, At(sent, received))));
    }
  }
}

TEST(PackedAnswerTest, LongTextsComeBack) {
  for (const size_t size : {63u, 64u, 127u, 128u, 8191u, 8192u, 20'000u}) {
    const std::string text(size, 'x');
    ExpectComesBack(
        Answer(Report::Present(MailboxLookup{text, {text, text}, text},
                               {text + "y"}, At(kSent, kSent))));
  }
}

TEST(PackedAnswerTest, LookupsThatDifferHaveOtherKeys) {
  const MailboxLookup lookups[] = {
      {"people", {"a", "b"}, ""}, {"people", {"b", "a"}, ""},
      {"people", {"ab"}, ""},     {"people", {"a"}, "b"},
      {"people", {"a"}, ""},      {"peoplea", {"b"}, ""},
      {"people", {"", "a"}, ""},  {"", {"people", "a"}, ""},
      {"people", {}, ""},         {"people", {std::string("a\0", 2)}, ""}};
  std::set<std::string> keys;
  for (const MailboxLookup& lookup : lookups) {
    EXPECT_TRUE(keys.insert(PackedAnswer::KeyOf(lookup)).second);
    EXPECT_FALSE(keys.insert(PackedAnswer::KeyOf(lookup)).second);
  }
  for (const DnsLookup& lookup :
       {DnsLookup{"people", DnsType::kA}, DnsLookup{"people", DnsType::kMx},
        DnsLookup{"peopl", DnsType::kA}}) {
    EXPECT_TRUE(keys.insert(PackedAnswer::KeyOf(lookup)).second);
  }
}

TEST(PackedAnswerTest, AKeyOutlivesAMove) {
  PackedAnswer packed(Answer(Report::Absent(MailboxLookup{"p", {"a"}, ""})));
  const std::string_view key = packed.key();
  const PackedAnswer moved = std::move(packed);
  EXPECT_EQ(key.data(), moved.key().data());
}

}  // namespace
}  // namespace mailverdict
