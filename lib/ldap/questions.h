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
  enum class Group {
    kFound,  // addresses that were found the last time
    kFirst,  // other addresses, in their first search
    kAgain,  // addresses that the first search did not find or prove absent
    kAlone,  // a search for this lookup alone
  };

  MailboxLookup lookup;
  MailboxResolver::Done done;
  absl::Time asked;
  Group group = Group::kFirst;
  bool retried = false;  // it was sent before, on a connection that was lost
};
using Questions = std::deque<Question>;

// The lookups that wait for a search, in one queue for each group.
// Thread-compatible.
class QuestionQueues {
 public:
  using Group = Question::Group;
  static constexpr Group kGroups[] = {Group::kFound, Group::kFirst,
                                      Group::kAgain, Group::kAlone};
  // If this many searches of a group are under way, further lookups of the
  // group wait for each other, for up to kGather: a search for many lookups
  // costs the server little more than a search for a few. kGather is short, so
  // that lookups do not also wait for the earlier searches of a slow or distant
  // server to finish.
  static constexpr int kMaxSmallSearches = 2;
  static constexpr absl::Duration kGather = absl::Milliseconds(1);

  // Appends the question to the queue of its group. A question of kFirst whose
  // address was found the last time goes to kFound. Returns the length of the
  // queue.
  size_t PushBack(Question question);
  // Puts the questions, in this order, at the front of the queues of their
  // groups.
  void PushFront(Questions questions);

  size_t size() const;

  // Returns when the next search is due, and its group. `under_way` returns the
  // number of searches of a group that are under way. If no lookup waits, the
  // time is InfiniteFuture and the group has no meaning.
  std::pair<absl::Time, Group> NextSend(
      absl::FunctionRef<int64_t(Group)> under_way) const;

  // Takes the lookups of the next search from the front of a queue. Lookups
  // that have waited longer than the directory's timeout go to `late`: their
  // callers have given up, and a search for them would delay the others.
  Questions TakeBatch(Group group, const DirectoryPolicy& directory,
                      absl::Time now, Questions* late);
  Questions TakeAll();

  // Remembers whether the address was found. This decides the group of its next
  // lookup.
  void Note(const Answer& answer);

 private:
  static size_t Index(Group group) { return static_cast<size_t>(group); }
  // Whether the address was found the last time.
  std::vector<bool>::reference WasFound(const MailboxLookup& lookup);

  std::array<Questions, std::size(kGroups)> queues_;
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
