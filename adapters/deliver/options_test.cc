#include "adapters/deliver/options.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailverdict::deliver {
namespace {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using Words = std::vector<std::string>;

Options Good(const Words& words, const char* recipient = nullptr) {
  const auto options = ParseOptions(words, recipient);
  EXPECT_TRUE(options.ok()) << options.status();
  return options.ok() ? *options : Options();
}

std::string Error(const Words& words) {
  const auto options = ParseOptions(words, nullptr);
  EXPECT_FALSE(options.ok()) << ::testing::PrintToString(words);
  return std::string(options.status().message());
}

TEST(Options, OfTheWrapperHaveDefaults) {
  const Options options = Good({"--", "/bin/x"});
  EXPECT_EQ(options.mode, Mode::kWrapper);
  EXPECT_THAT(options.command, ElementsAre("/bin/x"));
  EXPECT_EQ(options.unknown, UnknownPolicy::kUnlessProven);
  EXPECT_THAT(options.proofs, ElementsAre("unix:/run/mailverdict/socketmap"));
  EXPECT_EQ(options.proof_timeout, absl::Seconds(5));
  EXPECT_EQ(options.timeout, absl::Minutes(15));
  EXPECT_EQ(options.recipient, "");
  EXPECT_TRUE(options.domains.empty());
  EXPECT_TRUE(options.lists.pass.none());
  EXPECT_TRUE(options.lists.defer.none());
}

TEST(Options, OfTheWrapperAreAllTaken) {
  const Options options = Good({"--unknown",
                                "always-defer",
                                "--proof",
                                "passwd",
                                "--proof=unix:/x",
                                "--proof-timeout",
                                "1m30s",
                                "--domain",
                                "example.org",
                                "--domain=b.test",
                                "--recipient",
                                "j@example.org",
                                "--timeout=500ms",
                                "--pass",
                                "65,69",
                                "--pass",
                                "1",
                                "--defer=77,67",
                                "--unknown-status=70",
                                "--",
                                "prog",
                                "--unknown",
                                "--",
                                "-x"},
                               "other@example.org");
  EXPECT_EQ(options.unknown, UnknownPolicy::kAlwaysDefer);
  EXPECT_THAT(options.proofs, ElementsAre("passwd", "unix:/x"));
  EXPECT_EQ(options.proof_timeout, absl::Seconds(90));
  EXPECT_THAT(options.domains, ElementsAre("example.org", "b.test"));
  EXPECT_EQ(options.recipient, "j@example.org");
  EXPECT_EQ(options.timeout, absl::Milliseconds(500));
  EXPECT_EQ(options.lists.unknown, std::bitset<256>().set(70));
  EXPECT_EQ(options.lists.pass.count(), 3u);
  EXPECT_TRUE(options.lists.pass[65] && options.lists.pass[69] &&
              options.lists.pass[1]);
  EXPECT_EQ(options.lists.defer.count(), 2u);
  EXPECT_THAT(options.command, ElementsAre("prog", "--unknown", "--", "-x"));
}

TEST(Options, RecipientComesFromTheEnvironmentUnlessItIsGiven) {
  EXPECT_EQ(Good({"--", "x"}, "j@example.org").recipient, "j@example.org");
  EXPECT_EQ(Good({"--recipient", "", "--", "x"}, "j@example.org").recipient,
            "");
}

TEST(Options, OfTheProxy) {
  const Options options =
      Good({"--lmtp", "unix:/a", "--backend", "inet:127.0.0.1:24",
            "--defer-code", "5.2.1,552", "--pass-code", "554,5.3.0", "--mode",
            "0600", "--owner", "u", "--group", "g"});
  EXPECT_EQ(options.mode, Mode::kProxy);
  EXPECT_EQ(options.lmtp, "unix:/a");
  EXPECT_EQ(options.backend, "inet:127.0.0.1:24");
  EXPECT_THAT(options.codes.unknown, ElementsAre("5.2.1", "552"));
  EXPECT_THAT(options.codes.pass, ElementsAre("554", "5.3.0"));
  EXPECT_EQ(options.unix_options.mode, 0600u);
  EXPECT_EQ(options.unix_options.owner, "u");
  EXPECT_EQ(options.unix_options.group, "g");
}

TEST(Options, OfTheMap) {
  const Options options = Good({"--map", "unix:/a", "--domain", "example.org"});
  EXPECT_EQ(options.mode, Mode::kMap);
  EXPECT_EQ(options.map, "unix:/a");
  EXPECT_EQ(options.unix_options.mode, 0660u);
}

TEST(Options, HelpAndVersionStandAlone) {
  EXPECT_EQ(Good({"--help"}).mode, Mode::kHelp);
  EXPECT_EQ(Good({"--version"}).mode, Mode::kVersion);
  EXPECT_THAT(Error({"--help", "--", "x"}), StartsWith("--help: "));
  EXPECT_THAT(Error({"--domain", "a.test", "--version"}),
              StartsWith("--version: "));
  EXPECT_EQ(Good({"--", "--help"}).mode, Mode::kWrapper);
}

TEST(Options, ThatAreWrongAreNamedWithTheCure) {
  struct Row {
    Words words;
    const char* option;
    const char* cure;
  };
  for (const Row& row : {
           Row{{"--unknown", "never"}, "--unknown", "unless-proven"},
           Row{{"--proof", "ldap"}, "--proof", "unix:/PATH"},
           Row{{"--proof", "inet:mail:1"}, "--proof", "a number"},
           Row{{"--proof-timeout", "5"}, "--proof-timeout", "5s"},
           Row{{"--proof-timeout", "-5s"}, "--proof-timeout", "5s"},
           Row{{"--proof-timeout", "0s"}, "--proof-timeout", "5s"},
           Row{{"--timeout", "inf"}, "--timeout", "24h"},
           Row{{"--timeout", "25h"}, "--timeout", "24h"},
           Row{{"--timeout", ""}, "--timeout", "5s"},
           Row{{"--domain", ""}, "--domain", "example.org"},
           Row{{"--domain", "@a.test"}, "--domain", "example.org"},
           Row{{"--domain", "a.test,b.test"}, "--domain", "example.org"},
           Row{{"--domain", "a.test."}, "--domain", "example.org"},
           Row{{"--pass", "0"}, "--pass", "from 1 to 125"},
           Row{{"--pass", "75"}, "--pass", "but 75"},
           Row{{"--pass", "67"}, "--pass", "--proof"},
           Row{{"--pass", "127"}, "--pass", "from 1 to 125"},
           Row{{"--pass", "65,"}, "--pass", "65,69"},
           Row{{"--pass", "065"}, "--pass", "65,69"},
           Row{{"--pass", "EX_USAGE"}, "--pass", "65,69"},
           Row{{"--defer", "0"}, "--defer", "from 1 to 255"},
           Row{{"--defer", "75"}, "--defer", "but 75"},
           Row{{"--defer", "256"}, "--defer", "from 1 to 255"},
           Row{{"--pass", "65", "--defer", "65"}, "--pass", "take one out"},
           Row{{"--pass", "69", "--unknown-status", "69"},
               "--unknown-status",
               "take one out"},
           Row{{"--defer", "69", "--unknown-status", "69"},
               "--unknown-status",
               "take one out"},
           Row{{"--unknown-status", "126"},
               "--unknown-status",
               "from 1 to 125"},
           Row{{"--lmtp", "unix:/a"}, "--lmtp", "write one of"},
           Row{{"--map", "unix:/a"}, "--map", "write one of"},
           Row{{"--backend", "unix:/a"}, "--backend", "leave it out"},
           Row{{"--mode", "0600"}, "--mode", "leave it out"},
           Row{{"--owner", ""}, "--owner", "leave the option out"},
           Row{{"--no-such"}, "--no-such", "--help"},
           Row{{"-x"}, "-x", "--help"},
           Row{{"prog"}, "prog", "write -- ahead"},
           Row{{"--recipient"}, "--recipient", "write its value"},
       }) {
    Words words = row.words;
    words.insert(words.end(), {"--", "prog"});
    EXPECT_THAT(Error(words), HasSubstr(row.option));
    EXPECT_THAT(Error(words), HasSubstr(row.cure));
  }
  EXPECT_THAT(Error({}), HasSubstr("write one of"));
  EXPECT_THAT(Error({"--"}), HasSubstr("write the program"));
  EXPECT_THAT(Error({"--", ""}), HasSubstr("write the program"));
  EXPECT_THAT(Error({"--lmtp", "unix:/a"}), HasSubstr("--backend"));
  EXPECT_THAT(Error({"--lmtp"}), HasSubstr("write its value"));
  EXPECT_THAT(Error({"--map", "unix:/a"}), HasSubstr("--domain"));
  const Words proxy = {"--lmtp", "unix:/a", "--backend", "unix:/b"};
  for (const Words& more :
       {Words{"--mode", "888"}, Words{"--mode", "1777"},
        Words{"--mode", "660x"}, Words{"--defer-code", "4.2.1"},
        Words{"--defer-code", "5.2"}, Words{"--defer-code", "5.2.1,"},
        Words{"--defer-code", "452"}, Words{"--defer-code", "5521"},
        Words{"--pass-code", "450"}, Words{"--pass-code", "5.3"},
        Words{"--pass-code", "550"}, Words{"--pass-code", "511"},
        Words{"--pass-code", "554,5.1.1"},
        Words{"--pass-code", "554", "--defer-code", "5.2.1,554"},
        Words{"--timeout", "5s"}, Words{"--recipient", "x"},
        Words{"--map", "unix:/c"}}) {
    Words words = proxy;
    words.insert(words.end(), more.begin(), more.end());
    EXPECT_THAT(Error(words), HasSubstr(more[0]));
  }
}

TEST(Options, ThatAreWrongEndWith75ForWhomeverMayBeAnMta) {
  for (const Words& words :
       {Words{}, Words{"--no-such", "--", "x"}, Words{"/bin/procmail"},
        Words{"--help", "--", "x"}, Words{"--lmtp", "unix:/a", "--", "x"},
        Words{"--backend", "unix:/a"}}) {
    EXPECT_EQ(ExitStatusOfWrongOptions(words), 75);
  }
  EXPECT_EQ(ExitStatusOfWrongOptions({"--lmtp", "unix:/a"}), 1);
  EXPECT_EQ(ExitStatusOfWrongOptions({"--mode", "9", "--map=unix:/a"}), 1);
}

TEST(Options, AreAllInTheHelp) {
  for (const char* option :
       {"--unknown", "--proof", "--proof-timeout", "--domain", "--recipient",
        "--timeout", "--pass", "--defer", "--lmtp", "--backend", "--defer-code",
        "--pass-code", "--map", "--mode", "--owner", "--group", "--version",
        "--help"}) {
    EXPECT_THAT(kHelp, ContainsRegex(std::string("\n  ") + option + "[ \n]"));
  }
}

}  // namespace
}  // namespace mailverdict::deliver
