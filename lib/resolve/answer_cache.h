// Keeps a directory's answers for as long as its policy says, and lets
// identical lookups that are under way share one question.

#ifndef MAILVERDICT_LIB_RESOLVE_ANSWER_CACHE_H_
#define MAILVERDICT_LIB_RESOLVE_ANSWER_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
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
    Answer answer;
    absl::Time expires;
    uint64_t era;  // an absence of an earlier era is forgotten
  };
  using Entries = std::list<Entry>;

  // Looks at lookups where they lie, in an Entry's answer or in the caller's.
  struct Key {
    const MailboxLookup* lookup;
    friend bool operator==(Key a, Key b) { return *a.lookup == *b.lookup; }
    template <typename H>
    friend H AbslHashValue(H h, Key key) {
      return H::combine(std::move(h), *key.lookup);
    }
  };
  static Key KeyOf(const Answer& answer) {
    return {&std::get<MailboxLookup>(answer.lookup())};
  }

  const Answer* Find(const MailboxLookup& lookup);
  void Keep(const Answer& answer);
  void Drop(Entries::iterator entry);

  const DirectoryPolicy& policy_;
  Executor* const executor_;
  Resolver* const directory_;
  uint64_t era_ = 0;
  Entries by_age_;  // the last used in front
  absl::flat_hash_map<Key, Entries::iterator> by_lookup_;
  absl::flat_hash_map<MailboxLookup, std::vector<Done>> waiting_;
  // Gone when the cache is: an answer that comes later is dropped.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVE_ANSWER_CACHE_H_
