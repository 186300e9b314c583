// The way out: Address to text. The way in is address_read.cc.

#include "lib/mail/address.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "lib/mail/bytes.h"
#include "lib/mail/domain.h"

namespace mailverdict::mail {
namespace {

// Whether `local` is no Dot-string of RFC 5321 4.1.2.
bool NeedsQuotes(std::string_view local) {
  char before = '.';
  for (char c : local) {
    if (!IsAtomByte(c) || (c == '.' && before == '.')) return true;
    before = c;
  }
  return before == '.';
}

// Whether `local` without its quotes would be read as something else: as quoted
// or escaped, as a path in brackets, as a source route, or, where no domain
// follows, as a local part and a domain.
bool NeedsQuotesToBeRead(std::string_view local, bool has_domain) {
  if (local[0] == '<' || local[0] == '@') return true;
  return local.find_first_of(has_domain ? "\"\\" : "\"\\@") != local.npos;
}

void AppendQuoted(std::string_view local, std::string* out) {
  out->push_back('"');
  for (char c : local) {
    if (c == '"' || c == '\\') out->push_back('\\');
    out->push_back(c);
  }
  out->push_back('"');
}

std::string Join(std::string_view local, std::string_view domain, bool quoted) {
  std::string joined;
  joined.reserve(local.size() + domain.size() + 3);
  if (quoted) {
    AppendQuoted(local, &joined);
  } else {
    joined.append(local);
  }
  if (domain.empty()) return joined;
  joined.push_back('@');
  joined.append(domain);
  return joined;
}

void AppendSpellings(std::string_view local, std::string_view domain,
                     std::vector<std::string>* spellings) {
  const auto add = [&](bool quoted) {
    std::string spelling = Join(local, domain, quoted);
    // U-labels can be longer than A-labels; over the limit, it is no address.
    if (spelling.size() > kMaxAddressBytes) return;
    spellings->push_back(std::move(spelling));
  };
  const bool quoted = NeedsQuotes(local);
  add(quoted);
  if (quoted && !NeedsQuotesToBeRead(local, !domain.empty())) add(false);
}

}  // namespace

std::string_view Address::LocalWithoutTag(std::string_view delimiters) const {
  const std::string_view local = local_;
  for (size_t i = 1; i < local.size(); ++i) {
    // A byte within a UTF-8 character is never a delimiter.
    const bool found =
        IsAscii(local[i]) && delimiters.find(local[i]) != delimiters.npos;
    if (found) return local.substr(0, i);
  }
  return local;
}

Address Address::WithoutTag(std::string_view delimiters) const {
  Address untagged;
  untagged.local_ = LocalWithoutTag(delimiters);
  untagged.domain_ = domain_;
  return untagged;
}

std::vector<std::string> Address::Spellings(
    std::string_view tag_delimiters) const {
  std::vector<std::string> spellings;
  if (null()) return spellings;
  const std::string_view untagged = LocalWithoutTag(tag_delimiters);
  const bool tagged = untagged.size() < local_.size();
  // The first pass has the domain as it is, the second in U-labels.
  AppendSpellings(local_, domain_, &spellings);
  if (tagged) AppendSpellings(untagged, domain_, &spellings);
  if (domain_.find("xn--") == domain_.npos) return spellings;
  const std::string display = DisplayDomain(domain_);
  if (display == domain_) return spellings;
  AppendSpellings(local_, display, &spellings);
  if (tagged) AppendSpellings(untagged, display, &spellings);
  return spellings;
}

std::string Address::ToString() const {
  if (null()) return "<>";
  return Join(local_, domain_, NeedsQuotes(local_));
}

}  // namespace mailverdict::mail
