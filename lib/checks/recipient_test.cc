#include "lib/checks/recipient.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "lib/checks/build_chain.h"
#include "lib/core/chain.h"
#include "lib/core/mailbox_seen.h"
#include "lib/core/vanished.h"
#include "lib/core/vouch.h"
#include "lib/mail/utf8.h"

namespace mailverdict {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// example.org is in the directory, its subdomains too; all.example takes
// everything.
std::shared_ptr<Policy> Ours() {
  auto policy = std::make_shared<Policy>();
  DirectoryPolicy people;
  people.name = "people";
  people.uris = {"ldap://one"};
  people.filter = *FilterTemplate::Parse("(mail=%a)");
  people.controls = {{"mail", "old@example.org", "uid=old"}};
  policy->directories.push_back(people);
  RealmPolicy ours;
  ours.directory = "people";
  ours.valid_addresses = {"alias@example.org"};
  ours.valid_local_parts = {"everywhere"};
  ours.catch_all_domains = {"shop.example.org"};
  using Kind = mail::NamePattern::Kind;
  ours.valid_patterns.Add({Kind::kPrefix, "list-", ""});
  ours.valid_patterns.Add({Kind::kSuffix, "-request", "example.org"});
  policy->realms.push_back(ours);
  RealmPolicy all;
  all.catch_all = true;
  policy->realms.push_back(all);
  policy->realm_by_domain.Add("example.org", 0);
  policy->realm_by_domain.Add("*.example.org", 0);
  policy->realm_by_domain.Add("xn--bcher-kva.example", 0);
  policy->realm_by_domain.Add("[192.0.2.1]", 0);
  policy->realm_by_domain.Add("all.example", 1);
  policy->checks.emplace_back();
  return policy;
}

Transaction To(std::string recipient) {
  Transaction tx;
  tx.stage = Stage::kRcpt;
  tx.now = kNow;
  tx.recipient = std::move(recipient);
  return tx;
}

Answer Vouched(const Policy& policy, const MailboxLookup& lookup) {
  const Origin moment{"ldap://one", 1, 2, kNow, kNow};
  return Vouch(
      policy.directories[0], Report::Absent(lookup, moment),
      {Report::Present(MailboxLookup{"people", {"old@example.org"}, "mail"},
                       {"uid=old"}, moment)});
}

// Evaluates until there is a verdict. `answer` gives the answer to each lookup.
template <typename AnswerTo>
Verdict Judge(const std::shared_ptr<Policy>& policy, const Transaction& tx,
              AnswerTo answer, std::vector<Lookup>* asked = nullptr,
              const Overrides& overrides = {}) {
  const Chain chain = BuildChain(policy, overrides);
  Evidence evidence;
  for (int round = 0; round < 10; ++round) {
    Evaluation evaluation = Evaluate(chain, tx, evidence);
    if (auto* verdict = std::get_if<Verdict>(&evaluation)) return *verdict;
    for (const Lookup& lookup : std::get<std::vector<Lookup>>(evaluation)) {
      if (asked != nullptr) asked->push_back(lookup);
      evidence.Add(answer(lookup));
    }
  }
  ADD_FAILURE() << "no verdict after ten rounds";
  return Verdict::Pass();
}

bool IsVanished(const Lookup& lookup) {
  const auto* history = std::get_if<HistoryLookup>(&lookup);
  return history != nullptr && history->kind == HistoryLookup::Kind::kVanished;
}

Answer Never(const Lookup& lookup) {
  ADD_FAILURE() << "asked " << ToString(lookup);
  return Answer(Report::Unknown(lookup, "not to be asked"));
}

TEST(Recipient, WhoIsValidWithoutAskingPasses) {
  const std::map<std::string, std::string> cases = {
      {"joe@elsewhere.example", "domain is not ours"},
      {"joe@example.com", "domain is not ours"},
      {"joe@[192.0.2.2]", "domain is not ours"},
      {"joe@\xf0\x9f\x92\xa9.example", "domain is not ours"},
      {"a b@example.com", "domain is not ours"},
      {"<a b@example.com>", "domain is not ours"},
      {"joe@all.example", "catch-all"},
      {"joe@shop.example.org", "catch-all"},
      {"postmaster", "exception"},
      {"<Postmaster>", "exception"},
      {"postmaster@example.org", "exception"},
      {"ABUSE@sub.example.org", "exception"},
      {"abuse+spam@example.org", "exception"},
      {"root", "has no domain"},
      {"alias@example.org", "listed as valid"},
      {"<@relay.example:Alias+tag@Example.ORG.>", "listed as valid"},
      {"everywhere@sub.example.org", "listed as valid"},
      {"List-a+tag@sub.example.org", "listed as valid"},
      {"a-request@example.org", "listed as valid"},
  };
  for (const auto& [recipient, why] : cases) {
    const Verdict verdict = Judge(Ours(), To(recipient), Never);
    EXPECT_EQ(verdict.Line(), "pass [" + why + "]") << recipient;
  }
}

TEST(Recipient, WhoIsListedIsRememberedAsOneWhoWasFound) {
  const std::shared_ptr<Policy> policy = Ours();
  std::get<RecipientPolicy>(policy->checks[0]).exceptions.insert("hostmaster");
  const std::map<std::string, std::string> cases = {
      {"<@relay.example:Alias+tag@Example.ORG.>", "people:alias@example.org"},
      {"everywhere@sub.example.org", "people:everywhere@sub.example.org"},
      {"hostmaster+dns@example.org", "people:hostmaster@example.org"},
      {"postmaster@example.org", ""},
      {"abuse@sub.example.org", ""},
      {"joe+tag@shop.example.org", "people:joe@shop.example.org"},
      {"joe@all.example", ""},
      {"hostmaster", ""},
  };
  for (const auto& [recipient, key] : cases) {
    const Verdict verdict = Judge(policy, To(recipient), Never);
    ASSERT_EQ(verdict.observations().size(), key.empty() ? 0u : 1u)
        << recipient;
    if (key.empty()) continue;
    EXPECT_EQ(verdict.observations()[0].kind, Observation::Kind::kPresent);
    EXPECT_EQ(verdict.observations()[0].about.key, key);
  }
  policy->directories[0].grace = absl::ZeroDuration();
  EXPECT_TRUE(
      Judge(policy, To("alias@example.org"), Never).observations().empty())
      << "without grace there is nothing to remember";
}

// Memory as the history has it after the pass above.
TEST(Recipient, WhoHasLeftAListIsDeferredDuringGrace) {
  const std::shared_ptr<Policy> policy = Ours();
  policy->realms[0].valid_addresses.clear();
  for (const bool listed_before : {true, false}) {
    const Verdict verdict =
        Judge(policy, To("alias@example.org"), [&](const Lookup& lookup) {
          if (IsVanished(lookup)) return Answer(Report::Absent(lookup));
          if (const auto* mailbox = std::get_if<MailboxLookup>(&lookup)) {
            return Vouched(*policy, *mailbox);
          }
          if (!listed_before) return Answer(Report::Absent(lookup));
          return Answer(Report::Present(
              lookup, MailboxSeen{kNow - absl::Hours(1)}.ToValues()));
        });
    EXPECT_EQ(verdict.disposition(),
              listed_before ? Disposition::kDefer : Disposition::kReject)
        << verdict.Tree();
    if (!listed_before) continue;
    ASSERT_EQ(verdict.observations().size(), 1u);
    EXPECT_EQ(verdict.observations()[0].kind, Observation::Kind::kMissed)
        << "so that grace ends some day";
  }
}

TEST(Recipient, AListOfOneDomainIsNotValidInAnother) {
  const Verdict verdict =
      Judge(Ours(), To("alias@sub.example.org"), [](const Lookup& lookup) {
        return Answer(Report::Unknown(lookup, "asked"));
      });
  EXPECT_EQ(verdict.disposition(), Disposition::kDefer);
}

TEST(Recipient, AllSpellingsAreAskedInOneLookup) {
  const std::map<std::string, std::vector<std::string>> cases = {
      {"Joe@Example.org", {"joe@example.org"}},
      {"\"Joe\"@example.org", {"joe@example.org"}},
      {"joe+tag@example.org", {"joe+tag@example.org", "joe@example.org"}},
      {"joe@[192.0.2.1]", {"joe@[192.0.2.1]"}},
      {"joe@b\xc3\xbc"
       "cher.example",
       {"joe@xn--bcher-kva.example",
        "joe@b\xc3\xbc"
        "cher.example"}},
  };
  for (const auto& [recipient, spellings] : cases) {
    std::vector<Lookup> asked;
    Judge(
        Ours(), To(recipient),
        [](const Lookup& lookup) {
          return Answer(Report::Present(lookup, {"uid=joe"}));
        },
        &asked);
    ASSERT_EQ(asked.size(), 1u) << recipient;
    EXPECT_EQ(std::get<MailboxLookup>(asked[0]).spellings, spellings);
  }
}

TEST(Recipient, WhatIsNoAddressIsDeferred) {
  for (const char* recipient :
       {"", "a b@example.org", "\"a@example.org", "joe@", "joe\x01@example.org",
        "@example.org", "<a b@example.org>", "<\"a@example.org>", "<joe@>",
        "<@example.org>", "<joe@example.org> x"}) {
    const Verdict verdict = Judge(Ours(), To(recipient), Never);
    EXPECT_THAT(
        verdict.Line(),
        testing::MatchesRegex("recipient defer 451 4.1.3 Recipient address not "
                              "understood: .*, at character [0-9]* .not an "
                              "address."))
        << recipient;
  }
  EXPECT_EQ(Judge(Ours(), To("<>"), Never).Line(),
            "recipient defer 451 4.1.3 Recipient address not understood [the "
            "null path]");
}

TEST(Recipient, OnlyAnMtaThatResolvedItToNothingMakesItMalformed) {
  for (const char* recipient : {"<a b@example.org>", "<@example.org>",
                                "\x1b[2J<joe@>", "<joe@example.org> x"}) {
    Transaction tx = To(recipient);
    tx.resolved = "";
    const Verdict verdict = Judge(Ours(), tx, Never);
    ASSERT_EQ(verdict.disposition(), Disposition::kReject) << recipient;
    EXPECT_EQ(verdict.reply().code, 553);
    EXPECT_EQ(verdict.reply().status_detail, 3);
    ASSERT_TRUE(verdict.proof()->malformed().has_value());
    EXPECT_THAT(verdict.Tree(), testing::HasSubstr("is no address: "));
    EXPECT_THAT(verdict.Tree(), testing::Not(testing::HasSubstr("\x1b")));
    for (const char* resolved : {"joe", "joe smith", "\"\"@example.org", "@"}) {
      tx.resolved = resolved;
      // A name that the MTA delivers itself is asked for.
      const Verdict later = Judge(Ours(), tx, [](const Lookup& lookup) {
        return Answer(Report::Unknown(lookup, "busy"));
      });
      EXPECT_EQ(later.disposition(), Disposition::kDefer)
          << recipient << " " << resolved;
    }
  }
  // An address, or a text clearly of another domain, is never malformed.
  for (const char* recipient : {"<>", "<joe@elsewhere.example>",
                                "joe@\xf0\x9f\x92\xa9.example", "<joe>"}) {
    Transaction tx = To(recipient);
    tx.resolved = "";
    EXPECT_NE(Judge(Ours(), tx, Never).disposition(), Disposition::kReject);
  }
}

// Two readings in a realm, whatever the directory says of each.
TEST(Recipient, ARejectionNeedsAProofForEveryReading) {
  enum Says { kHas, kProvenAbsent, kUnproven, kUnknown, kVanishedLately };
  const std::shared_ptr<Policy> policy = Ours();
  Transaction tx = To("<info@example.org>");
  tx.resolved = "joe@sub.example.org";
  const auto judge = [&](Says first, Says second, const Lookup* taken) {
    return Judge(policy, tx, [&](const Lookup& lookup) -> Answer {
      if (taken != nullptr && lookup == *taken) {
        return Answer(Report::Unknown(lookup, "taken away"));
      }
      const bool is_first = ToString(lookup).find("info@") != std::string::npos;
      const Says says = is_first ? first : second;
      const auto* mailbox = std::get_if<MailboxLookup>(&lookup);
      if (mailbox == nullptr) {
        if (says != kVanishedLately || IsVanished(lookup)) {
          return Answer(Report::Absent(lookup));
        }
        return Answer(Report::Present(lookup, MailboxSeen{kNow}.ToValues()));
      }
      switch (says) {
        case kHas:
          return Answer(Report::Present(lookup, {"uid=joe"}));
        case kProvenAbsent:
        case kVanishedLately:
          return Vouched(*policy, *mailbox);
        case kUnproven:
          return Answer(Report::Absent(lookup));
        case kUnknown:
          break;
      }
      return Answer(Report::Unknown(lookup, "busy"));
    });
  };
  for (const Says first :
       {kHas, kProvenAbsent, kUnproven, kUnknown, kVanishedLately}) {
    for (const Says second :
         {kHas, kProvenAbsent, kUnproven, kUnknown, kVanishedLately}) {
      const Verdict verdict = judge(first, second, nullptr);
      const bool proven = first == kProvenAbsent && second == kProvenAbsent;
      EXPECT_EQ(verdict.disposition(), first == kHas || second == kHas
                                           ? Disposition::kPass
                                       : proven ? Disposition::kReject
                                                : Disposition::kDefer)
          << verdict.Tree();
      if (!proven) continue;
      // Two mailboxes, two memories, and what has vanished, once.
      ASSERT_EQ(verdict.proof()->cited().size(), 5u);
      for (const Answer& cited : verdict.proof()->cited()) {
        const Lookup lookup = cited.lookup();
        EXPECT_EQ(judge(first, second, &lookup).disposition(),
                  Disposition::kDefer);
      }
    }
  }
}

// The mailbox that was found is remembered: joe for joe+tag, if the directory
// says so. Otherwise each tag would be remembered as another mailbox.
TEST(Recipient, PresentPassesAndIsRemembered) {
  const std::map<std::vector<std::string>, std::string> cases = {
      {{"uid=joe", "joe@example.org"}, "people:joe@example.org"},
      {{"uid=joe", "joe+tag@example.org"}, "people:joe+tag@example.org"},
      {{"uid=joe"}, "people:joe+tag@example.org"},
  };
  for (const auto& [values, key] : cases) {
    const Verdict verdict =
        Judge(Ours(), To("joe+tag@example.org"),
              [&, found = &values](const Lookup& lookup) {
                return Answer(Report::Present(lookup, *found));
              });
    EXPECT_EQ(verdict.disposition(), Disposition::kPass);
    ASSERT_EQ(verdict.observations().size(), 1u);
    EXPECT_EQ(verdict.observations()[0].kind, Observation::Kind::kPresent);
    EXPECT_EQ(verdict.observations()[0].about.key, key);
    EXPECT_EQ(verdict.observations()[0].when, kNow);
  }
}

// mary-zzz and mary-beth have nothing in common but a delimiter.
TEST(Recipient, SiblingsOfADelimiterShareNoMemory) {
  std::shared_ptr<Policy> policy = Ours();
  policy->realms[0].tag_delimiters = "+-";
  std::vector<std::string> memories;
  const auto answer = [&](const Lookup& lookup) -> Answer {
    if (const auto* mailbox = std::get_if<MailboxLookup>(&lookup)) {
      return Vouched(*policy, *mailbox);
    }
    if (IsVanished(lookup)) return Answer(Report::Absent(lookup));
    memories.push_back(std::get<HistoryLookup>(lookup).key);
    if (memories.back() == "people:mary-beth@example.org") {
      return Answer(Report::Present(lookup, MailboxSeen{kNow}.ToValues()));
    }
    return Answer(Report::Absent(lookup));
  };
  EXPECT_EQ(Judge(policy, To("mary-zzz@example.org"), answer).disposition(),
            Disposition::kReject);
  EXPECT_THAT(memories, testing::ElementsAre("people:mary-zzz@example.org",
                                             "people:mary@example.org"));
  EXPECT_EQ(Judge(policy, To("mary-beth@example.org"), answer).disposition(),
            Disposition::kDefer);
  // A tag of hers is hers.
  EXPECT_EQ(Judge(policy, To("mary-beth+x@example.org"), answer).disposition(),
            Disposition::kDefer);
}

TEST(Recipient, WithTooManyTagsNobodyIsProvenAbsent) {
  const auto answer = [](const Lookup& lookup) -> Answer {
    if (const auto* mailbox = std::get_if<MailboxLookup>(&lookup)) {
      return Vouched(*Ours(), *mailbox);
    }
    return Answer(Report::Absent(lookup));
  };
  EXPECT_EQ(
      Judge(Ours(), To("a+1+2+3+4+5+6+7@example.org"), answer).disposition(),
      Disposition::kReject);
  EXPECT_EQ(
      Judge(Ours(), To("a+1+2+3+4+5+6+7+8@example.org"), answer).disposition(),
      Disposition::kDefer);
}

// The whole space of evidence for one recipient: each answer that any lookup
// can get, in every policy of `when_unsure`. A rejection happens in exactly
// four of its states, cites what it rests on, and falls when any of that is
// Unknown.
class RecipientEvidence : public testing::TestWithParam<WhenUnsure> {
 protected:
  enum class Mailbox { kPresent, kProvenAbsent, kUnprovenAbsent, kUnknown };
  enum class Memory {
    kNone,
    kSeen,
    kVanishedLately,
    kVanishedLongAgo,
    kMissedOnceLongAgo,
    kGarbled,
    kUnknown
  };

