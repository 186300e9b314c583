#include "adapters/daemon/policy_load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace mailverdict {
namespace {

using State = ListInForce::State;
using testing::HasSubstr;

class PolicyLoadTest : public testing::Test {
 protected:
  PolicyLoadTest() {
    char folder[] = "/tmp/policy_load_XXXXXX";
    folder_ = mkdtemp(folder);
    options_.policy_path = Path("policy");
    Write("valid", "ann@example.org\nbob@example.org\n");
    Write("exceptions", "hostmaster\n");
    Write("wrong", "wrong.com\n");
    Write("password", "secret\n");
    WritePolicy(Text());
  }
  ~PolicyLoadTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) { return folder_ + "/" + name; }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(Path(name)) << text;
  }
  void WritePolicy(const std::string& text) { Write("policy", text); }
  std::string Text() {
    return "listener { socketmap: \"unix:/run/x\" }\n"
           "history { file: \"" +
           Path("history") +
           "\" }\n"
           "directory {\n"
           "  name: \"people\" uri: \"ldap://127.0.0.1\" base: \"dc=org\"\n"
           "  filter: \"(mail=%a)\" bind_dn: \"cn=gate\"\n"
           "  bind_password_file: \"" +
           Path("password") +
           "\"\n"
           "  control { arm: \"mail\" address: \"c@example.org\" "
           "dn: \"uid=c,dc=org\" }\n"
           "}\n"
           "realm { domain: \"example.org\" directory: \"people\"\n"
           "  also_valid: \"" +
           Path("valid") +
           "\" }\n"
           "check { domain { dns: false\n"
           "  instant_reject_file: \"" +
           Path("wrong") +
           "\" } }\n"
           "check { recipient { exception_file: \"" +
           Path("exceptions") + "\" } }\n";
  }

  // As a running daemon reads: with what is in force now.
  absl::StatusOr<LoadedPolicyFiles> Read(bool whole) {
    options_.policy_text = whole ? nullptr : text_;
    options_.only = {Path("valid"), Path("wrong"), Path("exceptions")};
    for (const std::string& name : being_written_) {
      options_.only.erase(Path(name));
    }
    absl::StatusOr<LoadedPolicyFiles> read = LoadPolicyFiles(options_);
    options_.compare_with_saved = false;
    if (read.ok()) {
      text_ = read->text;
      options_.before = read->lists;
    }
    return read;
  }
  State StateOf(const std::string& name, bool domains = false) {
    return options_.before.at({domains, Path(name)}).state;
  }
  // As a daemon that starts anew.
  absl::StatusOr<LoadedPolicyFiles> Restart() {
    options_.before.clear();
    options_.compare_with_saved = true;
    return Read(true);
  }

  std::string folder_;
  PolicyLoadOptions options_;
  std::set<std::string> being_written_;  // names of lists
  std::shared_ptr<const std::string> text_;
};

TEST_F(PolicyLoadTest, ListsAreReadAndNothingElseOfAPolicyInForce) {
  ASSERT_TRUE(Read(true).ok());
  WritePolicy("rubbish");
  unlink(Path("password").c_str());
  Write("valid", "ann@example.org\nbob@example.org\ncarl@example.org\n");
  const auto read = Read(false);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->loaded.policy.realms[0].valid_addresses.contains(
      "carl@example.org"));
  EXPECT_FALSE(Read(true).ok());
}

TEST_F(PolicyLoadTest, OfSeveralListsTheGoodOneCounts) {
  ASSERT_TRUE(Read(true).ok());
  Write("wrong", "joe@worse.com\n");
  Write("exceptions", "not@@good\n");
  Write("valid", "ann@example.org\nbob@example.org\ncarl@example.org\n");
  for (const bool whole : {false, true}) {
    const auto read = Read(whole);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(StateOf("wrong", true), State::kBroken);
    EXPECT_EQ(StateOf("exceptions"), State::kBroken);
    EXPECT_EQ(StateOf("valid"), State::kGood);
    const Policy& policy = read->loaded.policy;
    EXPECT_TRUE(policy.realms[0].valid_addresses.contains("carl@example.org"));
    EXPECT_TRUE(
        policy.FindCheck<RecipientPolicy>()->exceptions.contains("hostmaster"));
    EXPECT_TRUE(policy.FindCheck<DomainCheckPolicy>()
                    ->lists[0]
                    .Find("wrong.com")
                    .has_value());
  }
}

TEST_F(PolicyLoadTest, AListThatIsBeingWrittenStaysAsItIs) {
  ASSERT_TRUE(Read(true).ok());
  Write("valid", "ann@example.org\n");
  Write("wrong", "joe@worse.com\n");
  being_written_ = {"valid"};
  const auto read = Read(false);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(StateOf("wrong", true), State::kBroken);
  EXPECT_EQ(StateOf("valid"), State::kGood);
  EXPECT_TRUE(read->loaded.policy.realms[0].valid_addresses.contains(
      "bob@example.org"));
}

