// All combinations of what three lists can answer, plainly and with controls.

#include <algorithm>
#include <array>
#include <tuple>

#include "lib/checks/dnsbl_testing.h"

namespace mailverdict {
namespace {

enum class Says { kListed, kOutOfPattern, kAbsent, kUnknown, kError };
constexpr Says kSays[] = {Says::kListed, Says::kOutOfPattern, Says::kAbsent,
                          Says::kUnknown, Says::kError};

// What a list answers first, and when it is asked again with controls; and
// whether the controls pass.
struct Behaviour {
  Says first;
  Says again;
  bool borne_out;
};

std::vector<Behaviour> AllBehaviours() {
  std::vector<Behaviour> all;
  for (const Says first : kSays) {
    for (const Says again : kSays) {
      for (const bool borne_out : {true, false}) {
        all.push_back({first, again, borne_out});
      }
    }
  }
  return all;
}

Report ReportOf(Says says, const DnsLookup& lookup) {
  switch (says) {
    case Says::kListed:
      return Report::Present(lookup, {"127.0.0.2"}, AnswerMoment());
    case Says::kOutOfPattern:
      return Report::Present(lookup, {"127.0.0.9"}, AnswerMoment());
    case Says::kAbsent:
      return NoName(lookup);
    case Says::kUnknown:
      break;
    case Says::kError:
      return Report::Present(lookup, {"127.255.255.254"}, AnswerMoment());
  }
  return Report::Unknown(lookup, "timed out", AnswerMoment());
}

constexpr int kLists = 3;
constexpr int kWeights[kLists] = {1, 2, -2};
using Behaviours = std::array<Behaviour, kLists>;

// All possible answers, made once.
class Answers {
 public:
  explicit Answers(const std::shared_ptr<const Policy>& policy) {
    const auto& check = std::get<DnsblCheckPolicy>(policy->checks[0]);
    for (int i = 0; i < kLists; ++i) {
      const std::string name = "1.113.0.203." + check.lists[i].zone;
      names_.push_back(name);
      for (const Says says : kSays) {
        const DnsLookup plain{name, DnsType::kA};
        const DnsLookup again = Asked(name);
        plain_.push_back(Answer(ReportOf(says, plain)));
        unvouched_.push_back(Answer(ReportOf(says, again)));
        vouched_.push_back(Vouched(*policy, ReportOf(says, again)));
      }
    }
  }

  size_t ListOf(const DnsLookup& lookup) const {
    return static_cast<size_t>(
        std::find(names_.begin(), names_.end(), lookup.name) - names_.begin());
  }

  Answer Of(const Behaviours& lists, const DnsLookup& lookup) const {
    if (lookup.type == DnsType::kTxt) return UnknownOf(lookup);
    const size_t list = ListOf(lookup);
    const Behaviour& b = lists[list];
    const size_t at =
        list * std::size(kSays) +
        static_cast<size_t>(lookup.with_controls ? b.again : b.first);
    if (!lookup.with_controls) return plain_[at];
    return b.borne_out ? vouched_[at] : unvouched_[at];
  }

