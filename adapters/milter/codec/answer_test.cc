#include "adapters/milter/codec/answer.h"

#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace mailverdict::milter {
namespace {

using namespace std::string_literals;

constexpr std::string_view kLetters = "ABCDEHKLMNOQRTU";
constexpr Agreement kNothing = {6, 0, 0};
constexpr Agreement kEverything = {
    6, action::kAddFields | action::kChangeFields | action::kQuarantine,
    step::kSkip};

// The commands for which `holds` is true.
template <typename Predicate>
std::string Commands(Predicate holds) {
  std::string letters;
  for (char c : kLetters) {
    if (holds(static_cast<CommandLetter>(c))) letters += c;
  }
  return letters;
}

std::string Answered(const Agreement& agreement) {
  return Commands([&](CommandLetter c) { return HasAnswer(c, agreement); });
}

std::string Places(ReplyLetter reply, const Agreement& agreement) {
  return Commands([&](CommandLetter command) {
    return HasAnswer(command, agreement) &&
           command != CommandLetter::kNegotiate &&
           MayAnswer(reply, command, agreement);
  });
}

TEST(HasAnswer, IsFalseForMacrosAbortAndQuit) {
  EXPECT_EQ(Answered(kNothing), "BCEHLMNORTU");
}

TEST(HasAnswer, IsFalseForEachStepThatIsSilent) {
  const auto without = [](uint32_t steps) { return Answered({6, 0, steps}); };
  EXPECT_EQ(without(step::kSilentBody), "CEHLMNORTU");
  EXPECT_EQ(without(step::kSilentConnect), "BEHLMNORTU");
  EXPECT_EQ(without(step::kSilentHelo), "BCELMNORTU");
  EXPECT_EQ(without(step::kSilentHeader), "BCEHMNORTU");
  EXPECT_EQ(without(step::kSilentMail), "BCEHLNORTU");
  EXPECT_EQ(without(step::kSilentEndOfHeader), "BCEHLMORTU");
  EXPECT_EQ(without(step::kSilentRcpt), "BCEHLMNOTU");
  EXPECT_EQ(without(step::kSilentData), "BCEHLMNORU");
  EXPECT_EQ(without(step::kSilentUnknown), "BCEHLMNORT");
  EXPECT_EQ(without(0xFFFFFFFF), "EO") << "never silent";
}

TEST(MayAnswer, AllowsVerdictsEverywhere) {
  for (ReplyLetter reply :
       {ReplyLetter::kContinue, ReplyLetter::kAccept, ReplyLetter::kReject,
        ReplyLetter::kTempfail, ReplyLetter::kCode}) {
    EXPECT_EQ(Places(reply, kNothing), "BCEHLMNRTU");
  }
  EXPECT_EQ(Places(ReplyLetter::kDiscard, kNothing), "BELMNRTU");
}

TEST(MayAnswer, AllowsProgressAtTheEndOfTheMessageOnly) {
  EXPECT_EQ(Places(ReplyLetter::kProgress, kNothing), "E");
}

TEST(MayAnswer, AllowsEditsAtTheEndOfTheMessageIfTheyWereAgreedOn) {
  for (ReplyLetter reply :
       {ReplyLetter::kAddField, ReplyLetter::kInsertField,
        ReplyLetter::kChangeField, ReplyLetter::kQuarantine}) {
    EXPECT_EQ(Places(reply, kEverything), "E");
    EXPECT_EQ(Places(reply, kNothing), "");
  }
}

TEST(MayAnswer, AllowsSkipForTheBodyIfTheMtaKnowsIt) {
  EXPECT_EQ(Places(ReplyLetter::kSkip, kEverything), "B");
  EXPECT_EQ(Places(ReplyLetter::kSkip, kNothing), "");
}

TEST(JoinAnswer, IsOneReply) {
  EXPECT_EQ(
      *JoinAnswer(CommandLetter::kRcpt, kNothing, {ReplyPacket::Continue()}),
      "\0\0\0\x01"s + "c");
}

TEST(JoinAnswer, IsEditsAndADecisionAtTheEndOfTheMessage) {
  const ReplyPacket added = *ReplyPacket::AddField(kEverything, {"X-A", {"b"}});
  const ReplyPacket held = *ReplyPacket::Quarantine("virus");
  EXPECT_EQ(*JoinAnswer(CommandLetter::kEndOfMessage, kEverything,
                        {added, held, ReplyPacket::Continue()}),
            "\0\0\0\x07hX-A\0b\0\0\0\0\x07qvirus\0\0\0\0\x01"s + "c");
}

TEST(JoinAnswer, RefusesAnAnswerThatTheMtaWouldRefuse) {
  const ReplyPacket added = *ReplyPacket::AddField(kEverything, {"X-A", {"b"}});
  const auto refused = [](CommandLetter command,
                          const std::vector<ReplyPacket>& replies) {
    return !JoinAnswer(command, kEverything, replies).ok();
  };
  const CommandLetter end = CommandLetter::kEndOfMessage;
  EXPECT_TRUE(refused(end, {})) << "none";
  EXPECT_TRUE(refused(end, {added})) << "no decision";
  EXPECT_TRUE(refused(end, {ReplyPacket::Continue(), added}))
      << "the MTA has gone on";
  EXPECT_TRUE(refused(end, {ReplyPacket::Accept(), ReplyPacket::Accept()}))
      << "the second one would answer the next command";
  EXPECT_TRUE(refused(CommandLetter::kRcpt,
                      {ReplyPacket::Progress(), ReplyPacket::Continue()}));
  EXPECT_TRUE(
      refused(CommandLetter::kEndOfHeader, {added, ReplyPacket::Continue()}));
}

}  // namespace
}  // namespace mailverdict::milter
