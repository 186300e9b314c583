// Keeps a directory's answers for as long as its policy says, and lets
// identical lookups that are under way share one question.

#ifndef MAILVERDICT_LIB_RESOLVE_ANSWER_CACHE_H_
#define MAILVERDICT_LIB_RESOLVE_ANSWER_CACHE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "lib/core/packed_answer.h"
#include "lib/core/policy.h"
#include "lib/resolve/executor.h"
#include "lib/resolve/resolver.h"

namespace mailverdict {

// Present is kept, a vouched Absent is kept for less, Unknown never. At most
// `max_cached` answers; the one unused for longest goes first. One loop's
// thread. A `done` may ask again, and may destroy the cache.
class AnswerCache final : public Resolver {
 public:
  // All three outlive the cache.
  AnswerCache(const DirectoryPolicy& policy, Executor* executor,
              Resolver* directory);

  void Resolve(const MailboxLookup& lookup, Done done) override;

  // Forgets the answer to one lookup.
  void Forget(const MailboxLookup& lookup);

  // Forgets every absence: the directory is not to be believed. Constant time.
  void ForgetAbsences() { ++era_; }

  size_t size() const { return by_age_.size(); }

 private:
  struct Entry {
    PackedAnswer answer;
    std::chrono::system_clock::time_point expires;  // half of an absl::Time
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

  std::optional<Answer> Find(const MailboxLookup& lookup);
  bool Expired(const Entry& entry) const;
  void Keep(const Answer& answer);
  void Drop(Entries::iterator entry);

  const DirectoryPolicy& policy_;
  Executor* const executor_;
  Resolver* const directory_;
  uint64_t era_ = 0;
  Entries by_age_;  // the last used in front
  absl::flat_hash_set<Entries::iterator, ByKey, ByKey> by_key_;
  absl::flat_hash_map<MailboxLookup, std::vector<Done>> waiting_;
  // Gone when the cache is: an answer that comes later is dropped.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVE_ANSWER_CACHE_H_
