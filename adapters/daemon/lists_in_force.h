// The versions in force of the lists that a policy names (also_valid,
// exception_file, instant_reject_file). A list decides about permanent
// rejections. So a new version comes into force only if it can be read, has no
// error, and does not lack many entries of the old one
// (lib/policy/list_loss.h).

#ifndef MAILVERDICT_ADAPTERS_DAEMON_LISTS_IN_FORCE_H_
#define MAILVERDICT_ADAPTERS_DAEMON_LISTS_IN_FORCE_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/history/saved_lists.h"
#include "lib/mail/address_file.h"
#include "lib/policy/domain_list.h"

namespace mailverdict {

// One list. A value; its contents are shared between copies and never change.
struct ListInForce {
  enum class State {
    kGood,    // the file's version is in force
    kBroken,  // an older version is in force: the file cannot be read or has an
              // error
    kHeld,    // an older version is in force: the file lacks too many entries
  };

  // The version in force: its text, and the parsed text. A list of domains has
  // `domains`, any other list has `addresses`; the other pointer is null.
  std::shared_ptr<const std::string> text;
  std::shared_ptr<const mail::AddressFile> addresses;
  std::shared_ptr<const DomainList> domains;
  size_t entries = 0;  // in the version in force

  State state = State::kGood;
  absl::Time since = absl::InfinitePast();  // when `state` began
  std::string why;  // kBroken, kHeld: the reason, for people
  // The version that is held, or null. Its entries are valid too, beside those
  // in force, so that a held list never refuses a new address.
  std::shared_ptr<const mail::AddressFile> held_version;
  // The file must be read again even if its stamp has not changed: it could not
  // be read, or it was being written meanwhile.
  bool reread = false;

  // The addresses that are valid: those in force, and those of the version that
  // is held. REQUIRES: the list is not one of domains.
  mail::AddressFile ValidAddresses() const;
};

// Identifies a list. A policy may name one file both as a list of addresses and
// as a list of domains.
struct ListKey {
  bool of_domains = false;
  std::string path;  // of its file

  bool operator==(const ListKey& other) const {
    return of_domains == other.of_domains && path == other.path;
  }
  bool operator<(const ListKey& other) const {
    return std::tie(of_domains, path) < std::tie(other.of_domains, other.path);
  }
};
using ListsInForce = std::map<ListKey, ListInForce>;

// Reads the list's file, and compares it with `before`, the version in force;
// nullptr if there is none. Returns the version that is in force now.
//
// `accepted`: the operator says that the version that is held is right. This
// has an effect only if the file still has the same entries.
//
// Returns an error only if `before` is nullptr, since then no older version can
// stay in force. The error says what is wrong, without the name of the policy's
// field. Blocks.
absl::StatusOr<ListInForce> ReadList(const ListKey& key,
                                     const ListInForce* before, int max_percent,
                                     bool accepted, absl::Time now);

// Whether `a` and `b` have the same lists, with the same entries in force and
// held.
bool SameLists(const ListsInForce& a, const ListsInForce& b);

// Converts the lists to the contents of the saved-lists file
// (lib/history/saved_lists.h), and back. FromSavedLists leaves out a text that
// no longer parses, and adds a line for the log to `alarms`.
std::vector<SavedList> ToSavedLists(const ListsInForce& lists);
ListsInForce FromSavedLists(const std::vector<SavedList>& lists,
                            std::vector<std::string>* alarms);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_LISTS_IN_FORCE_H_
