#include "lib/policy/list_loss.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/name_patterns.h"

namespace mailverdict {
namespace {

// All entries, without duplicates. A word before an entry separates the kinds.
// An address has no such word, because it has no blank outside of quotes.
absl::flat_hash_set<std::string> EntriesOf(const mail::AddressFile& list) {
  absl::flat_hash_set<std::string> entries(list.addresses.begin(),
                                           list.addresses.end());
  for (const std::string& local : list.local_parts) {
    entries.insert(absl::StrCat("local ", local));
  }
  for (const std::string& domain : list.catch_all) {
    entries.insert(absl::StrCat("domain ", domain));
  }
  for (const mail::NamePattern& pattern : list.patterns) {
    entries.insert(absl::StrCat("pattern ", pattern.ToString()));
  }
  return entries;
}

template <typename T>
void Append(const std::vector<T>& more, std::vector<T>* to) {
  to->insert(to->end(), more.begin(), more.end());
}

}  // namespace

ListLoss LossOf(const mail::AddressFile& in_force,
                const mail::AddressFile& version) {
  const auto before = EntriesOf(in_force);
  const auto present = EntriesOf(version);
  ListLoss loss;
  loss.entries = before.size();
  for (const std::string& entry : before) {
    if (!present.contains(entry)) ++loss.lost;
  }
  return loss;
}

bool IsDoubtful(const ListLoss& loss, int max_percent) {
  if (loss.lost == 0) return false;
  // In 64 bits, so that the products cannot overflow.
  return loss.lost == loss.entries ||
         uint64_t{loss.lost} * 100 >
             uint64_t{loss.entries} * static_cast<uint64_t>(max_percent);
}

mail::AddressFile UnionOf(const mail::AddressFile& a,
                          const mail::AddressFile& b) {
  mail::AddressFile both = a;
  Append(b.addresses, &both.addresses);
  Append(b.local_parts, &both.local_parts);
  Append(b.catch_all, &both.catch_all);
  Append(b.patterns, &both.patterns);
  Append(b.warnings, &both.warnings);
  return both;
}

size_t CountEntries(const mail::AddressFile& list) {
  return EntriesOf(list).size();
}

}  // namespace mailverdict
