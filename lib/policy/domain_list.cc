#include "lib/policy/domain_list.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/cursor.h"
#include "lib/mail/domain.h"
#include "lib/mail/fault.h"
#include "lib/mail/utf8.h"
#include "lib/policy/guarded_domains.h"

namespace mailverdict {
namespace {

using mail::Cursor;
using mail::Fault;

absl::string_view Absl(std::string_view s) { return {s.data(), s.size()}; }

void SkipBlanks(Cursor& in) {
  in.TakeWhile([](char c) { return c == ' ' || c == '\t'; });
}

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// Reads a domain that is not an address literal.
std::optional<Fault> ReadName(Cursor& in, std::string* name) {
  if (in.Peek() == '[') {
    return Fault{in.offset(), "an address literal is no domain"};
  }
  return mail::ReadDomain(in, name);
}

constexpr char kExample[] = "write, say, \"gmail.con = gmail.com  # why\"";

// Returns a fault if the entry would refuse very many senders at once.
std::optional<Fault> FindGuard(std::string_view pattern, size_t at) {
  const bool wild = pattern.substr(0, 2) == "*.";
  const std::string_view domain = wild ? pattern.substr(2) : pattern;
  if (IsPublicSuffix(domain)) {
    return Fault{
        at,
        wild ? "this covers every domain below a public suffix"
             : "this is a public suffix, with other people's domains below it"};
  }
  if (!IsLargeProvider(domain)) return std::nullopt;
  return Fault{at, "this is a large provider of mail"};
}

std::optional<Fault> ReadPattern(Cursor& in, std::string* pattern) {
  const size_t begin = in.offset();
  const bool wild = in.Skip("*.");
  if (in.Peek() == '*') {
    return Fault{begin, "'*' stands only before the first dot of a domain"};
  }
  std::string name;
  if (std::optional<Fault> fault = ReadName(in, &name)) return fault;
  *pattern = (wild ? "*." : "") + name;
  return std::nullopt;
}

// Reads the text after the '#' of an entry. It goes into the log unchanged, so
// it must be clean UTF-8 without control characters.
std::optional<Fault> ReadWhy(Cursor& in, std::string* why) {
  SkipBlanks(in);
  const size_t begin = in.offset();
  std::string_view text = in.rest();
  const auto control = std::find_if(text.begin(), text.end(), IsControl);
  if (control != text.end()) {
    return Fault{begin + static_cast<size_t>(control - text.begin()),
                 "a control character in a comment"};
  }
  if (std::optional<Fault> bad = mail::FindBadUtf8(text)) {
    return Fault{begin + bad->at, bad->what};
  }
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  *why = std::string(text);
  return std::nullopt;
}

// Reads "[!] DOMAIN [= SUGGESTION] [# WHY]". Sets `meant` if there is a '!'.
std::optional<Fault> ReadEntry(Cursor& in, bool* meant, std::string* pattern,
                               std::string* suggestion, std::string* why) {
  *meant = in.Skip('!');
  if (std::optional<Fault> fault = ReadPattern(in, pattern)) return fault;
  SkipBlanks(in);
  if (in.Skip('=')) {
    SkipBlanks(in);
    if (std::optional<Fault> fault = ReadName(in, suggestion)) return fault;
    SkipBlanks(in);
  }
  if (in.Skip('#')) return ReadWhy(in, why);
  if (in.done()) return std::nullopt;
  return Fault{in.offset(), "this byte cannot stand here"};
}

absl::Status ToStatus(std::string_view name, size_t line, const Fault& fault,
                      std::string_view instead) {
  return absl::InvalidArgumentError(absl::StrCat(Absl(name), ":", line, ":",
                                                 fault.at + 1, ": ", fault.what,
                                                 "; ", Absl(instead)));
}

}  // namespace

std::string ListEntry::ToString() const {
  std::string text = absl::StrCat("domain ", domain_, ": ", line_->pattern,
                                  " in ", line_->list, " line ", line_->number);
  if (!line_->why.empty()) absl::StrAppend(&text, ", ", line_->why);
  return text;
}

absl::StatusOr<DomainList> DomainList::Parse(std::string_view text,
                                             std::string_view name) {
  DomainList list;
  list.name_ = std::string(name);
  Cursor lines(text);
  for (size_t number = 1; !lines.done(); ++number) {
    std::string_view line = lines.TakeWhile([](char c) { return c != '\n'; });
    const bool cut = !lines.Skip('\n');
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    Cursor in(line);
    SkipBlanks(in);
    if (in.done()) continue;
    if (cut) {
      // A cut name can be another domain: the rest of "gmail.comm" would refuse
      // gmail.com.
      list.warning_ = absl::StrCat(
          Absl(name), ":", number,
          ": the last line has no newline, so the file may be cut; the line "
          "does not count, since its rest may name another domain; check that "
          "the file is complete, and end it with a newline");
      break;
    }
    if (in.Peek() == '#') continue;
    const size_t begin = in.offset();
    ListEntry::Line entry;
    entry.list = std::string(name);
    entry.number = number;
    bool meant = false;
    if (std::optional<Fault> fault = ReadEntry(in, &meant, &entry.pattern,
                                               &entry.suggestion, &entry.why)) {
      return ToStatus(name, number, *fault, kExample);
    }
    if (std::optional<Fault> guard = FindGuard(entry.pattern, begin);
        guard.has_value() && !meant) {
      return ToStatus(name, number, *guard,
                      "write '!' before it if all of it must be refused");
    }
    if (list.patterns_.Add(entry.pattern, list.lines_.size())) {
      list.lines_.push_back(
          std::make_shared<const ListEntry::Line>(std::move(entry)));
    }
  }
  return list;
}

bool operator==(const DomainList& a, const DomainList& b) {
  return std::equal(a.lines_.begin(), a.lines_.end(), b.lines_.begin(),
                    b.lines_.end(), [](const auto& x, const auto& y) {
                      return x->number == y->number &&
                             x->pattern == y->pattern &&
                             x->suggestion == y->suggestion && x->why == y->why;
                    });
}

std::optional<ListEntry> DomainList::Find(std::string_view domain) const {
  const std::optional<size_t> number = patterns_.Find(domain);
  if (!number.has_value()) return std::nullopt;
  return ListEntry(std::string(domain), lines_[*number]);
}

}  // namespace mailverdict
