#include "adapters/milter/codec/macros.h"

#include <optional>
#include <string_view>

#include "adapters/milter/codec/sessions_testing.h"
#include "gtest/gtest.h"

namespace mailverdict::milter {
namespace {

using namespace std::string_literals;

MacroList List(MacroStage stage, std::string_view name,
               std::string_view value) {
  return {stage, {{name, value}}};
}

TEST(Macros, AreFoundFromTheirStageOn) {
  Macros macros;
  EXPECT_EQ(macros.Find("i"), std::nullopt);
  macros.Take(List(MacroStage::kMail, "{auth_type}", "PLAIN"));
  macros.Take(Mail());
  EXPECT_EQ(macros.Find("{auth_type}"), "PLAIN");
  macros.Take(Rcpt());
  macros.Take(Data());
  macros.Take(Header());
  macros.Take(EndOfHeader());
  macros.Take(Body());
  macros.Take(UnknownCommand());
  macros.Take(EndOfMessage());
  EXPECT_EQ(macros.Find("{auth_type}"), "PLAIN");
  EXPECT_EQ(macros.Find("{auth_author}"), std::nullopt);
}

TEST(Macros, HaveANameWithBracesAndWithout) {
  Macros macros;
  macros.Take(MacroList{MacroStage::kMail, {{"i", "1"}, {"{j}", "2"}}});
  EXPECT_EQ(macros.Find("{i}"), "1");
  EXPECT_EQ(macros.Find("i"), "1");
  EXPECT_EQ(macros.Find("j"), "2");
  EXPECT_EQ(macros.Find("{j}"), "2");
  EXPECT_EQ(macros.Find(""), std::nullopt);
  EXPECT_EQ(macros.Find("{}"), std::nullopt);
}

TEST(Macros, MayHaveAnEmptyValue) {
  Macros macros;
  macros.Take(List(MacroStage::kRcpt, "{rcpt_addr}", ""));
  EXPECT_EQ(macros.Find("{rcpt_addr}"), "");
}

TEST(Macros, AreThoseOfTheLatestStage) {
  Macros macros;
  macros.Take(List(MacroStage::kMail, "i", "at mail"));
  macros.Take(Mail());
  macros.Take(List(MacroStage::kEndOfHeader, "i", "at end of header"));
  macros.Take(EndOfHeader());
  macros.Take(List(MacroStage::kEndOfMessage, "i", "at end"));
  macros.Take(EndOfMessage());
  EXPECT_EQ(macros.Find("i"), "at end");
}

TEST(Macros, OfOneRecipientAreNotThoseOfTheNext) {
  Macros macros;
  macros.Take(List(MacroStage::kRcpt, "{rcpt_addr}", "one"));
  macros.Take(Rcpt());
  EXPECT_EQ(macros.Find("{rcpt_addr}"), "one");
  macros.Take(Rcpt());
  EXPECT_EQ(macros.Find("{rcpt_addr}"), std::nullopt);
  macros.Take(List(MacroStage::kRcpt, "{rcpt_addr}", "three"));
  macros.Take(MacroList{MacroStage::kRcpt, {}});
  macros.Take(Rcpt());
  EXPECT_EQ(macros.Find("{rcpt_addr}"), std::nullopt) << "an empty list";
}

TEST(Macros, OfOneMessageAreNotThoseOfTheNext) {
  for (const bool aborted : {false, true}) {
    Macros macros;
    macros.Take(List(MacroStage::kHelo, "{tls_version}", "TLSv1.3"));
    macros.Take(Helo());
    macros.Take(List(MacroStage::kMail, "{auth_type}", "PLAIN"));
    macros.Take(Mail());
    macros.Take(List(MacroStage::kRcpt, "{rcpt_addr}", "joe"));
    macros.Take(Rcpt());
    if (aborted) {
      macros.Take(Abort());
      EXPECT_EQ(macros.Find("{auth_type}"), std::nullopt);
    }
    macros.Take(Mail());
    EXPECT_EQ(macros.Find("{auth_type}"), std::nullopt);
    EXPECT_EQ(macros.Find("{rcpt_addr}"), std::nullopt);
    EXPECT_EQ(macros.Find("{tls_version}"), "TLSv1.3");
  }
}

TEST(Macros, EndWithAnEarlierStage) {
  Macros macros;
  macros.Take(List(MacroStage::kConnect, "j", "mail.example.org"));
  macros.Take(Connect());
  macros.Take(List(MacroStage::kHelo, "{tls_version}", "TLSv1.3"));
  macros.Take(Helo());
  macros.Take(List(MacroStage::kMail, "{auth_type}", "PLAIN"));
  macros.Take(Mail());
  macros.Take(Helo());
  EXPECT_EQ(macros.Find("{auth_type}"), std::nullopt);
  EXPECT_EQ(macros.Find("{tls_version}"), std::nullopt);
  EXPECT_EQ(macros.Find("j"), "mail.example.org");
}

TEST(Macros, OfAStageThatIsNotSentReplaceThoseBefore) {
  Macros macros;
  macros.Take(List(MacroStage::kMail, "i", "1"));
  macros.Take(List(MacroStage::kRcpt, "{rcpt_addr}", "joe"));
  macros.Take(List(MacroStage::kMail, "i", "2"));
  EXPECT_EQ(macros.Find("i"), "2");
  EXPECT_EQ(macros.Find("{rcpt_addr}"), std::nullopt);
}

TEST(Macros, OfNoStageAreDropped) {
  Macros macros;
  macros.Take(List(MacroStage::kMail, "i", "1"));
  macros.Take(MacroList{std::nullopt, {{"i", "2"}}});
  EXPECT_EQ(macros.Find("i"), "1");
}

TEST(Macros, EndWithTheClient) {
  for (const Command& end :
       {Command(Quit()), Command(QuitForNew()), Command(Offer{6, 0, 0})}) {
    Macros macros;
    macros.Take(List(MacroStage::kConnect, "j", "mail.example.org"));
    macros.Take(Connect());
    macros.Take(end);
    EXPECT_EQ(macros.Find("j"), std::nullopt);
  }
}

TEST(Macros, OutliveTheBytesThatTheyCameIn) {
  Macros macros;
  CommandReader reader;
  Command command;
  reader.Feed(PacketOf('D',
                       "Mi\0"
                       "5AU0eTm2000001\0"s));
  ASSERT_EQ(reader.Next(&command), ReadResult::kOne);
  macros.Take(command);
  reader.Feed(PacketOf('M', "<ann@example.net>\0SIZE=1000000000\0"s));
  EXPECT_EQ(macros.Find("i"), "5AU0eTm2000001");
}

}  // namespace
}  // namespace mailverdict::milter
