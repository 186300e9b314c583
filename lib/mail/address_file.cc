#include "lib/mail/address_file.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/address.h"
#include "lib/mail/cursor.h"
#include "lib/mail/domain.h"
#include "lib/mail/fault.h"

namespace mailverdict::mail {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// A fault in a line, `at` counted from its begin, and how to mend it.
struct Complaint {
  size_t at = 0;
  const char* what = "";
  const char* instead = "";
};

constexpr char kWriteEntry[] =
    "write name, user@domain or @domain, then white space or ':' and a target";

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// The key at the begin of a line: up to white space or a colon that is neither
// in quotes nor in the brackets of a literal. It may still be malformed.
std::optional<Complaint> TakeKey(Cursor& in, std::string_view* key) {
  const size_t begin = in.offset();
  size_t quote = 0;  // where the open one stands
  bool quoted = false;
  bool bracketed = false;
  while (const std::optional<char> c = in.Peek()) {
    if (!quoted && (IsBlank(*c) || (*c == ':' && !bracketed))) break;
    if (*c == '"') {
      quoted = !quoted;
      quote = in.offset();
    } else if (quoted && *c == '\\') {
      in.Next();  // what comes next is itself, a quote too
    } else if (!quoted && (*c == '[' || *c == ']')) {
      bracketed = *c == '[';
    }
    in.Next();
  }
  *key = in.Since(begin);
  if (!quoted) return std::nullopt;
  return Complaint{quote, "this quote is never closed",
                   "write '\"' at the end of the name"};
}

class Reader {
 public:
  std::optional<Complaint> ReadLine(std::string_view line);
  AddressFile Finish() && { return std::move(file_); }

 private:
  // What the last line that was not passed over lets the next one be.
  enum class Before { kNothing, kLoneKey, kTarget };

  std::optional<Complaint> ReadContinuation(size_t at);
  std::optional<Complaint> ReadEntry(std::string_view line);
  std::optional<Complaint> AddKey(std::string_view key);
  std::optional<Complaint> AddName(const Address& name);
  std::optional<Complaint> AddUntagged(const Address& name);
  void AddAddress(const Address& address);

  AddressFile file_;
  Before before_ = Before::kNothing;
};

std::optional<Complaint> Reader::ReadLine(std::string_view line) {
  if (const size_t at = line.find('\r'); at != line.npos) {
    // In a file of nothing but these, a comment would hide all the rest.
    return Complaint{at, "a carriage return within a line",
                     "end lines with LF or CRLF"};
  }
  Cursor in(line);
  in.TakeWhile([](char c) { return IsBlank(c); });
  if (in.done() || in.Peek() == '#') return std::nullopt;
  const size_t indent = in.offset();
  std::optional<Complaint> complaint =
      indent > 0 ? ReadContinuation(indent) : ReadEntry(line);
  if (complaint.has_value() || line.back() != '\\') return complaint;
  // sendmail joins the next line to this one, Postfix takes it for an entry.
  return Complaint{line.size() - 1, "a backslash at the end of a line",
                   "continue a target with white space at the begin of a line"};
}

std::optional<Complaint> Reader::ReadContinuation(size_t at) {
  if (before_ == Before::kTarget) return std::nullopt;
  return Complaint{at, "an indented line with no target before it to continue",
                   "write an entry without white space ahead of it, and a "
                   "target on the line of its entry"};
}

std::optional<Complaint> Reader::ReadEntry(std::string_view line) {
  Cursor in(line);
  std::string_view key;
  if (std::optional<Complaint> complaint = TakeKey(in, &key)) return complaint;
  if (const size_t at = key.find(kByteOrderMark); at != key.npos) {
    // Files joined together have it; the name after it would be another one.
    return Complaint{at, "a byte order mark within the file", "remove it"};
  }
  in.TakeWhile([](char c) { return IsBlank(c); });
  before_ = in.done() ? Before::kLoneKey : Before::kTarget;
  return AddKey(key);
}

std::optional<Complaint> Reader::AddKey(std::string_view key) {
  Cursor in(key);
  if (in.done()) {
    return Complaint{0, "no name ahead of the ':' (:include: is a target only)",
                     kWriteEntry};
  }
  if (in.Skip('@')) {
    std::string domain;
    if (std::optional<Fault> fault = ReadDomain(in, &domain)) {
      return Complaint{fault->at, fault->what, kWriteEntry};
    }
    if (!in.done()) {
      return Complaint{in.offset(), "this byte cannot stand in a domain",
                       kWriteEntry};
    }
    file_.catch_all.push_back(std::move(domain));
    return std::nullopt;
  }
  Address name;
  if (std::optional<Fault> fault = ReadAddress(key, &name)) {
    return Complaint{fault->at, fault->what, kWriteEntry};
  }
  return AddName(name);
}

// Takes the wild forms, and refuses what stands for names that are elsewhere.
std::optional<Complaint> Reader::AddName(const Address& name) {
  if (name.null()) return Complaint{0, "<> is no mailbox", kWriteEntry};
  const bool bare = name.domain().empty();
  const std::string_view user = name.LocalWithoutTag("+");
  const std::string_view tag =
      std::string_view(name.local()).substr(user.size());
  if (tag == "+*" || (tag == "++" && !bare)) {
    if (tag == "++") AddAddress(name);
    return AddUntagged(name.WithoutTag("+"));
  }
  return AddUntagged(name);
}

std::optional<Complaint> Reader::AddUntagged(const Address& name) {
  const std::string& local = name.local();
  const bool bare = name.domain().empty();
  const bool everybody = local == "*" || local == "+*" || local == "++";
  if (everybody && !bare) {
    file_.catch_all.push_back(name.domain());
    return std::nullopt;
  }
  // A '/' begins a regular expression, a '+' alone includes a NIS map, and
  // Postfix writes ".example.org" for the domains below.
  if (bare &&
      (everybody || local[0] == '/' || local == "+" || local[0] == '.')) {
    return Complaint{0, "this stands for names that are not in the file",
                     "write them one by one, or @domain for all of them"};
  }
  AddAddress(name);
  return std::nullopt;
}

void Reader::AddAddress(const Address& address) {
  if (address.domain().empty()) {
    file_.local_parts.push_back(address.local());
  } else {
    file_.addresses.push_back(address.ToString());
  }
}

absl::Status ToStatus(const Complaint& complaint, std::string_view file_name,
                      size_t line) {
  return absl::InvalidArgumentError(absl::StrCat(
      absl::string_view(file_name.data(), file_name.size()), ":", line, ":",
      complaint.at + 1, ": ", complaint.what, "; ", complaint.instead));
}

}  // namespace

absl::StatusOr<AddressFile> ParseAddressFile(std::string_view text,
                                             std::string_view file_name) {
  Cursor in(text);
  in.Skip(kByteOrderMark);
  Reader reader;
  for (size_t number = 1; !in.done(); ++number) {
    std::string_view line = in.TakeWhile([](char c) { return c != '\n'; });
    in.Skip('\n');
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (std::optional<Complaint> complaint = reader.ReadLine(line)) {
      return ToStatus(*complaint, file_name, number);
    }
  }
  return std::move(reader).Finish();
}

}  // namespace mailverdict::mail
