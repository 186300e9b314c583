// The lookups that a directory server is asked, and how they share searches.

#ifndef MAILVERDICT_LIB_RESOLVE_DIRECTORY_QUESTIONS_H_
#define MAILVERDICT_LIB_RESOLVE_DIRECTORY_QUESTIONS_H_

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/core/lookup.h"
#include "lib/core/policy.h"
#include "lib/resolve/resolver.h"

namespace mailverdict {

// Lookups in one search, and the bytes of the values that they ask for: as many
// searches as are under way at a time fit into the buffers of a connection, and
// slapd closes one that asks more than 256 KiB in a search (slapd.conf(5),
// sockbuf_max_incoming).
inline constexpr size_t kMaxBatch = 32;
inline constexpr size_t kMaxBatchBytes = 8 << 10;

// A lookup on its way.
struct Question {
  // Whom it shares a search with: when a search cannot tell whom it found its
  // misses go on to the next round. As most of them are misses indeed, two
  // searches do for nearly all.
  enum class Round {
    kFirst,  // others that are asked for the first time
    kAgain,  // others that were not found in their first
    kAlone,  // nobody
  };

  MailboxLookup lookup;
  Resolver::Done done;
  absl::Time asked;
  Round round = Round::kFirst;
  bool retried = false;  // its connection was lost once
};
using Questions = std::deque<Question>;

// Takes from the front of `waiting` what the next search asks, all of one
// round; what has waited longer than the directory's timeout goes to `late`:
// who asked has given up, so it would cost the next a turn.
Questions TakeBatch(const DirectoryPolicy& directory, absl::Time now,
                    Questions* waiting, Questions* late);

// One search for all of them, and for the controls.
std::string FilterFor(const DirectoryPolicy& directory,
                      const Questions& questions,
                      const std::vector<MailboxLookup>& controls);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVE_DIRECTORY_QUESTIONS_H_
