#include "adapters/milter/codec/negotiation.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace mailverdict::milter {
namespace {

using namespace std::string_literals;

// What both MTAs offer in version 6 (SMFI_CURR_ACTS, SMFI_CURR_PROT).
constexpr uint32_t kAllActions = 0x1FF;
constexpr uint32_t kAllSteps = 0x1FFFFF;
constexpr Offer kOffer6 = {6, kAllActions, kAllSteps};

Needs NeedsOf(StageSet told, StageSet judged) {
  Needs needs;
  needs.told = told;
  needs.judged = judged;
  return needs;
}

Needs Recipients() {
  return NeedsOf({Stage::kConnect, Stage::kMail, Stage::kRcpt}, {Stage::kRcpt});
}

TEST(Negotiate, AsksForWhatAChainOfRecipientsNeedsAndNoMore) {
  const Agreement agreement = Negotiate(kOffer6, Recipients());
  EXPECT_EQ(agreement.version, 6u);
  EXPECT_EQ(agreement.actions, action::kChooseMacros);
  EXPECT_EQ(agreement.steps, step::kSilentConnect | step::kNoHelo |
                                 step::kSilentMail | step::kNoData |
                                 step::kNoUnknown | step::kNoHeader |
                                 step::kNoEndOfHeader | step::kNoBody);
}

TEST(Negotiate, AsksForNothingForAnEmptyChain) {
  EXPECT_EQ(Negotiate(kOffer6, Needs()).steps,
            step::kNoConnect | step::kNoHelo | step::kNoMail | step::kNoRcpt |
                step::kNoData | step::kNoUnknown | step::kNoHeader |
                step::kNoEndOfHeader | step::kNoBody);
}

TEST(Negotiate, HearsAndAnswersEachStageThatIsJudged) {
  const StageSet all = {Stage::kConnect,     Stage::kHelo,
                        Stage::kMail,        Stage::kRcpt,
                        Stage::kEndOfHeader, Stage::kEndOfMessage};
  EXPECT_EQ(
      Negotiate(kOffer6, NeedsOf(all, all)).steps,
      step::kNoData | step::kNoUnknown | step::kNoBody | step::kSilentHeader);
  EXPECT_EQ(Negotiate(kOffer6, NeedsOf({}, all)).steps,
            Negotiate(kOffer6, NeedsOf(all, all)).steps)
      << "what is judged is told";
}

TEST(Negotiate, HearsStagesThatAreOnlyToldWithoutAnswering) {
  const StageSet all = {Stage::kConnect, Stage::kHelo, Stage::kMail,
                        Stage::kRcpt, Stage::kEndOfHeader};
  EXPECT_EQ(Negotiate(kOffer6, NeedsOf(all, {Stage::kEndOfMessage})).steps,
            step::kSilentConnect | step::kSilentHelo | step::kSilentMail |
                step::kSilentRcpt | step::kNoData | step::kNoUnknown |
                step::kSilentHeader | step::kNoEndOfHeader | step::kNoBody);
}

TEST(Negotiate, HearsMailBeforeAnyLaterStage) {
  for (Stage stage :
       {Stage::kRcpt, Stage::kEndOfHeader, Stage::kEndOfMessage}) {
    EXPECT_FALSE(Negotiate(kOffer6, NeedsOf({stage}, {})).has(step::kNoMail));
    EXPECT_FALSE(Negotiate(kOffer6, NeedsOf({}, {stage})).has(step::kNoMail));
  }
  EXPECT_TRUE(Negotiate(kOffer6, NeedsOf({Stage::kConnect, Stage::kHelo}, {}))
                  .has(step::kNoMail));
}

TEST(Negotiate, TakesEachActionOnlyIfItIsNeeded) {
  Needs needs = Recipients();
  needs.adds_fields = true;
  EXPECT_EQ(Negotiate(kOffer6, needs).actions,
            action::kChooseMacros | action::kAddFields);
  EXPECT_TRUE(Negotiate(kOffer6, needs).has(step::kLeadingBlank));
  needs = Recipients();
  needs.changes_fields = true;
  EXPECT_EQ(Negotiate(kOffer6, needs).actions,
            action::kChooseMacros | action::kChangeFields);
  EXPECT_TRUE(Negotiate(kOffer6, needs).has(step::kLeadingBlank));
  needs = Recipients();
  needs.quarantines = true;
  EXPECT_EQ(Negotiate(kOffer6, needs).actions,
            action::kChooseMacros | action::kQuarantine);
  EXPECT_FALSE(Negotiate(kOffer6, needs).has(step::kLeadingBlank));
}

TEST(Negotiate, HearsTheBodyIfItIsNeededAndMaySkipTheRest) {
  Needs needs = Recipients();
  needs.body = true;
  EXPECT_FALSE(Negotiate(kOffer6, needs).has(step::kNoBody));
  EXPECT_TRUE(Negotiate(kOffer6, needs).has(step::kSkip));
}

TEST(Negotiate, AnswersWithASubsetOfAnyOffer) {
  Needs needs = Recipients();
  needs.adds_fields = needs.changes_fields = needs.quarantines = true;
  for (int bit = 0; bit < 32; ++bit) {
    for (const uint32_t bits : {1u << bit, ~(1u << bit)}) {
      const Agreement agreement = Negotiate({6, bits, bits}, needs);
      EXPECT_EQ(agreement.actions & ~bits, 0u);
      EXPECT_EQ(agreement.steps & ~bits, 0u);
    }
  }
}

TEST(Negotiate, NeverTakesReservedBitsNorLongerPackets) {
  Needs needs = Recipients();
  needs.adds_fields = needs.changes_fields = needs.quarantines = true;
  needs.body = true;
  const Agreement agreement = Negotiate({6, 0xFFFFFFFF, 0xFFFFFFFF}, needs);
  EXPECT_EQ(agreement.actions & ~kAllActions, 0u);
  EXPECT_EQ(agreement.steps & ~kAllSteps, 0u) << "SMFI_INTERNAL, SMFIP_MDS_*";
}

TEST(Negotiate, SpeaksTheLesserVersion) {
  for (uint32_t version = kOldestVersion; version <= kNewestVersion;
       ++version) {
    EXPECT_EQ(Negotiate({version, 0, 0}, Needs()).version, version);
  }
  EXPECT_EQ(Negotiate({7, 0, 0}, Needs()).version, 6u);
  EXPECT_EQ(Negotiate({0xFFFFFFFF, 0, 0}, Needs()).version, 6u);
}

TEST(Negotiate, TakesAnOfferOfNothingForVersion1) {
  Needs needs = Recipients();
  needs.adds_fields = needs.quarantines = true;
  const Agreement agreement = Negotiate({2, 0, 0}, needs);
  EXPECT_EQ(agreement.actions, action::kAddFields);
  EXPECT_EQ(agreement.steps, step::kNoHelo | step::kNoHeader | step::kNoBody);
}

TEST(Negotiate, AnswersAllOfVersion2) {
  // Postfix with milter_protocol = 2: MILTER8_V2_PROTO_MASK.
  const Agreement agreement = Negotiate({2, kAllActions, 0x7F}, Recipients());
  EXPECT_EQ(agreement.steps, step::kNoHelo | step::kNoHeader |
                                 step::kNoEndOfHeader | step::kNoBody);
}

TEST(AppendAgreement, WritesTheNumbersAndTheListsOfMacros) {
  std::string bytes;
  AppendAgreement(Negotiate(kOffer6, Recipients()), &bytes);
  EXPECT_EQ(bytes,
            "\0\0\0\x4bO"                // SMFIC_OPTNEG
            "\0\0\0\x06"                 // version
            "\0\0\x01\0"                 // SMFIF_SETSYMLIST
            "\0\0\x53\x72"               // SMFIP_*
            "\0\0\0\0\0"                 // SMFIM_CONNECT
            "\0\0\0\x01\0"               // SMFIM_HELO
            "\0\0\0\x02i {auth_type}\0"  // SMFIM_ENVFROM
            "\0\0\0\x03i {rcpt_addr}\0"  // SMFIM_ENVRCPT
            "\0\0\0\x04\0"               // SMFIM_DATA
            "\0\0\0\x05i\0"              // SMFIM_EOM
            "\0\0\0\x06\0"s);            // SMFIM_EOH
}

TEST(AppendAgreement, WritesNoListsWhereTheMtaTakesNone) {
  std::string bytes;
  AppendAgreement(Negotiate({2, 0x3F, 0x7F}, Recipients()), &bytes);
  EXPECT_EQ(bytes, "\0\0\0\x0dO\0\0\0\x02\0\0\0\0\0\0\0\x72"s);
}

TEST(WantedMacros, AreThoseOfStagesThatAreSent) {
  const StageSet all = {Stage::kMail, Stage::kRcpt, Stage::kEndOfHeader};
  const Agreement whole = Negotiate(kOffer6, NeedsOf(all, all));
  EXPECT_EQ(WantedMacros(whole, MacroStage::kMail), "i {auth_type}");
  EXPECT_EQ(WantedMacros(whole, MacroStage::kRcpt), "i {rcpt_addr}");
  EXPECT_EQ(WantedMacros(whole, MacroStage::kEndOfHeader), "i");
  EXPECT_EQ(WantedMacros(whole, MacroStage::kEndOfMessage), "i");
  const Agreement none = Negotiate(kOffer6, Needs());
  EXPECT_EQ(WantedMacros(none, MacroStage::kMail), "");
  EXPECT_EQ(WantedMacros(none, MacroStage::kRcpt), "");
  EXPECT_EQ(WantedMacros(none, MacroStage::kEndOfHeader), "");
}

TEST(ValueOf, DropsOneBlankIfBlanksAreSent) {
  Agreement agreement;
  EXPECT_EQ(ValueOf(agreement, {"Subject", " hello"}), " hello");
  agreement.steps = step::kLeadingBlank;
  EXPECT_EQ(ValueOf(agreement, {"Subject", " hello"}), "hello");
  EXPECT_EQ(ValueOf(agreement, {"Subject", "  hello"}), " hello");
  EXPECT_EQ(ValueOf(agreement, {"Subject", "\thello"}), "\thello");
  EXPECT_EQ(ValueOf(agreement, {"Subject", ""}), "");
}

}  // namespace
}  // namespace mailverdict::milter
