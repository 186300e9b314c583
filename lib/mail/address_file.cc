#include "lib/mail/address_file.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/address.h"
#include "lib/mail/address_line.h"
#include "lib/mail/address_line_stats.h"
#include "lib/mail/cursor.h"
#include "lib/mail/fault.h"
#include "lib/mail/listed_name.h"

namespace mailverdict::mail {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

constexpr char kWriteEntry[] =
    "write name, user@domain or @domain, then white space or ':' and a target";
constexpr char kWritePattern[] =
    "write prefix*, *suffix, prefix*@domain or *suffix@domain, or each name";

absl::string_view Absl(std::string_view s) { return {s.data(), s.size()}; }

class Reader {
 public:
  // `cut`: the line does not end with a newline.
  std::optional<LineFault> ReadLine(std::string_view line, size_t number,
                                    bool cut);
  const AddressLineStats& stats() const { return stats_; }
  AddressFile Finish() && { return std::move(file_); }

 private:
  // The kind of the last line that was not skipped. It decides whether the next
  // line may be indented.
  enum class Before { kNothing, kLoneKey, kTarget };

  std::optional<LineFault> ReadContinuation(size_t at);
  std::optional<LineFault> ReadEntry(std::string_view line, size_t number,
                                     bool cut);
  std::optional<LineFault> AddKey(std::string_view key);

  AddressFile file_;
  AddressLineStats stats_;
  Before before_ = Before::kNothing;
};

std::optional<LineFault> Reader::ReadLine(std::string_view line, size_t number,
                                          bool cut) {
  if (const size_t at = line.find('\r'); at != line.npos) {
    // In a file whose lines end with CR alone, a comment would hide all the
    // rest.
    return LineFault{at, "a carriage return within a line",
                     "end lines with LF or CRLF"};
  }
  Cursor in(line);
  in.TakeWhile(IsBlank);
  if (in.done() || in.Peek() == '#') return std::nullopt;
  const size_t indent = in.offset();
  std::optional<LineFault> fault =
      indent > 0 ? ReadContinuation(indent) : ReadEntry(line, number, cut);
  if (fault.has_value() || line.back() != '\\') return fault;
  // sendmail joins the next line to this one, but Postfix reads it as a new
  // entry.
  return LineFault{line.size() - 1, "a backslash at the end of a line",
                   "continue a target with white space at the begin of a line"};
}

std::optional<LineFault> Reader::ReadContinuation(size_t at) {
  if (before_ == Before::kTarget) return std::nullopt;
  return LineFault{at, "an indented line with no target before it to continue",
                   "write an entry without white space ahead of it, and a "
                   "target on the line of its entry"};
}

std::optional<LineFault> Reader::ReadEntry(std::string_view line, size_t number,
                                           bool cut) {
  AddressLine entry;
  if (std::optional<LineFault> fault = DivideLine(line, &entry)) return fault;
  if (const size_t at = entry.key.find(kByteOrderMark); at != entry.key.npos) {
    // The mark gets into the middle when files are concatenated. It would
    // become a part of the name after it, and the name would be lost.
    return LineFault{at, "a byte order mark within the file", "remove it"};
  }
  before_ = entry.divider == AddressLine::Divider::kNone ? Before::kLoneKey
                                                         : Before::kTarget;
  if (std::optional<LineFault> fault = AddKey(entry.key)) return fault;
  stats_.Note(entry, number, cut);
  return FindHiddenNames(entry);
}

std::optional<LineFault> Reader::AddKey(std::string_view key) {
  ListedName name;
  if (std::optional<Fault> fault = ReadListedName(key, &name)) {
    const bool pattern = key.find('*') != key.npos;
    return LineFault{fault->at, fault->what,
                     pattern ? kWritePattern : kWriteEntry};
  }
  if (!name.catch_all_domain.empty())
    file_.catch_all.push_back(std::move(name.catch_all_domain));
  for (const Address& each : name.addresses) {
    if (each.domain().empty()) {
      file_.local_parts.push_back(each.local());
    } else {
      file_.addresses.push_back(each.ToString());
    }
  }
  for (NamePattern& each : name.patterns) {
    file_.patterns.push_back(std::move(each));
  }
  return std::nullopt;
}

absl::Status ToStatus(const LineFault& fault, std::string_view file_name,
                      size_t line) {
  return absl::InvalidArgumentError(
      absl::StrCat(Absl(file_name), ":", line, ":", fault.at + 1, ": ",
                   fault.what, "; ", fault.instead));
}

std::string Warning(std::string_view file_name, size_t line,
                    std::string_view what) {
  return absl::StrCat(Absl(file_name), ":", line, ": ", Absl(what));
}

}  // namespace

absl::StatusOr<AddressFile> ParseAddressFile(std::string_view text,
                                             std::string_view file_name) {
  Cursor in(text);
  in.Skip(kByteOrderMark);
  Reader reader;
  size_t cut_line = 0;
  for (size_t number = 1; !in.done(); ++number) {
    std::string_view line = in.TakeWhile([](char c) { return c != '\n'; });
    const bool cut = !in.Skip('\n');
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (std::optional<LineFault> fault = reader.ReadLine(line, number, cut)) {
      return ToStatus(*fault, file_name, number);
    }
    // A cut last line still counts: the name in it may be valid, and a name too
    // many does no harm.
    if (cut && !line.empty()) cut_line = number;
  }
  // A single line can be ambiguous, so this check needs all lines.
  if (const auto misfit = reader.stats().FindMisfit()) {
    return ToStatus(misfit->fault, file_name, misfit->line);
  }
  const size_t label = reader.stats().first_label().line;
  AddressFile file = std::move(reader).Finish();
  if (label > 0) {
    file.warnings.push_back(
        Warning(file_name, label,
                "this line looks like LDIF; it counts as an alias named by the "
                "word before the ':'; if the address after it is meant, write "
                "the address alone"));
  }
  if (cut_line > 0) {
    file.warnings.push_back(
        Warning(file_name, cut_line,
                "the last line has no newline, so the file may be cut and "
                "names may be missing; the line counts; check that the file is "
                "complete, and end it with a newline"));
  }
  return file;
}

}  // namespace mailverdict::mail
