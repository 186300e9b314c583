// The queues of lookups that wait for a directory server, and the rules by
// which lookups share a search.

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

// The most lookups in one search, and the most bytes of their values. With
// these limits, all searches under way fit into the buffers of a connection.
// slapd closes a connection that sends a search of more than 256 KiB
// (slapd.conf(5), sockbuf_max_incoming).
inline constexpr size_t kMaxBatch = 32;
inline constexpr size_t kMaxBatchBytes = 8 << 10;

// A lookup that waits for a search or is part of one.
struct Question {
  // Decides which lookups may share a search. A search that finds some of its
  // addresses often cannot prove the others absent; those lookups move on to
  // kAgain, and from there to kAlone. So lookups that will probably find an
  // address are kept apart from those that will probably miss. The first or
  // second search then proves most absences.
  enum class Round {
    kFound,  // addresses that were found the last time
    kFirst,  // addresses of which this is not known
    kAgain,  // addresses that the first search did not find or prove absent
    kAlone,  // a search for this lookup alone
  };

  MailboxLookup lookup;
  MailboxResolver::Done done;
  absl::Time asked;
  Round round = Round::kFirst;
  bool retried = false;  // it was sent before, on a connection that was lost
};
using Questions = std::deque<Question>;

// The lookups that wait for a search, in one queue for each round.
// Thread-compatible.
class QuestionLines {
 public:
  using Round = Question::Round;
  static constexpr Round kRounds[] = {Round::kFound, Round::kFirst,
                                      Round::kAgain, Round::kAlone};
  // If this many searches of a round are under way, further lookups of the
  // round wait for each other, for up to kGather: a search for many lookups
  // costs the server little more than a search for a few. The bound keeps a
  // slow or distant server from delaying them twice.
  static constexpr int kMaxSmallSearches = 2;
  static constexpr absl::Duration kGather = absl::Milliseconds(1);

  // Appends the question to the queue of its round. A question of kFirst whose
  // address was found the last time goes to kFound. Returns the length of the
  // queue.
  size_t PushBack(Question question);
  // Puts the questions, in this order, at the front of the queues of their
  // rounds.
  void PushFront(Questions questions);

  size_t size() const;

  // Returns when the next search is due, and its round. `under_way` returns the
  // number of searches of a round that are under way. If no lookup waits, the
  // time is InfiniteFuture and the round has no meaning.
  std::pair<absl::Time, Round> NextSend(
      absl::FunctionRef<int64_t(Round)> under_way) const;

  // Takes the lookups of the next search from the front of a queue. Lookups
  // that have waited longer than the directory's timeout go to `late`: their
  // callers have given up, and a search for them would delay the others.
  Questions TakeBatch(Round round, const DirectoryPolicy& directory,
                      absl::Time now, Questions* late);
  Questions TakeAll();

  // Remembers whether the address was found. This decides the round of its next
  // lookup.
  void Note(const Answer& answer);

 private:
  static size_t Index(Round round) { return static_cast<size_t>(round); }
  // Whether the address was found the last time.
  std::vector<bool>::reference WasFound(const MailboxLookup& lookup);

  std::array<Questions, std::size(kRounds)> lines_;
  // One bit for each hash of an address, 128 KiB in all. A bit may be wrong:
  // hashes collide, and accounts come and go. A wrong bit costs a further
  // search at most.
  std::vector<bool> found_ = std::vector<bool>(1 << 20);
};

// Returns the filter of one search for all questions and controls.
std::string FilterFor(const DirectoryPolicy& directory,
                      const Questions& questions,
                      const std::vector<MailboxLookup>& controls);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_QUESTIONS_H_
