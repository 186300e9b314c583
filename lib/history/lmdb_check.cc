#include "lib/history/lmdb_check.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/history/lmdb_format.h"

namespace mailverdict {
namespace lmdb {
namespace {

constexpr int kMaxDepth = 32;
// The most pages that a sound file may lack at its end: a transaction may
// allocate pages there, free them again, and never write them
// (MDB_IDL_UM_SIZE).
constexpr uint64_t kMaxUnwritten = 1 << 17;

// The range of keys that a page may have: from <= key < to.
struct Bounds {
  std::optional<std::string> from, to;
};

class Check {
 public:
  explicit Check(int fd) : fd_(fd) {}

  absl::Status Run();

 private:
  enum class Kind { kFree, kMain, kNamed };

  absl::Status ReadMeta();
  absl::Status Walk(const Tree& tree, Kind kind);
  absl::Status ReadNodes(uint64_t page, bool leaf);
  absl::Status CheckKeys(Kind kind, bool leaf, const Bounds& bounds) const;
  Bounds BoundsOf(size_t child, const Bounds& bounds) const;
  std::string_view KeyOf(const Node& node) const {
    return std::string_view(page_).substr(node.key_at, node.key_bytes);
  }
  absl::Status Visit(const Node& node, Kind kind, Tree* seen);
  absl::Status VisitOverflow(const Node& node, Kind kind, Tree* seen);
  absl::Status VisitFreeList(std::string_view list);

  // Marks `count` pages as used. An error if one of them is used already.
  absl::Status Claim(uint64_t page, uint64_t count);
  absl::Status Read(uint64_t at, size_t count, std::string* bytes) const;
  absl::Status Wrong(absl::string_view what) const {
    return absl::DataLossError(absl::StrCat("page ", at_, ": ", what));
  }

