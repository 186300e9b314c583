// The lookups that wait for a directory server, and how they share searches.

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

// The most lookups in one search, and the most bytes of their values. All
// searches that are under way at a time then fit into the buffers of a
// connection. slapd closes a connection that sends more than 256 KiB in a
// search (slapd.conf(5), sockbuf_max_incoming).
inline constexpr size_t kMaxBatch = 32;
inline constexpr size_t kMaxBatchBytes = 8 << 10;

// A lookup that waits or is under way.
struct Question {
  // Which lookups it shares a search with. A search that finds entries of some
  // lookups often cannot prove the others absent; those go on to kAgain, and
  // from there to kAlone. So lookups that are expected to miss share searches
  // among themselves: most are proven by the first or second search.
  enum class Round {
    kFound,  // with others that were found the last time
    kFirst,  // with others of which that is not known
    kAgain,  // with others that their first search did not show
    kAlone,  // with none
  };

  MailboxLookup lookup;
  Resolver::Done done;
  absl::Time asked;
  Round round = Round::kFirst;
  bool retried = false;  // its connection was lost once
};
using Questions = std::deque<Question>;

// The lookups that wait for a search, a queue for each round.
// Thread-compatible.
class QuestionQueues {
 public:
  using Round = Question::Round;
  static constexpr Round kRounds[] = {Round::kFound, Round::kFirst,
                                      Round::kAgain, Round::kAlone};
  // With this many searches of a round under way, lookups of the round wait for
  // each other: a search for many costs the server little more than one for a
  // few. They wait for kGather at most, so that a slow or distant server does
  // not delay them twice.
  static constexpr int kMaxSmallSearches = 2;
  static constexpr absl::Duration kGather = absl::Milliseconds(1);

  // Appends to the queue of its round; a lookup of kFirst that was found the
  // last time goes to kFound. Returns the length of the queue.
  size_t PushBack(Question question);
  // Puts the questions, in this order, ahead of all others of their rounds.
  void PushFront(Questions questions);

  size_t size() const;

  // Returns when the next search is due, and its round. `under_way` gives the
  // number of searches of a round that are under way. If no lookup waits, the
  // time is InfiniteFuture and the round means nothing.
  std::pair<absl::Time, Round> NextSend(
      absl::FunctionRef<int64_t(Round)> under_way) const;

  // Takes the lookups of the next search from the front of a queue. Those that
  // have waited longer than the directory's timeout go to `late`: their callers
  // have given up, so asking for them would delay others for nothing.
  Questions TakeBatch(Round round, const DirectoryPolicy& directory,
                      absl::Time now, Questions* late);
  Questions TakeAll();

  // Remembers whether the address was found, for the queue of its next lookup.
  void Note(const Answer& answer);

 private:
  static size_t Index(Round round) { return static_cast<size_t>(round); }
  // Whether the address was found the last time.
  std::vector<bool>::reference WasFound(const MailboxLookup& lookup);

  std::array<Questions, std::size(kRounds)> queues_;
  // By a hash; 128 KiB. It may be wrong: hashes collide, and accounts come and
  // go.
  std::vector<bool> found_ = std::vector<bool>(1 << 20);
};

// Returns the filter of one search for all questions and controls.
std::string FilterFor(const DirectoryPolicy& directory,
                      const Questions& questions,
                      const std::vector<MailboxLookup>& controls);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_QUESTIONS_H_