TEST_F(PolicyLoadTest, ARestartIsComparedWithWhatWasInForce) {
  const auto first = Restart();
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(SaveLists(Path("history"), first->lists, false).ok());
  Write("valid", "");
  Write("wrong", "joe@worse.com\n");
  const auto again = Restart();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(StateOf("valid"), State::kHeld);
  EXPECT_EQ(StateOf("wrong", true), State::kBroken);
  EXPECT_TRUE(again->loaded.policy.realms[0].valid_addresses.contains(
      "bob@example.org"));
  EXPECT_THAT(again->alarms, testing::IsEmpty());

  // A restart during the hold: what is remembered is the list in force.
  ASSERT_TRUE(SaveLists(Path("history"), again->lists, false).ok());
  ASSERT_TRUE(Restart().ok());
  EXPECT_EQ(StateOf("valid"), State::kHeld);
}

TEST_F(PolicyLoadTest, ADamagedMemoryIsNoComparisonAndAnAlarm) {
  const auto first = Restart();
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(SaveLists(Path("history"), first->lists, false).ok());
  Write("history-lists", "rubbish");
  Write("valid", "");
  const auto again = Restart();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(StateOf("valid"), State::kGood);
  EXPECT_THAT(again->alarms, testing::ElementsAre(HasSubstr("is damaged")));
  ASSERT_TRUE(again->saved_lists_damaged);
  ASSERT_TRUE(SaveLists(Path("history"), again->lists, true).ok());
  size_t aside = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder_)) {
    aside += file.path().string().find("history-lists.corrupt-") !=
             std::string::npos;
  }
  EXPECT_EQ(aside, 1u);
  EXPECT_TRUE(ReadSavedLists(Path("history-lists")).ok());
}

TEST_F(PolicyLoadTest, AListThatThePolicyNoLongerNamesIsForgotten) {
  ASSERT_TRUE(Read(true).ok());
  std::string text = Text();
  const std::string line = "also_valid: \"" + Path("valid") + "\"";
  text.erase(text.find(line), line.size());
  WritePolicy(text);
  const auto read = Read(true);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->loaded.policy.realms[0].valid_addresses.empty())
      << "the operator's word";
  EXPECT_EQ(read->lists.count({false, Path("valid")}), 0u);
}

TEST_F(PolicyLoadTest, ThePolicySaysHowMuchAListMayLose) {
  ASSERT_TRUE(Read(true).ok());
  Write("valid", "ann@example.org\n");
  WritePolicy(Text() + "max_list_loss_percent: 10\n");
  ASSERT_TRUE(Read(true).ok());
  EXPECT_EQ(StateOf("valid"), State::kHeld);
}

TEST_F(PolicyLoadTest, AnEmptiedOrCutPolicyIsRefused) {
  const std::string whole = Text();
  size_t refused = 0;
  for (size_t cut = 0; cut < whole.size(); ++cut) {
    WritePolicy(whole.substr(0, cut));
    const auto read = Read(true);
    // The rest may be a good policy without the last checks' settings. It must
    // not be a policy that asks no directory.
    if (!read.ok()) {
      ++refused;
      continue;
    }
    EXPECT_NE(read->loaded.policy.FindCheck<RecipientPolicy>(), nullptr)
        << "cut at " << cut;
  }
  EXPECT_GT(refused, whole.size() - 3);
}

TEST_F(PolicyLoadTest, WhatIsRefusedSaysWhatToWrite) {
  const std::string listener = "listener { socketmap: \"unix:/run/x\" }\n";
  const std::string directory =
      Text().substr(Text().find("directory {"),
                    Text().find("realm {") - Text().find("directory {"));
  const struct {
    std::string text, what;
  } cases[] = {
      {"", "no listener"},
      {"# nothing\n", "no listener"},
      {"check { recipient { } }\n", "no listener"},
      {listener, "no check"},
      {listener + "check { recipient { } }\n", "no realm"},
      {listener + directory + "check { domain { dns: false } }\n",
       "no check recipient"},
  };
  for (const auto& each : cases) {
    WritePolicy(each.text);
    EXPECT_THAT(std::string(Read(true).status().message()),
                HasSubstr(each.what))
        << each.text;
  }
  WritePolicy(listener + "check { domain { dns: false } }\n");
  EXPECT_TRUE(Read(true).ok()) << "domains alone want neither";
  WritePolicy(listener + "shadow: true\n");
  EXPECT_TRUE(Read(true).ok()) << "it says that everything passes";
}

}  // namespace
}  // namespace mailverdict
