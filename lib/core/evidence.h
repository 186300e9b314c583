// The answers known so far for one verdict.

#ifndef MAILVERDICT_LIB_CORE_EVIDENCE_H_
#define MAILVERDICT_LIB_CORE_EVIDENCE_H_

#include <utility>
#include <vector>

#include "lib/core/answer.h"

namespace mailverdict {

// A value. A plain vector is enough, because a verdict needs only a handful of
// answers.
class Evidence {
 public:
  // Adds an answer. A second answer to the same lookup is ignored.
  void Add(Answer answer) {
    if (Find(answer.lookup()) == nullptr) answers_.push_back(std::move(answer));
  }
  // Returns nullptr if the lookup has no answer yet. The pointer is valid until
  // the next Add().
  const Answer* Find(const Lookup& lookup) const {
    for (const Answer& answer : answers_) {
      if (answer.lookup() == lookup) return &answer;
    }
    return nullptr;
  }

  const std::vector<Answer>& answers() const { return answers_; }

 private:
  std::vector<Answer> answers_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_EVIDENCE_H_
