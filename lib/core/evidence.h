// The answers known so far for one verdict.

#ifndef MAILVERDICT_LIB_CORE_EVIDENCE_H_
#define MAILVERDICT_LIB_CORE_EVIDENCE_H_

#include <functional>
#include <list>
#include <optional>
#include <utility>

#include "lib/core/answer.h"

namespace mailverdict {

// A plain list is enough, because a verdict needs only a handful of answers.
// Not thread-safe, because Find may add an answer.
class Evidence {
 public:
  // Returns the answer if a cache or the history has it, or nullopt. Must not
  // wait.
  using AtHand = std::function<std::optional<Answer>(const Lookup&)>;

  Evidence() = default;
  // Find asks `at_hand` for each answer that it does not have, and keeps what
  // it gets.
  explicit Evidence(AtHand at_hand) : at_hand_(std::move(at_hand)) {}

  // Adds an answer. A second answer to the same lookup is ignored.
  void Add(Answer answer) {
    if (FindKnown(answer.lookup()) == nullptr) {
      answers_.push_back(std::move(answer));
    }
  }
  // Returns nullptr if the lookup has no answer yet. The pointer is valid as
  // long as this object.
  const Answer* Find(const Lookup& lookup) const {
    if (const Answer* known = FindKnown(lookup)) return known;
    if (!at_hand_) return nullptr;
    std::optional<Answer> found = at_hand_(lookup);
    if (!found.has_value()) return nullptr;
    return &answers_.emplace_back(*std::move(found));
  }

  const std::list<Answer>& answers() const { return answers_; }

 private:
  const Answer* FindKnown(const Lookup& lookup) const {
    for (const Answer& answer : answers_) {
      if (answer.lookup() == lookup) return &answer;
    }
    return nullptr;
  }

  AtHand at_hand_;
  mutable std::list<Answer> answers_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_EVIDENCE_H_
