// The answers known so far for one verdict.

#ifndef MAILVERDICT_LIB_CORE_EVIDENCE_H_
#define MAILVERDICT_LIB_CORE_EVIDENCE_H_

#include <functional>
#include <list>
#include <optional>
#include <utility>

#include "lib/core/answer.h"

namespace mailverdict {

// A verdict needs a handful of answers, so it is a plain list. Not thread-safe,
// since Find may add to it.
class Evidence {
 public:
  // Looks an answer up in a cache or in the history; nullopt if it is not
  // there. Must not wait.
  using AtHand = std::function<std::optional<Answer>(const Lookup&)>;

  Evidence() = default;
  // `at_hand` is asked for each answer that is not known yet. What it has found
  // once stands.
  explicit Evidence(AtHand at_hand) : at_hand_(std::move(at_hand)) {}

  // The first answer to a lookup stands; a late or doubled one is ignored.
  void Add(Answer answer) {
    if (FindKnown(answer.lookup()) == nullptr) {
      answers_.push_back(std::move(answer));
    }
  }
  // nullptr when the lookup has no answer yet. The pointer lives as long as
  // this.
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
