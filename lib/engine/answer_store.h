// A store of answers, found by their lookups. Each answer has a lifetime of its
// own. AnswerCache and DnsCache are built on it.

#ifndef MAILVERDICT_LIB_ENGINE_ANSWER_STORE_H_
#define MAILVERDICT_LIB_ENGINE_ANSWER_STORE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lib/core/packed_answer.h"
#include "lib/loop/executor.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

// Holds `max` answers at most, and drops the least recently used first. Loop's
// thread only.
class AnswerStore {
 public:
  // `executor` must outlive the store.
  AnswerStore(size_t max, const Executor* executor)
      : max_(max), executor_(executor) {}

  // Returns the answer under a key (PackedAnswer::KeyOf). Returns nullopt if
  // there is none, or its lifetime is over.
  std::optional<Answer> Find(std::string_view key);

  // Stores `answer` for `time`, and replaces an older answer to its lookup.
  // Does nothing if `time` is not above zero.
  void Keep(const Answer& answer, absl::Duration time);

  void Forget(std::string_view key);

  // Forgets every absence. Constant time.
  void ForgetAbsences() { ++era_; }

  size_t size() const { return by_use_.size(); }

 private:
  struct Entry {
    PackedAnswer answer;
    std::chrono::system_clock::time_point
        expires;   // smaller than an absl::Time
    uint64_t era;  // an absence of an earlier era is forgotten
  };
  using Entries = std::list<Entry>;

  // Hashes and compares entries by the key of their answers.
  struct ByKey {
    using is_transparent = void;
    static absl::string_view Key(std::string_view key) {
      return {key.data(), key.size()};
    }
    static absl::string_view Key(Entries::iterator entry) {
      return Key(entry->answer.key());
    }
    template <typename T>
    size_t operator()(const T& a) const {
      return absl::HashOf(Key(a));
    }
    template <typename T, typename U>
    bool operator()(const T& a, const U& b) const {
      return Key(a) == Key(b);
    }
  };

  bool Expired(const Entry& entry) const;
  void Drop(Entries::iterator entry);

  const size_t max_;
  const Executor* const executor_;
  uint64_t era_ = 0;
  Entries by_use_;  // the last used in front
  absl::flat_hash_set<Entries::iterator, ByKey, ByKey> by_key_;
};

// The callbacks of lookups that are under way. Identical lookups share one
// question.
template <typename L>
class SharedQuestions {
 public:
  using Done = MailboxResolver::Done;

  // Adds a callback. Returns true if it is the first of its lookup: its caller
  // has to ask the question.
  bool Join(const L& lookup, Done done) {
    std::vector<Done>& waiting = waiting_[lookup];
    waiting.push_back(std::move(done));
    return waiting.size() == 1;
  }

  // Calls all callbacks of `lookup` with `answer`. They are taken out first,
  // because a callback may join again, or destroy this object.
  void Finish(const L& lookup, const Answer& answer) {
    const auto waiting = waiting_.find(lookup);
    if (waiting == waiting_.end()) return;  // answered before
    const std::vector<Done> all = std::move(waiting->second);
    waiting_.erase(waiting);
    for (const Done& each : all) each(answer);
  }

 private:
  absl::flat_hash_map<L, std::vector<Done>> waiting_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_ENGINE_ANSWER_STORE_H_
