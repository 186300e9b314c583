// A fixture for tests that run a StoredHistory on each kind of Store.

#ifndef MAILVERDICT_LIB_HISTORY_HISTORY_TESTING_H_
#define MAILVERDICT_LIB_HISTORY_HISTORY_TESTING_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/vanished.h"
#include "lib/history/store_testing.h"
#include "lib/history/stored_history.h"

namespace mailverdict {

inline const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

inline HistoryLookup About(const std::string& who) {
  return {HistoryLookup::Kind::kMailboxSeen, "people:" + who};
}
inline Observation Seen(const std::string& who, absl::Time when) {
  return {Observation::Kind::kPresent, About(who), when};
}
inline Observation Missed(const std::string& who, absl::Time when) {
  return {Observation::Kind::kMissed, About(who), when};
}
inline Observation Gone(const std::string& who, absl::Time when) {
  return {Observation::Kind::kGone, About(who), when};
}

class HistoryTest : public testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override { Open(Store::kDefaultMaxEntries); }

  void Open(size_t max) {
    history_.reset();
    in_order_ = max <= 100;
    auto store = GetParam().open(folder_, max);
    ASSERT_TRUE(store.ok()) << store.status();
    history_ = std::make_unique<StoredHistory>(*std::move(store));
  }

  void Write(const Observation& observation) {
    history_->Write(observation);
    // The file store does not keep the order of writes within one commit.
    if (in_order_) {
      EXPECT_TRUE(history_->store()->Sync().ok());
    }
  }
  std::optional<MailboxSeen> Read(const std::string& who) {
    return MailboxSeen::From(Answer(history_->Read(About(who))));
  }
  std::vector<absl::Time> VanishedFrom(const std::string& directory) {
    const Report report =
        history_->Read({HistoryLookup::Kind::kVanished, directory});
    EXPECT_NE(report.state, AnswerState::kUnknown) << report.reason;
    if (report.state == AnswerState::kAbsent) return {};
    return Vanished::From(Answer(report))->times;
  }
  size_t size() {
    EXPECT_TRUE(history_->store()->Sync().ok());
    return history_->size();
  }

  Folder folder_;
  std::unique_ptr<StoredHistory> history_;
  bool in_order_ = false;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_HISTORY_TESTING_H_
