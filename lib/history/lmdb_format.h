// The layout of LMDB's files: data format 1 (0.9.x) on 64-bit machines, taken
// from MDB_page, MDB_node, MDB_db and MDB_meta in mdb.c. Pure.
//
// Reading beyond the end of the bytes gives 0. Where 0 would be wrong, the
// caller checks the size first.

#ifndef MAILVERDICT_LIB_HISTORY_LMDB_FORMAT_H_
#define MAILVERDICT_LIB_HISTORY_LMDB_FORMAT_H_

#include <string.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/mail/cursor.h"

namespace mailverdict::lmdb {

static_assert(sizeof(size_t) == 8, "LMDB's format depends on the word size");

inline constexpr uint32_t kMagic = 0xBEEFC0DE;
inline constexpr uint32_t kVersion = 1;
inline constexpr uint64_t kNoPage = ~uint64_t{0};
inline constexpr size_t kMetaPages = 2;
inline constexpr size_t kMinPageBytes = 4096, kMaxPageBytes = 32768;
inline constexpr size_t kHeaderBytes = 16, kMetaBytes = 136;
inline constexpr size_t kNodeBytes = 8, kTreeBytes = 48;
inline constexpr size_t kMaxKeyBytes = 511;

// Flags: of pages, of nodes (kBigData, kSubTree, kDuplicates), of trees.
inline constexpr uint16_t kBranch = 1, kLeaf = 2, kOverflow = 4, kMeta = 8;
inline constexpr uint16_t kBigData = 1, kSubTree = 2, kDuplicates = 4;
inline constexpr uint16_t kIntegerKey = 8, kNoSubdir = 0x4000;

// The number at offset `at`, in this machine's byte order, as LMDB writes it.
template <typename T>
T Load(std::string_view bytes, size_t at) {
  mail::Cursor in(bytes);
  T number = 0;
  if (!in.Take(at).has_value()) return number;
  if (const auto taken = in.Take(sizeof number)) {
    memcpy(&number, taken->data(), sizeof number);
  }
  return number;
}

// MDB_db: the root of a tree, and the numbers of its pages and entries.
struct Tree {
  uint16_t flags = 0;
  uint16_t depth = 0;
  uint64_t branches = 0, leaves = 0, overflows = 0, entries = 0;
  uint64_t root = kNoPage;

  static Tree Of(std::string_view bytes, size_t at) {
    return {Load<uint16_t>(bytes, at + 4),  Load<uint16_t>(bytes, at + 6),
            Load<uint64_t>(bytes, at + 8),  Load<uint64_t>(bytes, at + 16),
            Load<uint64_t>(bytes, at + 24), Load<uint64_t>(bytes, at + 32),
            Load<uint64_t>(bytes, at + 40)};
  }
  bool SameCounts(const Tree& o) const {
    return branches == o.branches && leaves == o.leaves &&
           overflows == o.overflows && entries == o.entries;
  }
};

// MDB_node: an entry of a leaf page, or a branch page's pointer to another
// page.
struct Node {
  uint16_t flags;
  uint16_t key_bytes;
  uint64_t data_bytes;  // in a leaf page
  uint64_t child;       // in a branch page: the page's number
  size_t key_at;        // offset in the page
  size_t data_at;       // offset in the page, in a leaf page
  size_t bytes;         // the size of the node in the page

  static Node Of(std::string_view page, size_t at, bool leaf) {
    const uint64_t low = Load<uint16_t>(page, at);
    const uint64_t middle = Load<uint16_t>(page, at + 2);
    Node node;
    node.flags = Load<uint16_t>(page, at + 4);
    node.key_bytes = Load<uint16_t>(page, at + 6);
    node.data_bytes = low | middle << 16;
    node.child = node.data_bytes | uint64_t{node.flags} << 32;
    node.key_at = at + kNodeBytes;
    node.data_at = node.key_at + node.key_bytes;
    const uint64_t inlined = !leaf                     ? 0
                             : (node.flags & kBigData) ? sizeof(uint64_t)
                                                       : node.data_bytes;
    node.bytes = (kNodeBytes + node.key_bytes + inlined + 1) & ~uint64_t{1};
    return node;
  }
};

}  // namespace mailverdict::lmdb

#endif  // MAILVERDICT_LIB_HISTORY_LMDB_FORMAT_H_