 private:
  std::vector<std::string> names_;
  std::vector<Answer> plain_, unvouched_, vouched_;
};

// The expected verdict, written as plainly as the documents say it.
bool ShouldReject(const Behaviours& lists, int threshold, bool dns_control) {
  int first = 0;
  int proven = 0;
  bool listed = false;
  bool proven_listed = false;
  for (int i = 0; i < kLists; ++i) {
    const int weight = kWeights[i];
    const bool allows = weight < 0;
    const Behaviour& b = lists[static_cast<size_t>(i)];
    const auto known = [](Says says) {
      return says != Says::kUnknown && says != Says::kError;
    };
    const auto weighs = [&](Says says, bool believed) {
      if (!believed) return std::min(weight, 0);
      return says == Says::kListed ? weight : 0;
    };
    first += weighs(b.first, known(b.first));
    listed |= !allows && b.first == Says::kListed;
    // A block list that says nothing against him is not asked again, nor is an
    // allow list that stands up for him.
    const bool asked_again =
        known(b.first) &&
        (allows ? b.first != Says::kListed : b.first == Says::kListed);
    const bool believed = asked_again && b.borne_out && known(b.again) &&
                          (b.again != Says::kAbsent || !allows || dns_control);
    proven += weighs(b.again, believed);
    proven_listed |= !allows && believed && b.again == Says::kListed;
  }
  return listed && proven_listed && first >= threshold && proven >= threshold;
}

class DnsblWorlds : public testing::TestWithParam<std::tuple<int, bool>> {
 protected:
  DnsblWorlds() : policy_(ThreeLists(std::get<0>(GetParam()))) {
    if (!std::get<1>(GetParam())) policy_->dns.controls.clear();
  }

  Outcome Judge(const World& world) const {
    return JudgeIn(world, chain_, tx_);
  }

  // That the proof is good, and rests on each answer that it cites.
  void ExpectProof(const Answers& answers, const Behaviours& lists,
                   const Verdict& verdict) const {
    const std::vector<Answer>& cited = verdict.proof()->cited();
    ASSERT_FALSE(cited.empty());
    for (const Answer& answer : cited) {
      EXPECT_TRUE(answer.proven());
      EXPECT_TRUE(std::get<DnsLookup>(answer.lookup()).with_controls);
    }
    // Whatever else was answered with controls, it would stand ...
    const auto only = [&](const Lookup& but) {
      return Judge([&](const DnsLookup& lookup) {
        if (!lookup.with_controls) return answers.Of(lists, lookup);
        for (const Answer& answer : cited) {
          if (Lookup(lookup) == answer.lookup() && !(answer.lookup() == but)) {
            return answer;
          }
        }
        return UnknownOf(lookup);
      });
    };
    EXPECT_EQ(only(DnsLookup{}).verdict.disposition(), Disposition::kReject);
    // ... and without any one of them it does not.
    for (const Answer& answer : cited) {
      EXPECT_EQ(only(answer.lookup()).verdict.disposition(),
                Disposition::kPass);
    }
  }

  const std::shared_ptr<Policy> policy_;
  const Chain chain_ = BuildChain(policy_);
  const Transaction tx_ = FromClient("203.0.113.1");
};

TEST_P(DnsblWorlds, OnlyWhatIsVouchedForIsHeldAgainstAClient) {
  const auto [threshold, dns_control] = GetParam();
  const Answers answers(policy_);
  const std::vector<Behaviour> all = AllBehaviours();
  int rejected = 0;
  for (const Behaviour& one : all) {
    for (const Behaviour& two : all) {
      for (const Behaviour& ok : all) {
        const Behaviours lists = {one, two, ok};
        const Outcome outcome = Judge(
            [&](const DnsLookup& lookup) { return answers.Of(lists, lookup); });
        const bool reject = ShouldReject(lists, threshold, dns_control);
        ASSERT_EQ(outcome.verdict.disposition(),
                  reject ? Disposition::kReject : Disposition::kPass)
            << outcome.verdict.Tree();
        ASSERT_LE(outcome.rounds.size(), 2u);
        if (!reject) continue;
        ++rejected;
        ExpectProof(answers, lists, outcome.verdict);
        if (HasFailure()) FAIL() << outcome.verdict.Tree();
      }
    }
  }
  EXPECT_GT(rejected, 0);
}

// The threshold, and whether DNS has a positive control: without one nobody is
// proven not to be on the allow list.
INSTANTIATE_TEST_SUITE_P(Thresholds, DnsblWorlds,
                         testing::Values(std::tuple(1, true),
                                         std::tuple(2, true),
                                         std::tuple(3, true),
                                         std::tuple(1, false),
                                         std::tuple(2, false)));

}  // namespace
}  // namespace mailverdict
