#include "lib/engine/answer_store.h"

#include <iterator>

namespace mailverdict {

std::optional<Answer> AnswerStore::Find(std::string_view key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  const Entries::iterator entry = *found;
  const bool stale =
      Expired(*entry) ||
      (entry->era != era_ && entry->answer.state() == AnswerState::kAbsent);
  if (stale) {
    Drop(entry);
    return std::nullopt;
  }
  by_use_.splice(by_use_.begin(), by_use_, entry);
  return entry->answer.Unpack();
}

bool AnswerStore::Expired(const Entry& entry) const {
  return absl::FromChrono(entry.expires) <= executor_->Now();
}

void AnswerStore::Forget(std::string_view key) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) Drop(*found);
}

void AnswerStore::Keep(const Answer& answer, absl::Duration time) {
  if (time <= absl::ZeroDuration()) return;
  PackedAnswer packed(answer);
  Forget(packed.key());
  // Drops expired answers before the store is full. Otherwise a sender who
  // guesses addresses would fill it with thousands of answers that nobody asks
  // for again.
  while (!by_use_.empty() && Expired(by_use_.back())) {
    Drop(std::prev(by_use_.end()));
  }
  by_use_.push_front(
      {std::move(packed), absl::ToChronoTime(executor_->Now() + time), era_});
  by_key_.insert(by_use_.begin());
  if (by_use_.size() > max_) Drop(std::prev(by_use_.end()));
}

void AnswerStore::Drop(Entries::iterator entry) {
  by_key_.erase(entry);
  by_use_.erase(entry);
}

}  // namespace mailverdict
