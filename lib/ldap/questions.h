// The lookups that a directory server is asked, and how they share searches.

#ifndef MAILVERDICT_LIB_LDAP_QUESTIONS_H_
#define MAILVERDICT_LIB_LDAP_QUESTIONS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "lib/core/answer.h"
#include "lib/core/lookup.h"
#include "lib/policy/policy.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

// Lookups in one search, and the bytes of the values that they ask for: as many
// searches as are under way at a time fit into the buffers of a connection, and
// slapd closes one that asks more than 256 KiB in a search (slapd.conf(5),
// sockbuf_max_incoming).
inline constexpr size_t kMaxBatch = 32;
inline constexpr size_t kMaxBatchBytes = 8 << 10;

// A lookup on its way.
struct Question {
  // Whom it shares a search with. When that cannot tell whom it found, those it
  // did not show go on to kAgain, and from there to kAlone. So misses are best
  // among themselves: then one search proves them, and else nearly all are
  // proven by the second.
  enum class Round {
    kFound,  // others that were found when they were last asked for
    kFirst,  // others of whom that is not known
    kAgain,  // others that their first search did not show
    kAlone,  // nobody
  };

  MailboxLookup lookup;
  Resolver::Done done;
  absl::Time asked;
  Round round = Round::kFirst;
  bool retried = false;  // its connection was lost once
};
using Questions = std::deque<Question>;

// Those that wait for a search, a line for each round. Thread-compatible.
class QuestionLines {
 public:
  using Round = Question::Round;
  static constexpr Round kRounds[] = {Round::kFound, Round::kFirst,
                                      Round::kAgain, Round::kAlone};
  // With as many of their round under way, lookups that can share one wait for
  // each other: a search for many costs the server little more than one for a
  // few. But no longer than this after they came, since one that is slow or far
  // away is not to be waited for twice.
  static constexpr int kMaxSmallSearches = 2;
  static constexpr absl::Duration kGather = absl::Milliseconds(1);

  // In kFirst, who was found the last time goes to kFound. The length of the
  // line, with this one at its end.
  size_t PushBack(Question question);
  // Ahead of all others of their rounds, in this order.
  void PushFront(Questions questions);

  size_t size() const;

  // When the next search is due, and of which round. `under_way`: how many
  // searches of a round are. InfiniteFuture if nobody waits; then the round
  // means nothing.
  std::pair<absl::Time, Round> NextSend(
      absl::FunctionRef<int64_t(Round)> under_way) const;

  // From the front of a line what the next search asks; what has waited longer
  // than the directory's timeout goes to `late`: who asked has given up, so it
  // would cost the next a turn.
  Questions TakeBatch(Round round, const DirectoryPolicy& directory,
                      absl::Time now, Questions* late);
  Questions TakeAll();

  // What became of a lookup, so that the next for him stands in the right line.
  void Note(const Answer& answer);

 private:
  static size_t Index(Round round) { return static_cast<size_t>(round); }
  // Of one address.
  std::vector<bool>::reference WasFound(const MailboxLookup& lookup);

  std::array<Questions, std::size(kRounds)> lines_;
  // By a hash, 128 KiB. A guess: hashes collide, and people come and go.
  std::vector<bool> found_ = std::vector<bool>(1 << 20);
};

// One search for all of them, and for the controls.
std::string FilterFor(const DirectoryPolicy& directory,
                      const Questions& questions,
                      const std::vector<MailboxLookup>& controls);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_QUESTIONS_H_
