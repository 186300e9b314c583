// Patterns for local parts, as in lists of addresses: "srs0=*" matches all
// names with this prefix, "*-request" all names with this suffix. Pure.

#ifndef MAILVERDICT_LIB_MAIL_NAME_PATTERNS_H_
#define MAILVERDICT_LIB_MAIL_NAME_PATTERNS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "lib/mail/address.h"

namespace mailverdict::mail {

// The fewest bytes of a pattern besides the '*'. A pattern with a single byte
// would match a large part of all names, so it is probably a mistake.
inline constexpr size_t kMinPatternBytes = 2;
// The most bytes of a pattern besides the '*': a local part has 64 octets (RFC
// 5321 4.5.3.1.1). This bounds the time of Matches.
inline constexpr size_t kMaxPatternBytes = 64;

// One pattern. A value.
struct NamePattern {
  enum class Kind { kPrefix, kSuffix };

  Kind kind = Kind::kPrefix;
  std::string text;    // without '*'; ASCII letters in lower case
  std::string domain;  // canonical; "" matches every domain

  // "srs0=*@example.org", "*-request".
  std::string ToString() const;

  friend bool operator==(const NamePattern& a, const NamePattern& b) {
    return a.kind == b.kind && a.text == b.text && a.domain == b.domain;
  }
};

// A set of patterns. Thread-safe while no thread calls Add.
class NamePatterns {
 public:
  void Add(const NamePattern& pattern);

  // Whether a pattern matches the local part of `name`; the pattern's domain
  // must be empty or the domain of `name`. The '*' stands for any text,
  // including the empty text. Takes at most 4 * kMaxPatternBytes hash look-ups,
  // no matter how many patterns there are.
  bool Matches(const Address& name) const;

  bool empty() const { return size_ == 0; }
  // The number of different patterns.
  size_t size() const { return size_; }

  friend bool operator==(const NamePatterns& a, const NamePatterns& b) {
    return a.of_domain_ == b.of_domain_;
  }

 private:
  // All prefixes, or all suffixes, of one domain.
  struct Side {
    absl::flat_hash_set<std::string> texts;
    std::vector<size_t> lengths;  // of `texts`, ascending, no duplicates

    bool Add(const std::string& text);
    friend bool operator==(const Side& a, const Side& b) {
      return a.texts == b.texts;
    }
  };
  // All patterns of one domain.
  struct Both {
    Side prefixes;
    Side suffixes;

    bool Match(std::string_view local) const;
    friend bool operator==(const Both& a, const Both& b) {
      return std::tie(a.prefixes, a.suffixes) ==
             std::tie(b.prefixes, b.suffixes);
    }
  };

  absl::flat_hash_map<std::string, Both> of_domain_;  // "": any domain
  size_t size_ = 0;
};

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_NAME_PATTERNS_H_
