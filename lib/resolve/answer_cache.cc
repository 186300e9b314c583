#include "lib/resolve/answer_cache.h"

#include <utility>

namespace mailverdict {

AnswerCache::AnswerCache(const DirectoryPolicy& policy, Executor* executor,
                         Resolver* directory)
    : policy_(policy), executor_(executor), directory_(directory) {}

void AnswerCache::Resolve(const MailboxLookup& lookup, Done done) {
  if (const std::optional<Answer> known = Find(lookup)) {
    done(*known);
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

std::optional<Answer> AnswerCache::Find(const MailboxLookup& lookup) {
  const auto found = by_key_.find(PackedAnswer::KeyOf(lookup));
  if (found == by_key_.end()) return std::nullopt;
  const Entries::iterator entry = *found;
  const bool stale =
      Expired(*entry) ||
      (entry->era != era_ && entry->answer.state() == AnswerState::kAbsent);
  if (stale) {
    Drop(entry);
    return std::nullopt;
  }
  by_age_.splice(by_age_.begin(), by_age_, entry);
  return entry->answer.Unpack();
}

bool AnswerCache::Expired(const Entry& entry) const {
  return absl::FromChrono(entry.expires) <= executor_->Now();
}

void AnswerCache::Forget(const MailboxLookup& lookup) {
  const auto found = by_key_.find(PackedAnswer::KeyOf(lookup));
  if (found != by_key_.end()) Drop(*found);
}

void AnswerCache::Keep(const Answer& answer) {
  const bool proven_absent = answer.absent() && answer.vouched();
  if (!answer.present() && !proven_absent) return;
  const absl::Duration keep =
      answer.present() ? policy_.keep_present : policy_.keep_absent;
  PackedAnswer packed(answer);
  const auto old = by_key_.find(packed.key());
  if (old != by_key_.end()) Drop(*old);
  // What nobody asks for again is not to stay until the cache is full: somebody
  // who guesses addresses leaves much of it.
  while (!by_age_.empty() && Expired(by_age_.back())) {
    Drop(std::prev(by_age_.end()));
  }
  by_age_.push_front(
      {std::move(packed), absl::ToChronoTime(executor_->Now() + keep), era_});
  by_key_.insert(by_age_.begin());
  if (by_age_.size() > policy_.max_cached) Drop(std::prev(by_age_.end()));
}

void AnswerCache::Drop(Entries::iterator entry) {
  by_key_.erase(entry);
  by_age_.erase(entry);
}

}  // namespace mailverdict