  const int fd_;
  uint64_t at_ = 0;  // number of the page that is being checked
  size_t page_bytes_ = kMinPageBytes;
  uint64_t newest_ = 0;  // number of the newest transaction
  uint64_t pages_ = 0;   // number of pages, in use or free, in the file or not
  Tree free_, main_;
  std::vector<bool> claimed_;
  std::vector<Tree> named_;  // found in the main tree, to be walked
  std::string page_;
  std::vector<Node> nodes_;  // of page_
};

absl::Status Check::Read(uint64_t at, size_t count, std::string* bytes) const {
  bytes->resize(count);
  size_t have = 0;
  while (have < count) {
    const ssize_t got = pread(fd_, bytes->data() + have, count - have,
                              static_cast<off_t>(at + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return absl::UnavailableError(strerror(errno));
    if (got == 0) return Wrong("the file ends before");
    have += static_cast<size_t>(got);
  }
  return absl::OkStatus();
}

absl::Status Check::ReadMeta() {
  for (at_ = 0; at_ < kMetaPages; ++at_) {
    absl::Status status =
        Read(at_ * page_bytes_, kHeaderBytes + kMetaBytes, &page_);
    if (!status.ok()) return status;
    const std::string_view meta = std::string_view(page_).substr(kHeaderBytes);
    if ((Load<uint16_t>(page_, 10) & kMeta) == 0 ||
        Load<uint32_t>(meta, 0) != kMagic) {
      return Wrong("not a file of LMDB's");
    }
    if (Load<uint32_t>(meta, 4) != kVersion) {
      return Wrong("another format of LMDB's");
    }
    const uint64_t page_bytes = Load<uint32_t>(meta, 24);
    if (page_bytes < kMinPageBytes || page_bytes > kMaxPageBytes ||
        (page_bytes & (page_bytes - 1)) != 0 ||
        (at_ > 0 && page_bytes != page_bytes_)) {
      return Wrong("impossible page size");
    }
    page_bytes_ = page_bytes;
    const uint64_t transaction = Load<uint64_t>(meta, 128);
    if (at_ > 0 && transaction <= newest_) continue;
    newest_ = transaction;
    free_ = Tree::Of(meta, 24);
    main_ = Tree::Of(meta, 24 + kTreeBytes);
    pages_ = Load<uint64_t>(meta, 120) + 1;
  }
  return absl::OkStatus();
}

absl::Status Check::Run() {
  struct stat about;
  if (fstat(fd_, &about) != 0) return absl::UnavailableError(strerror(errno));
  absl::Status status = ReadMeta();
  if (!status.ok()) return status;
  const auto in_file = static_cast<uint64_t>(about.st_size) / page_bytes_;
  if (pages_ < kMetaPages || pages_ > in_file + kMaxUnwritten) {
    return absl::DataLossError(
        absl::StrCat("has ", in_file, " pages and says it has ", pages_));
  }
  if ((free_.flags & ~kNoSubdir) != kIntegerKey || main_.flags != 0) {
    return absl::DataLossError("impossible flags");
  }
  claimed_.resize(pages_);
  status = Claim(0, kMetaPages);
  if (status.ok()) status = Walk(free_, Kind::kFree);
  if (status.ok()) status = Walk(main_, Kind::kMain);
  for (size_t i = 0; status.ok() && i < named_.size(); ++i) {
    // Other flags belong to a later format of ours, which LmdbFile refuses to
    // open.
    if (named_[i].flags == 0) status = Walk(named_[i], Kind::kNamed);
  }
  return status;
}

absl::Status Check::Walk(const Tree& tree, Kind kind) {
  at_ = tree.root;
  if (tree.root == kNoPage) {
    return tree.depth == 0 && tree.SameCounts(Tree())
               ? absl::OkStatus()
               : Wrong("an empty tree that counts something");
  }
  if (tree.depth < 1 || tree.depth > kMaxDepth)
    return Wrong("impossible depth");
  Tree seen;
  struct Ahead {
    uint64_t page;
    int depth;
    Bounds bounds;
  };
  std::vector<Ahead> ahead = {{tree.root, 1, {}}};
  while (!ahead.empty()) {
    const Ahead here = std::move(ahead.back());
    ahead.pop_back();
    const bool leaf = here.depth == tree.depth;
    absl::Status status = ReadNodes(here.page, leaf);
    if (status.ok()) status = CheckKeys(kind, leaf, here.bounds);
    if (!status.ok()) return status;
    ++(leaf ? seen.leaves : seen.branches);
    for (size_t i = 0; i < nodes_.size(); ++i) {
      if (!leaf) {
        ahead.push_back(
            {nodes_[i].child, here.depth + 1, BoundsOf(i, here.bounds)});
        continue;
      }
      status = Visit(nodes_[i], kind, &seen);
      if (!status.ok()) return status;
    }
  }
  at_ = tree.root;
  return tree.SameCounts(seen) ? absl::OkStatus() : Wrong("counts are wrong");
}

absl::Status Check::ReadNodes(uint64_t page, bool leaf) {
  at_ = page;
  absl::Status status = Claim(page, 1);
  if (status.ok()) status = Read(page * page_bytes_, page_bytes_, &page_);
  if (!status.ok()) return status;
  const size_t lower = Load<uint16_t>(page_, 12);
  const size_t upper = Load<uint16_t>(page_, 14);
  if (Load<uint64_t>(page_, 0) != page) return Wrong("another page's number");
  if (Load<uint16_t>(page_, 10) != (leaf ? kLeaf : kBranch)) {
    return Wrong("another kind of page");
  }
  const size_t fewest = leaf ? 1 : 2;
  if (lower % 2 != 0 || lower < kHeaderBytes + 2 * fewest || lower > upper ||
      upper > page_bytes_) {
    return Wrong("impossible bounds");
  }
  // A page holds at least two nodes (MDB_MINKEYS), each with an offset.
  const size_t max_bytes = ((page_bytes_ - kHeaderBytes) / 2 & ~size_t{1}) - 2;
  nodes_.clear();
  std::vector<std::pair<size_t, size_t>> places;  // begin and end of each node
  for (size_t at = kHeaderBytes; at < lower; at += 2) {
    const size_t begin = Load<uint16_t>(page_, at);
    const Node node = Node::Of(page_, begin, leaf);
    if (node.key_bytes > kMaxKeyBytes || node.bytes > max_bytes) {
      return Wrong("an entry is too long");
    }
    nodes_.push_back(node);
    places.emplace_back(begin, begin + node.bytes);
  }
  std::sort(places.begin(), places.end());
  size_t end = upper;
  for (const auto& place : places) {
    if (place.first != end) return Wrong("entries overlap or leave a gap");
    end = place.second;
  }
  return end == page_bytes_ ? absl::OkStatus()
                            : Wrong("entries do not fill the page");
}

// Checks that the keys are in order and within bounds. LMDB relies on this: if
// the free lists were out of order, for example, it would read one list twice
// and give each of its pages away twice. The same would happen with a free list
// of transaction 0, a number that LMDB uses for "none". The first key of a
// branch page has no meaning.
absl::Status Check::CheckKeys(Kind kind, bool leaf,
                              const Bounds& bounds) const {
  const auto less = [kind](std::string_view a, std::string_view b) {
    return kind == Kind::kFree ? Load<uint64_t>(a, 0) < Load<uint64_t>(b, 0)
                               : a < b;
  };
  const size_t first = leaf ? 0 : 1;
  for (size_t i = first; i < nodes_.size(); ++i) {
    const std::string_view key = KeyOf(nodes_[i]);
    if (kind == Kind::kFree) {
      const auto transaction = Load<uint64_t>(key, 0);
      if (key.size() != sizeof transaction || transaction == 0 ||
          transaction > newest_) {
        return Wrong("impossible transaction");
      }
    }
    if ((i > first && !less(KeyOf(nodes_[i - 1]), key)) ||
        (bounds.from.has_value() && less(key, *bounds.from)) ||
        (bounds.to.has_value() && !less(key, *bounds.to))) {
      return Wrong("keys out of order");
    }
  }
  return absl::OkStatus();
}

// The bounds of the page below the branch page's entry number `child`.
Bounds Check::BoundsOf(size_t child, const Bounds& bounds) const {
  Bounds its = bounds;
  if (child > 0) its.from = KeyOf(nodes_[child]);
  if (child + 1 < nodes_.size()) its.to = KeyOf(nodes_[child + 1]);
  return its;
}

absl::Status Check::Visit(const Node& node, Kind kind, Tree* seen) {
  ++seen->entries;
  const uint64_t page = at_;
  if ((node.flags & kDuplicates) != 0 ||
      (kind != Kind::kMain && (node.flags & kSubTree) != 0)) {
    return Wrong("a tree where none can be");
  }
  absl::Status status;
  const std::string_view data =
      std::string_view(page_).substr(node.data_at, node.data_bytes);
  if ((node.flags & kBigData) != 0) {
    if ((node.flags & kSubTree) != 0) return Wrong("a tree that is too long");
    status = VisitOverflow(node, kind, seen);
  } else if (kind == Kind::kFree) {
    status = VisitFreeList(data);
  } else if ((node.flags & kSubTree) != 0) {
    if (data.size() != kTreeBytes) return Wrong("a tree that is too short");
    named_.push_back(Tree::Of(data, 0));
  }
  at_ = page;
  return status;
}

absl::Status Check::VisitOverflow(const Node& node, Kind kind, Tree* seen) {
  at_ = Load<uint64_t>(page_, node.data_at);
  const uint64_t count = (kHeaderBytes - 1 + node.data_bytes) / page_bytes_ + 1;
  seen->overflows += count;
  absl::Status status = Claim(at_, count);
  std::string pages;
  // Reading the overflow pages also shows that they are in the file.
  if (status.ok())
    status = Read(at_ * page_bytes_, count * page_bytes_, &pages);
  if (!status.ok()) return status;
  if (Load<uint64_t>(pages, 0) != at_ ||
      Load<uint16_t>(pages, 10) != kOverflow ||
      Load<uint32_t>(pages, 12) != count) {
    return Wrong("not the long value that it should be");
  }
  if (kind != Kind::kFree) return status;
  return VisitFreeList(
      std::string_view(pages).substr(kHeaderBytes, node.data_bytes));
}

// Checks an MDB_IDL: a count, then so many page numbers in descending order.
absl::Status Check::VisitFreeList(std::string_view list) {
  const uint64_t count = Load<uint64_t>(list, 0);
  if (list.size() < sizeof count || count > list.size() / sizeof count - 1) {
    return Wrong("a list of free pages that is too short");
  }
  uint64_t before = pages_;
  for (uint64_t i = 1; i <= count; ++i) {
    const uint64_t page = Load<uint64_t>(list, i * sizeof count);
    if (page >= before) return Wrong("free pages out of order");
    const absl::Status status = Claim(page, 1);
    if (!status.ok()) return status;
    before = page;
  }
  return absl::OkStatus();
}

absl::Status Check::Claim(uint64_t page, uint64_t count) {
  if (page >= pages_ || count > pages_ - page) {
    return Wrong("a page beyond the end");
  }
  for (uint64_t i = page; i < page + count; ++i) {
    if (claimed_[i]) return Wrong(absl::StrCat("page ", i, " is used twice"));
    claimed_[i] = true;
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace lmdb

absl::Status CheckLmdbFile(int fd) { return lmdb::Check(fd).Run(); }

}  // namespace mailverdict
