#include "lib/policy/loader/faults.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace mailverdict {
namespace {

// The most lines of a report. Nobody reads more, and a wrong file
// (/etc/aliases, for example) has thousands of errors.
constexpr size_t kMaxLines = 50;
// The most bytes of a quoted value. A person only needs to recognise a longer
// value.
constexpr size_t kMaxQuotedBytes = 80;

}  // namespace

std::string Quoted(std::string_view text) {
  const bool cut = text.size() > kMaxQuotedBytes;
  if (cut) {
    size_t end = kMaxQuotedBytes;  // do not cut a UTF-8 character
    while (end > 0 && (text[end] & 0xc0) == 0x80) --end;
    text = text.substr(0, end);
  }
  std::string quoted = QuotedWhole(text);
  if (cut) quoted.insert(quoted.size() - 1, "...");
  return quoted;
}

std::string QuotedWhole(std::string_view text) {
  return absl::StrCat(
      "\"", absl::Utf8SafeCEscape(absl::string_view(text.data(), text.size())),
      "\"");
}

std::string QuotedList(const std::vector<std::string>& items) {
  if (items.empty()) return "none";
  return absl::StrJoin(items, ", ",
                       [](std::string* out, const std::string& item) {
                         out->append(Quoted(item));
                       });
}

std::string Faults::Line(size_t offset) const {
  return absl::StrCat("line ", source_->PositionOf(offset).line);
}

void Faults::Add(size_t offset, std::string_view what,
                 std::vector<Fault>* faults) {
  for (const Fault& fault : *faults) {
    if (fault.offset == offset && fault.what == what) return;
  }
  faults->push_back({offset, std::string(what)});
}

void Faults::ErrorInString(size_t field, std::string_view about,
                           std::string_view message, int shift) {
  const absl::string_view name(about.data(), about.size());
  absl::string_view rest(message.data(), message.size());
  const size_t colon = rest.find(": ");
  int byte = 0;
  if (absl::ConsumePrefix(&rest, "byte ") && colon != message.npos &&
      absl::SimpleAtoi(rest.substr(0, rest.find(':')), &byte) &&
      byte + shift >= 0) {
    const std::optional<size_t> at =
        source_->ByteOfString(field, static_cast<size_t>(byte + shift));
    if (at.has_value()) {
      Error(*at, absl::StrCat(name, ": ", rest.substr(rest.find(": ") + 2)));
      return;
    }
  }
  // The message names no byte, or the byte cannot be found in the text (\u
  // escapes). The field is then the best place.
  Error(field, absl::StrCat(name, ", ",
                            absl::string_view(message.data(), message.size())));
}

absl::Status Faults::ToStatus() const {
  if (errors_.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(Lines(errors_), "\n"));
}

std::vector<std::string> Faults::Lines(std::vector<Fault> faults) const {
  // Checks report in their own order. A person mends a file from top to bottom.
  std::stable_sort(
      faults.begin(), faults.end(),
      [](const Fault& a, const Fault& b) { return a.offset < b.offset; });
  std::vector<std::string> lines;
  for (Fault& fault : faults) {
    const PolicySource::Position at = source_->PositionOf(fault.offset);
    if (lines.size() == kMaxLines) {
      lines.push_back(absl::StrCat(file_name_, ":", at.line, ":", at.column,
                                   ": and ", faults.size() - kMaxLines,
                                   " more from here on"));
      break;
    }
    // Each message must stay on one line, even if it quotes a value.
    for (char& c : fault.what) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    }
    lines.push_back(absl::StrCat(file_name_, ":", at.line, ":", at.column, ": ",
                                 fault.what));
  }
  return lines;
}

}  // namespace mailverdict