  enum class Missing { kNobody, kAFew, kTooMany, kGarbled, kUnknown };

  std::shared_ptr<Policy> OursWith(WhenUnsure when_unsure) {
    std::shared_ptr<Policy> policy = Ours();
    policy->directories[0].hold = {3, absl::Hours(1)};
    std::get<RecipientPolicy>(policy->checks[0]).when_unsure = when_unsure;
    return policy;
  }

  static Answer SayMissing(const Lookup& lookup, Missing missing) {
    Vanished vanished;
    switch (missing) {
      case Missing::kNobody:
        return Answer(Report::Absent(lookup));
      case Missing::kAFew:
        vanished.times.assign(3, kNow);
        return Answer(Report::Present(lookup, vanished.ToValues()));
      case Missing::kTooMany:
        vanished.times.assign(4, kNow);
        return Answer(Report::Present(lookup, vanished.ToValues()));
      case Missing::kGarbled:
        return Answer(Report::Present(lookup, {"gibberish"}));
      case Missing::kUnknown:
        break;
    }
    return Answer(Report::Unknown(lookup, "disk full"));
  }

  static Answer Say(const Policy& policy, const Lookup& lookup, Mailbox mailbox,
                    Memory memory, Missing missing) {
    if (IsVanished(lookup)) return SayMissing(lookup, missing);
    if (std::holds_alternative<HistoryLookup>(lookup)) {
      const absl::Time seen = kNow - absl::Hours(1000);
      switch (memory) {
        case Memory::kNone:
          return Answer(Report::Absent(lookup));
        case Memory::kSeen:
          return Answer(Report::Present(lookup, MailboxSeen{seen}.ToValues()));
        case Memory::kVanishedLately:
          return Answer(Report::Present(
              lookup,
              MailboxSeen{seen, kNow - absl::Hours(71), kNow - absl::Hours(1)}
                  .ToValues()));
        case Memory::kVanishedLongAgo:
          return Answer(Report::Present(
              lookup,
              MailboxSeen{seen, kNow - absl::Hours(72), kNow - absl::Hours(24)}
                  .ToValues()));
        case Memory::kMissedOnceLongAgo:
          return Answer(Report::Present(
              lookup,
              MailboxSeen{seen, kNow - absl::Hours(80), kNow - absl::Hours(80)}
                  .ToValues()));
        case Memory::kGarbled:
          return Answer(Report::Present(lookup, {"gibberish"}));
        case Memory::kUnknown:
          return Answer(Report::Unknown(lookup, "disk full"));
      }
    }
    switch (mailbox) {
      case Mailbox::kPresent:
        return Answer(Report::Present(lookup, {"uid=joe"}));
      case Mailbox::kProvenAbsent:
        return Vouched(policy, std::get<MailboxLookup>(lookup));
      case Mailbox::kUnprovenAbsent:
        return Answer(Report::Absent(lookup));
      case Mailbox::kUnknown:
        break;
    }
    return Answer(Report::Unknown(lookup, "busy"));
  }
};

TEST_P(RecipientEvidence, ARejectionNeedsAProofAndNoRecentMemory) {
  const std::shared_ptr<Policy> policy = OursWith(GetParam());
  const Disposition unsure = GetParam() == WhenUnsure::kPass
                                 ? Disposition::kPass
                                 : Disposition::kDefer;
  int rejected = 0;
  const auto examine = [&](Mailbox mailbox, Memory memory, Missing missing) {
    const Verdict verdict =
        Judge(policy, To("joe@example.org"), [&](const Lookup& lookup) {
          return Say(*policy, lookup, mailbox, memory, missing);
        });
    const bool proven =
        mailbox == Mailbox::kProvenAbsent &&
        (memory == Memory::kNone || memory == Memory::kVanishedLongAgo) &&
        (missing == Missing::kNobody || missing == Missing::kAFew);
    EXPECT_EQ(verdict.disposition(), proven ? Disposition::kReject
                                     : mailbox == Mailbox::kPresent
                                         ? Disposition::kPass
                                         : unsure)
        << verdict.Tree();
    const bool vanishes =
        mailbox == Mailbox::kProvenAbsent &&
        (memory == Memory::kSeen || memory == Memory::kVanishedLately ||
         memory == Memory::kMissedOnceLongAgo || memory == Memory::kGarbled);
    EXPECT_EQ(std::count_if(verdict.observations().begin(),
                            verdict.observations().end(),
                            [](const Observation& o) {
                              return o.kind == Observation::Kind::kMissed;
                            }),
              vanishes ? 1 : 0);
    if (!proven) return;
    ++rejected;
    const bool gone =
        !verdict.observations().empty() &&
        verdict.observations()[0].kind == Observation::Kind::kGone;
    EXPECT_EQ(gone, memory == Memory::kVanishedLongAgo);
    ASSERT_EQ(verdict.proof()->cited().size(), 3u);
    for (const Answer& cited : verdict.proof()->cited()) {
      const Verdict without =
          Judge(policy, To("joe@example.org"), [&](const Lookup& lookup) {
            if (lookup == cited.lookup()) {
              return Answer(Report::Unknown(lookup, "taken away"));
            }
            return Say(*policy, lookup, mailbox, memory, missing);
          });
      EXPECT_EQ(without.disposition(), unsure);
    }
  };
  for (Mailbox mailbox : {Mailbox::kPresent, Mailbox::kProvenAbsent,
                          Mailbox::kUnprovenAbsent, Mailbox::kUnknown}) {
    for (Memory memory : {Memory::kNone, Memory::kSeen, Memory::kVanishedLately,
                          Memory::kVanishedLongAgo, Memory::kMissedOnceLongAgo,
                          Memory::kGarbled, Memory::kUnknown}) {
      for (Missing missing :
           {Missing::kNobody, Missing::kAFew, Missing::kTooMany,
            Missing::kGarbled, Missing::kUnknown}) {
        examine(mailbox, memory, missing);
      }
    }
  }
  EXPECT_EQ(rejected, 4);
}

INSTANTIATE_TEST_SUITE_P(Each, RecipientEvidence,
                         testing::Values(WhenUnsure::kPass, WhenUnsure::kDefer),
                         [](const auto& info) {
                           return info.param == WhenUnsure::kPass ? "Pass"
                                                                  : "Defer";
                         });

TEST(Recipient, WithoutAGracePeriodAMemoryDelaysNothing) {
  std::shared_ptr<Policy> policy = Ours();
  policy->directories[0].grace = absl::ZeroDuration();
  const Verdict verdict =
      Judge(policy, To("joe@example.org"), [&](const Lookup& lookup) -> Answer {
        if (const auto* mailbox = std::get_if<MailboxLookup>(&lookup)) {
          return Vouched(*policy, *mailbox);
        }
        if (IsVanished(lookup)) return Answer(Report::Absent(lookup));
        return Answer(Report::Present(lookup, MailboxSeen{kNow}.ToValues()));
      });
  EXPECT_EQ(verdict.disposition(), Disposition::kReject);
}

// Joe vanished 71 hours ago, and some of the others lately; the policy's grace
// is 72 hours, and 3 within an hour may vanish.
TEST_P(RecipientEvidence, WhatAnOperatorHasSetIsInForce) {
  const std::shared_ptr<Policy> policy = OursWith(GetParam());
  const auto rejects = [&](const DirectoryOverrides& set, Memory memory,
                           Missing missing,
                           Mailbox mailbox = Mailbox::kProvenAbsent) {
    const Verdict verdict =
        Judge(policy, To("joe@example.org"),
              [&](const Lookup& lookup) {
                return Say(*policy, lookup, mailbox, memory, missing);
              },
              nullptr, {{"people", set}});
    return verdict.disposition() == Disposition::kReject;
  };
  DirectoryOverrides set;
  EXPECT_FALSE(rejects(set, Memory::kVanishedLately, Missing::kNobody));
  set.grace = absl::Hours(71);
  EXPECT_TRUE(rejects(set, Memory::kVanishedLately, Missing::kNobody));
  EXPECT_FALSE(rejects(set, Memory::kVanishedLately, Missing::kTooMany));
  set.grace = absl::Hours(73);
  EXPECT_FALSE(rejects(set, Memory::kVanishedLongAgo, Missing::kNobody));
  set.grace.reset();
  EXPECT_TRUE(rejects(set, Memory::kVanishedLongAgo, Missing::kNobody));
  set.hold = VanishLimit{2, absl::ZeroDuration()};
  EXPECT_FALSE(rejects(set, Memory::kNone, Missing::kAFew));
  set.hold = VanishLimit{4, absl::Hours(1)};
  EXPECT_TRUE(rejects(set, Memory::kNone, Missing::kTooMany));
  EXPECT_FALSE(rejects(set, Memory::kVanishedLately, Missing::kTooMany));

  // The least that can be set is no proof.
  const DirectoryOverrides least = {absl::ZeroDuration(),
                                    VanishLimit{63, absl::ZeroDuration()}};
  EXPECT_TRUE(rejects(least, Memory::kSeen, Missing::kTooMany));
  for (const Mailbox mailbox :
       {Mailbox::kPresent, Mailbox::kUnprovenAbsent, Mailbox::kUnknown}) {
    EXPECT_FALSE(rejects(least, Memory::kNone, Missing::kNobody, mailbox));
  }
  EXPECT_FALSE(rejects(least, Memory::kUnknown, Missing::kNobody));
  EXPECT_FALSE(rejects(least, Memory::kGarbled, Missing::kNobody));
  EXPECT_FALSE(rejects(least, Memory::kNone, Missing::kUnknown));
  EXPECT_FALSE(rejects(least, Memory::kNone, Missing::kGarbled));
}

TEST(Recipient, AnOverrideIsOfItsDirectoryOnly) {
  const std::shared_ptr<Policy> policy = Ours();
  Overrides others;
  others["others"].grace = absl::ZeroDuration();
  EXPECT_EQ(GraceOf(policy->directories[0], others), absl::Hours(72));
  EXPECT_EQ(VanishLimitOf(policy->directories[0], others).ToString(), "5/10m");
}

TEST(Recipient, InShadowARejectionPasses) {
  for (bool whole_chain : {false, true}) {
    std::shared_ptr<Policy> policy = Ours();
    policy->shadow = whole_chain;
    std::get<RecipientPolicy>(policy->checks[0]).shadow = !whole_chain;
    const Verdict verdict = Judge(
        policy, To("joe@example.org"), [&](const Lookup& lookup) -> Answer {
          if (const auto* mailbox = std::get_if<MailboxLookup>(&lookup)) {
            return Vouched(*policy, *mailbox);
          }
          return Answer(Report::Absent(lookup));
        });
    EXPECT_EQ(
        verdict.Line(),
        "pass [in shadow, recipient would reject 550 5.1.1 User unknown]");
  }
}

// Postfix asks its tables in folded case, and a list has what people write.
TEST(Recipient, AListedNameIsValidInEachCaseAndFolded) {
  const auto policy = Ours();
  policy->realms[0].valid_local_parts = {mail::FoldUtf8("Straße")};
  policy->realms[0].valid_addresses = {mail::FoldUtf8("ÜBER@example.org")};
  for (const char* recipient :
       {"straße@example.org", "strasse@example.org", "STRAẞE@example.org",
        "über@example.org", "ÜBER@example.org", "u\u0308ber@example.org"}) {
    const Verdict verdict =
        Judge(policy, To(recipient), [](const Lookup& lookup) {
          return Answer(Report::Unknown(lookup, "not to be asked"));
        });
    EXPECT_EQ(verdict.why(), "listed as valid") << recipient;
  }
}

}  // namespace
}  // namespace mailverdict
