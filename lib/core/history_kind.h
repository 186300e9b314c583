// The kinds of history, as cases, logs and `mailverdict explain` write them. A
// new kind needs a line here, its type (mailbox_seen.h is one) and its row in
// StoredHistory::KindOf (lib/history/stored_history.cc), which says how it is
// stored.

#ifndef MAILVERDICT_LIB_CORE_HISTORY_KIND_H_
#define MAILVERDICT_LIB_CORE_HISTORY_KIND_H_

#include "lib/core/fixed_text.h"
#include "lib/core/lookup.h"

namespace mailverdict {

struct HistoryKind {
  HistoryLookup::Kind kind;
  FixedText text;  // printed before the key; ends with a blank
};

// In the order of the enumeration.
inline constexpr HistoryKind kHistoryKinds[] = {
    {HistoryLookup::Kind::kMailboxSeen, "history "},
    {HistoryLookup::Kind::kVanished, "vanished from "},
    {HistoryLookup::Kind::kMissingDomain, "missing domain "},
};

constexpr FixedText TextOf(HistoryLookup::Kind kind) {
  return kHistoryKinds[static_cast<int>(kind)].text;
}

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_HISTORY_KIND_H_
