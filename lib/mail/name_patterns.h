// Patterns for local parts, as lists of addresses have them: "srs0=*" for every
// name that begins so, "*-request" for every name that ends so. Pure.

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

// Bytes beside the '*'. A single one would match a good part of all names: it
// is more often a slip than a wish.
inline constexpr size_t kMinPatternBytes = 2;
// A local part has 64 octets (RFC 5321 4.5.3.1.1). Bounds the time of Matches.
inline constexpr size_t kMaxPatternBytes = 64;

// One pattern. A value.
struct NamePattern {
  enum class Kind { kPrefix, kSuffix };

  Kind kind = Kind::kPrefix;
  std::string text;    // without the '*'; ASCII letters in lower case
  std::string domain;  // canonical; "" for every domain

  // "srs0=*@example.org", "*-request".
  std::string ToString() const;

  friend bool operator==(const NamePattern& a, const NamePattern& b) {
    return a.kind == b.kind && a.text == b.text && a.domain == b.domain;
  }
};

// A set of patterns. Thread-safe while it does not change.
class NamePatterns {
 public:
  void Add(const NamePattern& pattern);

  // Whether a pattern matches the local part of `name`, and has its domain or
  // none. The '*' stands for any text, the empty one too. At most
  // 4 * kMaxPatternBytes look-ups, however many patterns there are.
  bool Matches(const Address& name) const;

  bool empty() const { return size_ == 0; }
  // Different patterns.
  size_t size() const { return size_; }

  friend bool operator==(const NamePatterns& a, const NamePatterns& b) {
    return a.of_domain_ == b.of_domain_;
  }

 private:
  // The prefixes, or the suffixes, of one domain.
  struct Side {
    absl::flat_hash_set<std::string> texts;
    std::vector<size_t> lengths;  // of `texts`: each once, in ascending order

    bool Add(const std::string& text);
    friend bool operator==(const Side& a, const Side& b) {
      return a.texts == b.texts;
    }
  };
  struct Both {
    Side prefixes;
    Side suffixes;

    bool Match(std::string_view local) const;
    friend bool operator==(const Both& a, const Both& b) {
      return std::tie(a.prefixes, a.suffixes) ==
             std::tie(b.prefixes, b.suffixes);
    }
  };

  absl::flat_hash_map<std::string, Both> of_domain_;  // "": every domain
  size_t size_ = 0;
};

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_NAME_PATTERNS_H_
