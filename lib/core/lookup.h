// A Lookup is one question for the outside. A value: comparable, hashable,
// printable; it says what to ask and nothing about how.

#ifndef MAILVERDICT_LIB_CORE_LOOKUP_H_
#define MAILVERDICT_LIB_CORE_LOOKUP_H_

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mailverdict {

// Does `directory` (a name of the Policy) have this mailbox?
struct MailboxLookup {
  std::string directory;
  // The ways in which the directory may have written it, asked together; never
  // empty, the canonical one first (mail::Address::Spellings).
  std::vector<std::string> spellings;
  // Asked through this arm of the directory's filter only; empty: through all.
  // Controls use it: an arm is proven to speak by an entry found through it.
  std::string arm;

  const std::string& address() const { return spellings.front(); }

  friend bool operator==(const MailboxLookup& a, const MailboxLookup& b) {
    return a.spellings == b.spellings && a.directory == b.directory &&
           a.arm == b.arm;
  }
  template <typename H>
  friend H AbslHashValue(H h, const MailboxLookup& lookup) {
    return H::combine(std::move(h), lookup.directory, lookup.spellings,
                      lookup.arm);
  }
};

// What do we remember? `kind` says of what, `key` of whom.
struct HistoryLookup {
  enum class Kind {
    // When was this mailbox last present, and has it vanished since? The key is
    // "directory:address"; Present carries the values of MailboxSeen
    // (mailbox_seen.h).
    kMailboxSeen,
    // When did addresses vanish from this directory that are still missing? The
    // key is the directory's name; Present carries the values of Vanished
    // (vanished.h), Absent means that none has.
    kVanished,
  };

  Kind kind = Kind::kMailboxSeen;
  std::string key;

  friend bool operator==(const HistoryLookup& a, const HistoryLookup& b) {
    return a.kind == b.kind && a.key == b.key;
  }
  template <typename H>
  friend H AbslHashValue(H h, const HistoryLookup& lookup) {
    return H::combine(std::move(h), lookup.kind, lookup.key);
  }
};

using Lookup = std::variant<MailboxLookup, HistoryLookup>;

// "mailbox people:joe@example.org", "history people:joe@example.org", "vanished
// from people".
std::string ToString(const Lookup& lookup);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_LOOKUP_H_
