// Writes an Address as text. address_read.cc parses one.

#include "lib/mail/address.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "lib/mail/bytes.h"
#include "lib/mail/domain.h"

namespace mailverdict::mail {
namespace {

// True if `local` is not a Dot-string of RFC 5321 4.1.2.
bool NeedsQuotes(std::string_view local) {
  char before = '.';
  for (char c : local) {
    if (!IsAtomByte(c) || (c == '.' && before == '.')) return true;
    before = c;
  }
  return before == '.';
}

// True if a parser would misread `local` without its quotes: as a quoted or
// escaped text, a path in brackets, a source route, or (if no domain follows)
// as a local part and a domain.
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
    // U-labels can be longer than A-labels. A spelling over the limit is not an
    // address, so no directory has it.
    if (spelling.size() > kMaxAddressBytes) return;
    spellings->push_back(std::move(spelling));
  };
  const bool quoted = NeedsQuotes(local);
  add(quoted);
  if (quoted && !NeedsQuotesToBeRead(local, !domain.empty())) add(false);
}

// The position of the first delimiter at or after `from`; local.size() if there
// is none. Only ASCII bytes count, so a byte within a UTF-8 character is never
// a delimiter.
size_t FindTag(std::string_view local, std::string_view delimiters,
               size_t from) {
  for (size_t i = from; i < local.size(); ++i) {
    if (IsAscii(local[i]) && delimiters.find(local[i]) != delimiters.npos) {
      return i;
    }
  }
  return local.size();
}

}  // namespace

std::string_view Address::LocalWithoutTag(std::string_view delimiters) const {
  return std::string_view(local_).substr(0, FindTag(local_, delimiters, 1));
}

Address Address::WithoutTag(std::string_view delimiters) const {
  return WithLocal(LocalWithoutTag(delimiters));
}

Address Address::WithLocal(std::string_view local) const {
  Address other;
  other.local_ = local;
  other.domain_ = domain_;
  return other;
}

Address Address::InDomain(std::string domain) const {
  Address other;
  other.local_ = local_;
  other.domain_ = std::move(domain);
  return other;
}

std::vector<Address> Address::TagForms(std::string_view delimiters,
                                       bool* complete) const {
  std::vector<Address> forms = {*this};
  const std::string_view local = local_;
  size_t left = kMaxTagForms - 1;
  // The forms with the leftmost cuts are kept, because an MTA cuts there.
  for (size_t at = FindTag(local, delimiters, 1); at < local.size() && left > 0;
       at = FindTag(local, delimiters, at + 1), --left) {
    forms.insert(forms.begin() + 1, WithLocal(local.substr(0, at)));
  }
  if (complete != nullptr) {
    // If the limit was reached, forms[1] is the last one inserted. The list is
    // still complete if there is no further delimiter after its cut.
    *complete = left > 0 || FindTag(local, delimiters,
                                    forms[1].local_.size() + 1) == local.size();
  }
  return forms;
}

std::vector<std::string> Address::Spellings(
    std::string_view tag_delimiters) const {
  std::vector<std::string> spellings;
  if (null()) return spellings;
  const auto add_all = [&](std::string_view domain) {
    AppendSpellings(local_, domain, &spellings);
    // Most addresses have no tag. The early return saves them the copies.
    if (FindTag(local_, tag_delimiters, 1) == local_.size()) return;
    const std::vector<Address> forms = TagForms(tag_delimiters);
    for (size_t i = 1; i < forms.size(); ++i) {
      AppendSpellings(forms[i].local_, domain, &spellings);
    }
  };
  add_all(domain_);
  // Only a domain with an A-label has a second spelling.
  if (domain_.find("xn--") == domain_.npos) return spellings;
  const std::string display = DisplayDomain(domain_);
  if (display != domain_) add_all(display);
  return spellings;
}

std::string Address::ToString() const {
  if (null()) return "<>";
  return Join(local_, domain_, NeedsQuotes(local_));
}

}  // namespace mailverdict::mail
