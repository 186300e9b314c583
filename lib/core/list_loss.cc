#include "lib/core/list_loss.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"

namespace mailverdict {
namespace {

using Entries = std::vector<std::string>;

// Every kind of entry that a file of addresses can have. A new kind is added
// here, and nowhere else.
constexpr Entries mail::AddressFile::*kKinds[] = {
    &mail::AddressFile::addresses,
    &mail::AddressFile::local_parts,
    &mail::AddressFile::catch_all,
};

absl::flat_hash_set<std::string_view> SetOf(const Entries& entries) {
  return {entries.begin(), entries.end()};
}

}  // namespace

ListLoss LossOf(const mail::AddressFile& in_force,
                const mail::AddressFile& version) {
  ListLoss loss;
  for (const auto kind : kKinds) {
    const auto present = SetOf(version.*kind);
    for (const std::string_view entry : SetOf(in_force.*kind)) {
      ++loss.entries;
      if (!present.contains(entry)) ++loss.lost;
    }
  }
  return loss;
}

bool IsDoubtful(const ListLoss& loss, int max_percent) {
  if (loss.lost == 0) return false;
  return loss.lost == loss.entries ||
         uint64_t{loss.lost} * 100 >
             uint64_t{loss.entries} * static_cast<uint64_t>(max_percent);
}

mail::AddressFile UnionOf(const mail::AddressFile& a,
                          const mail::AddressFile& b) {
  mail::AddressFile both = a;
  for (const auto kind : kKinds) {
    (both.*kind).insert((both.*kind).end(), (b.*kind).begin(), (b.*kind).end());
  }
  return both;
}

size_t CountEntries(const mail::AddressFile& list) {
  return LossOf(list, {}).entries;
}

}  // namespace mailverdict
