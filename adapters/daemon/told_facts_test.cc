#include "adapters/daemon/told_facts.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailverdict {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Reader final : public Check {
 public:
  Reader(FixedText name, FactSet reads)
      : Check(Policy(), CheckOptions()), name_(name), reads_(reads) {}
  FixedText name() const override { return name_; }
  Stage stage() const override { return Stage::kRcpt; }
  FactSet reads() const override { return reads_; }
  Scope scope() const override { return Scope::kRecipient; }
  Finding Examine(const Facts&, Inquiry&) const override {
    return Verdict::Pass();
  }

 private:
  const FixedText name_;
  const FactSet reads_;
};

std::vector<std::string> Warn(
    std::initializer_list<Listener::Protocol> protocols) {
  Chain chain;
  chain.push_back(
      std::make_unique<Reader>("recipient", FactSet{Fact::kRecipient}));
  chain.push_back(std::make_unique<Reader>(
      "helo", FactSet{Fact::kClient, Fact::kHelo, Fact::kHeader}));
  std::vector<Listener> listeners;
  for (const Listener::Protocol protocol : protocols) {
    listeners.emplace_back();
    listeners.back().protocol = protocol;
  }
  return WarnOfUntoldFacts(chain, listeners);
}

TEST(UntoldFacts, AreWarnedOfForEachCheck) {
  EXPECT_THAT(
      Warn({Listener::Protocol::kSocketmap, Listener::Protocol::kAdmin}),
      ElementsAre(AllOf(HasSubstr("the check helo reads the name in HELO, the "
                                  "header, which no listener"),
                        HasSubstr("add a listener for milter"))));
}

TEST(UntoldFacts, OneListenerThatIsToldThemIsEnough) {
  EXPECT_THAT(
      Warn({Listener::Protocol::kSocketmap, Listener::Protocol::kMilter}),
      IsEmpty());
}

TEST(UntoldFacts, WithoutAListenerForAnMtaTheyAreNotTheFault) {
  EXPECT_THAT(Warn({Listener::Protocol::kAdmin}), IsEmpty());
}

}  // namespace
}  // namespace mailverdict
