#include "lib/mail/name_patterns.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "lib/mail/utf8.h"

namespace mailverdict::mail {
namespace {

absl::string_view Absl(std::string_view s) { return {s.data(), s.size()}; }

}  // namespace

std::string NamePattern::ToString() const {
  return absl::StrCat(kind == Kind::kSuffix ? "*" : "", text,
                      kind == Kind::kPrefix ? "*" : "",
                      domain.empty() ? "" : "@", domain);
}

bool NamePatterns::Side::Add(const std::string& text) {
  if (!texts.insert(text).second) return false;
  // Match tries each length once, so its cost does not grow with the number of
  // patterns.
  const auto at = std::lower_bound(lengths.begin(), lengths.end(), text.size());
  if (at == lengths.end() || *at != text.size()) {
    lengths.insert(at, text.size());
  }
  return true;
}

bool NamePatterns::Both::Match(std::string_view local) const {
  for (const size_t length : prefixes.lengths) {
    if (length > local.size()) break;
    if (prefixes.texts.contains(Absl(local.substr(0, length)))) return true;
  }
  for (const size_t length : suffixes.lengths) {
    if (length > local.size()) break;
    const std::string_view end = local.substr(local.size() - length);
    if (suffixes.texts.contains(Absl(end))) return true;
  }
  return false;
}

void NamePatterns::Add(const NamePattern& pattern) {
  Both& both = of_domain_[pattern.domain];
  Side& side = pattern.kind == NamePattern::Kind::kPrefix ? both.prefixes
                                                          : both.suffixes;
  // Patterns are folded like names: an MTA may ask for "grüße-x" as "grüsse-x".
  if (side.Add(FoldUtf8(pattern.text))) ++size_;
}

bool NamePatterns::Matches(const Address& name) const {
  if (empty()) return false;
  const std::string local = FoldUtf8(name.local());
  for (const std::string_view domain :
       {std::string_view(), std::string_view(name.domain())}) {
    const auto both = of_domain_.find(Absl(domain));
    if (both != of_domain_.end() && both->second.Match(local)) {
      return true;
    }
  }
  return false;
}

}  // namespace mailverdict::mail
