#include "lib/engine/answer_cache.h"

#include <utility>

namespace mailverdict {

AnswerCache::AnswerCache(const DirectoryPolicy& policy, Executor* executor,
                         MailboxResolver* directory)
    : policy_(policy),
      directory_(directory),
      kept_(policy.max_cached, executor) {}

void AnswerCache::Resolve(const MailboxLookup& lookup, Done done) {
  if (const std::optional<Answer> known = Find(lookup)) {
    done(*known);
    return;
  }
  if (!questions_.Join(lookup, std::move(done))) return;
  directory_->Resolve(lookup,
                      [this, lookup, alive = std::weak_ptr<const bool>(alive_)](
                          const Answer& answer) {
                        if (alive.expired()) return;
                        Keep(answer);
                        questions_.Finish(lookup, answer);
                      });
}

void AnswerCache::Forget(const MailboxLookup& lookup) {
  kept_.Forget(PackedAnswer::KeyOf(lookup));
}

void AnswerCache::Keep(const Answer& answer) {
  if (answer.present()) kept_.Keep(answer, policy_.keep_present);
  if (answer.absent() && answer.proven()) {
    kept_.Keep(answer, policy_.keep_absent);
  }
}

}  // namespace mailverdict
