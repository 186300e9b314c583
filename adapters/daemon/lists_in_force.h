// The lists that a policy names (also_valid, exception_file,
// instant_reject_file) in the versions that are in force. A list decides about
// permanent rejections, so a version that cannot be read, that has an error, or
// that has lost much at once (lib/policy/list_loss.h) does not replace a good
// one.

#ifndef MAILVERDICT_ADAPTERS_DAEMON_LISTS_IN_FORCE_H_
#define MAILVERDICT_ADAPTERS_DAEMON_LISTS_IN_FORCE_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/history/list_memory.h"
#include "lib/mail/address_file.h"
#include "lib/policy/domain_list.h"

namespace mailverdict {

// A value; the contents are shared and never change.
struct ListInForce {
  enum class State {
    kGood,    // the file, as it was read last, is in force
    kBroken,  // the file cannot be read or has an error
    kHeld,    // the file has lost too many entries
  };

  // The version in force, as text and parsed. One of the two is null.
  std::shared_ptr<const std::string> text;
  std::shared_ptr<const mail::AddressFile> addresses;
  std::shared_ptr<const DomainList> domains;
  size_t entries = 0;

  State state = State::kGood;
  absl::Time since = absl::InfinitePast();  // of the state
  std::string why;                          // of kBroken and kHeld, for people
  // kHeld: what the file says. Its entries count beside those in force.
  std::shared_ptr<const mail::AddressFile> doubted;
  // The file is to be read again although it does not look changed: it could
  // not be read, or was written meanwhile.
  bool again = false;

  // What counts: the version in force, and beside it a doubted one.
  mail::AddressFile Counting() const;
};

// By kind (true: a list of domains) and path.
using ListKey = std::pair<bool, std::string>;
using ListsInForce = std::map<ListKey, ListInForce>;

// One file read, compared with `before`, the version in force (nullptr: there
// is none). `accepted`: the operator says that the version that is held is
// right; any other version is compared as usual. An error only where there is
// no version to fall back to: it says what is wrong, without the field's name.
// Blocks.
absl::StatusOr<ListInForce> ReadList(const ListKey& key,
                                     const ListInForce* before, int max_percent,
                                     bool accepted, absl::Time now);

// Whether the same entries count.
bool SameLists(const ListsInForce& a, const ListsInForce& b);

// To and from the memory. A remembered text that is no longer good is left out;
// then a line for the log is added to `alarms`.
std::vector<RememberedList> ToMemory(const ListsInForce& lists);
ListsInForce FromMemory(const std::vector<RememberedList>& lists,
                        std::vector<std::string>* alarms);

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_LISTS_IN_FORCE_H_
