#include "adapters/deliver/users/unknown_user_rule.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailverdict::deliver {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Existence kAbsent = Existence::kProvenAbsent;
constexpr Existence kPresent = Existence::kPresent;
constexpr Existence kUnsure = Existence::kUnsure;

struct Question {
  std::string recipient;
  absl::Duration time;
};

class FakeProof : public ProofSource {
 public:
  FakeProof(Existence answer, std::vector<Question>* asked)
      : answer_(answer), asked_(asked) {}
  Ruling Ask(std::string_view recipient, Deadline deadline) const override {
    asked_->push_back({std::string(recipient), deadline.Remaining()});
    return {answer_, "because"};
  }

 private:
  const Existence answer_;
  std::vector<Question>* const asked_;
};

class Rule : public ::testing::Test {
 protected:
  Existence Judge(UnknownPolicy policy, const std::vector<Existence>& answers,
                  const std::string& recipient = "jane@example.org",
                  const std::string& domain = "") {
    std::vector<std::unique_ptr<ProofSource>> proofs;
    for (const Existence answer : answers) {
      proofs.push_back(std::make_unique<FakeProof>(answer, &asked_));
    }
    const UnknownUserRule rule(policy, std::move(proofs), absl::Seconds(60),
                               domain);
    ruling_ = rule.Judge(recipient);
    return ruling_.existence;
  }
  Existence UnlessProven(const std::vector<Existence>& answers) {
    return Judge(UnknownPolicy::kUnlessProven, answers);
  }

  std::vector<Question> asked_;
  Ruling ruling_;
};

TEST_F(Rule, AbsenceIsProvenOnlyIfAllProveIt) {
  EXPECT_EQ(UnlessProven({kAbsent}), kAbsent);
  EXPECT_EQ(ruling_.why, "because");
  EXPECT_EQ(UnlessProven({kAbsent, kAbsent}), kAbsent);
  EXPECT_EQ(ruling_.why, "because; because");
  EXPECT_EQ(UnlessProven({kAbsent, kUnsure}), kUnsure);
  EXPECT_EQ(UnlessProven({kUnsure, kAbsent}), kUnsure);
  EXPECT_EQ(UnlessProven({kUnsure}), kUnsure);
  EXPECT_EQ(UnlessProven({}), kUnsure);
}

TEST_F(Rule, PresentIfAnySaysSo) {
  EXPECT_EQ(UnlessProven({kPresent}), kPresent);
  EXPECT_EQ(UnlessProven({kAbsent, kPresent}), kPresent);
  EXPECT_EQ(UnlessProven({kUnsure, kPresent}), kPresent);
  EXPECT_EQ(UnlessProven({kPresent, kAbsent}), kPresent);
}

TEST_F(Rule, AlwaysDeferNeverProvesButStillFinds) {
  const auto policy = UnknownPolicy::kAlwaysDefer;
  EXPECT_EQ(Judge(policy, {kAbsent}), kUnsure);
  EXPECT_THAT(ruling_.why, HasSubstr("--unknown always-defer"));
  EXPECT_EQ(Judge(policy, {kAbsent, kAbsent}), kUnsure);
  EXPECT_EQ(Judge(policy, {kPresent}), kPresent);
  EXPECT_EQ(Judge(policy, {}), kUnsure);
  EXPECT_THAT(ruling_.why, HasSubstr("--unknown always-defer"));
}

// Proves an absence once; then the user has been created.
class ProofOfOnce : public ProofSource {
 public:
  Ruling Ask(std::string_view, Deadline) const override {
    return {std::exchange(asked_, true) ? kPresent : kAbsent, "because"};
  }

 private:
  mutable bool asked_ = false;
};

TEST(RuleOfOnce, NoAnswerIsUsedTwice) {
  std::vector<std::unique_ptr<ProofSource>> proofs;
  proofs.push_back(std::make_unique<ProofOfOnce>());
  const UnknownUserRule rule(UnknownPolicy::kUnlessProven, std::move(proofs),
                             absl::Seconds(60));
  EXPECT_EQ(rule.Judge("jane@example.org").existence, kAbsent);
  EXPECT_EQ(rule.Judge("jane@example.org").existence, kPresent);
}

TEST_F(Rule, ProofsShareTheTime) {
  UnlessProven({kAbsent, kAbsent, kAbsent});
  ASSERT_EQ(asked_.size(), 3u);
  EXPECT_LE(asked_[0].time, absl::Seconds(20));
  EXPECT_LE(asked_[1].time, absl::Seconds(30));
  EXPECT_LE(asked_[2].time, absl::Seconds(60));
}

TEST_F(Rule, BareUsersAreCompleted) {
  const auto policy = UnknownPolicy::kUnlessProven;
  Judge(policy, {kAbsent}, "jane", "example.org");
  Judge(policy, {kAbsent}, "jane@b.test", "example.org");
  Judge(policy, {kAbsent}, "jane", "");
  EXPECT_EQ(asked_[0].recipient, "jane@example.org");
  EXPECT_EQ(asked_[1].recipient, "jane@b.test");
  EXPECT_EQ(asked_[2].recipient, "jane");
}

TEST_F(Rule, RecipientsThatNoMailboxHasAreNotAskedFor) {
  const auto policy = UnknownPolicy::kUnlessProven;
  std::vector<std::string> recipients = {"", std::string(1025, 'a')};
  for (int byte = 0; byte < 32; ++byte) {
    recipients.push_back("j" + std::string(1, static_cast<char>(byte)) +
                         "@example.org");
  }
  recipients.push_back("j\x7f@example.org");
  for (const std::string& recipient : recipients) {
    EXPECT_EQ(Judge(policy, {kAbsent}, recipient), kUnsure) << recipient;
    EXPECT_THAT(ruling_.why, HasSubstr("no proof was asked for"));
  }
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(Judge(policy, {kAbsent}, std::string(1024, 'a')), kAbsent);
}

}  // namespace
}  // namespace mailverdict::deliver
