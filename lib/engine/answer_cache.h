// Keeps a directory's answers for as long as its policy says, and lets
// identical lookups that are under way share one question.

#ifndef MAILVERDICT_LIB_ENGINE_ANSWER_CACHE_H_
#define MAILVERDICT_LIB_ENGINE_ANSWER_CACHE_H_

#include <cstddef>
#include <memory>
#include <optional>

#include "lib/engine/answer_store.h"
#include "lib/loop/executor.h"
#include "lib/policy/policy.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

// A cache in front of one directory. Present is kept for the policy's
// keep_present, a proven Absent for its keep_absent; Unknown is never kept. It
// holds max_cached answers at most, and drops the least recently used first.
// Identical lookups that are under way share one question. Loop's thread only.
// A callback may call Resolve again, and may destroy the cache.
class AnswerCache final : public MailboxResolver {
 public:
  // All three must outlive the cache.
  AnswerCache(const DirectoryPolicy& policy, Executor* executor,
              MailboxResolver* directory);

  // The answer that is kept; nullopt if the directory has to be asked.
  std::optional<Answer> Find(const MailboxLookup& lookup) {
    return kept_.Find(PackedAnswer::KeyOf(lookup));
  }

  void Resolve(const MailboxLookup& lookup, Done done) override;

  // Forgets the answer to one lookup.
  void Forget(const MailboxLookup& lookup);

  // Forgets every absence. Called when the directory has failed its controls.
  // Constant time.
  void ForgetAbsences() { kept_.ForgetAbsences(); }

  size_t size() const { return kept_.size(); }

 private:
  void Keep(const Answer& answer);

  const DirectoryPolicy& policy_;
  MailboxResolver* const directory_;
  AnswerStore kept_;
  SharedQuestions<MailboxLookup> questions_;
  // Reset by the destructor, so that later answers are dropped.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_ENGINE_ANSWER_CACHE_H_
