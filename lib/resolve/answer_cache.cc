#include "lib/resolve/answer_cache.h"

#include <utility>

namespace mailverdict {

AnswerCache::AnswerCache(const DirectoryPolicy& policy, Executor* executor,
                         Resolver* directory)
    : policy_(policy), executor_(executor), directory_(directory) {}

void AnswerCache::Resolve(const MailboxLookup& lookup, Done done) {
  if (const Answer* known = Find(lookup)) {
    const Answer answer = *known;  // `done` may ask again, and evict it
    done(answer);
    return;
  }
  std::vector<Done>& waiting = waiting_[lookup];
  waiting.push_back(std::move(done));
  if (waiting.size() > 1) return;
  directory_->Resolve(
      lookup, [this, lookup, alive = std::weak_ptr<const bool>(alive_)](
                  const Answer& answer) {
        if (alive.expired()) return;
        Keep(answer);
        const auto waiting = waiting_.find(lookup);
        if (waiting == waiting_.end()) return;  // answered before
        // Those who wait may ask again at once, or let go of the cache, so they
        // are taken out first.
        const std::vector<Done> all = std::move(waiting->second);
        waiting_.erase(waiting);
        for (const Done& each : all) each(answer);
      });
}

const Answer* AnswerCache::Find(const MailboxLookup& lookup) {
  const auto found = by_lookup_.find(Key{&lookup});
  if (found == by_lookup_.end()) return nullptr;
  const Entries::iterator entry = found->second;
  const bool stale = entry->expires <= executor_->Now() ||
                     (entry->answer.absent() && entry->era != era_);
  if (stale) {
    Drop(entry);
    return nullptr;
  }
  by_age_.splice(by_age_.begin(), by_age_, entry);
  return &entry->answer;
}

void AnswerCache::Forget(const MailboxLookup& lookup) {
  const auto found = by_lookup_.find(Key{&lookup});
  if (found != by_lookup_.end()) Drop(found->second);
}

void AnswerCache::Keep(const Answer& answer) {
  const bool proven_absent = answer.absent() && answer.vouched();
  if (!answer.present() && !proven_absent) return;
  const absl::Duration keep =
      answer.present() ? policy_.keep_present : policy_.keep_absent;
  const absl::Time now = executor_->Now();
  const auto old = by_lookup_.find(KeyOf(answer));
  if (old != by_lookup_.end()) Drop(old->second);
  // What nobody asks for again is not to stay until the cache is full: somebody
  // who guesses addresses leaves much of it.
  while (!by_age_.empty() && by_age_.back().expires <= now) {
    Drop(std::prev(by_age_.end()));
  }
  by_age_.push_front({answer, now + keep, era_});
  by_lookup_.emplace(KeyOf(by_age_.front().answer), by_age_.begin());
  if (by_age_.size() > policy_.max_cached) Drop(std::prev(by_age_.end()));
}

void AnswerCache::Drop(Entries::iterator entry) {
  by_lookup_.erase(KeyOf(entry->answer));
  by_age_.erase(entry);
}

}  // namespace mailverdict
