#include "adapters/milter/codec/reply_packet.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "adapters/milter/codec/packet.h"
#include "lib/mail/cursor.h"

namespace mailverdict::milter {
namespace {

absl::Status Wrong(const char* what) {
  return absl::InvalidArgumentError(absl::StrCat("milter reply: ", what));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsBlank(char c) { return c == ' ' || c == '\t'; }
bool IsPrintableAscii(char c) { return c >= ' ' && c <= '~'; }

// RFC 5321 4.2: textstring.
bool IsReplyText(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return IsPrintableAscii(c) || c == '\t';
  });
}

bool IsCode(std::string_view code) {
  return code.size() == 3 && (code[0] == '4' || code[0] == '5') &&
         IsDigit(code[1]) && IsDigit(code[2]);
}

// RFC 3463 2: class "." subject "." detail, the latter two of 1 to 3 digits.
bool IsEnhanced(std::string_view status, char status_class) {
  mail::Cursor in(status);
  return in.Skip(status_class) && in.Skip('.') && in.Decimal(3).has_value() &&
         in.Skip('.') && in.Decimal(3).has_value() && in.done();
}

std::string EscapePercent(std::string_view text) {
  std::string escaped;
  for (char c : text) escaped.append(c == '%' ? 2 : 1, c);
  return escaped;
}

absl::Status CheckName(std::string_view name) {
  const bool good =
      !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return IsPrintableAscii(c) && c != ' ' && c != ':';
      });
  return good ? absl::OkStatus() : Wrong("bad name of a header field");
}

// A line of blanks only would be an obsolete form (RFC 5322 4.2), which some
// programs take for the end of the header. Bytes that are not ASCII are let
// through (RFC 6532).
absl::Status CheckLine(std::string_view line, size_t before) {
  if (std::all_of(line.begin(), line.end(), IsBlank)) {
    return Wrong("empty line in a header field");
  }
  if (before + line.size() > kMaxFieldLineBytes) {
    return Wrong("line of a header field is over 998 bytes");
  }
  for (char c : line) {
    const bool control = static_cast<uint8_t>(c) < ' ' || c == 127;
    if (control && c != '\t') {
      return Wrong("control character in a header field");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOccurrence(uint32_t occurrence) {
  return occurrence >= 1 && occurrence <= kMaxFieldIndex
             ? absl::OkStatus()
             : Wrong("occurrence of a field is 0 or too great");
}

// Name and value of a field, checked, each with its NUL. The lines are folded
// as both MTAs send folded lines: by a LF alone.
absl::StatusOr<std::string> FieldData(const Agreement& agreement,
                                      const NewField& field) {
  absl::Status status = CheckName(field.name);
  if (!status.ok()) return status;
  if (field.lines.empty()) return Wrong("header field without a value");
  std::string data(field.name);
  data += '\0';
  if (agreement.has(step::kLeadingBlank)) data += ' ';
  size_t before = field.name.size() + 2;  // "Name: "
  std::string_view fold = "";
  for (std::string_view line : field.lines) {
    status = CheckLine(line, before);
    if (!status.ok()) return status;
    data += fold;
    data += line;
    fold = "\n\t";
    before = 1;  // the tab
  }
  data += '\0';
  return data;
}

}  // namespace

ReplyPacket::ReplyPacket(ReplyLetter letter, std::string_view data)
    : letter_(letter) {
  AppendPacket(static_cast<char>(letter), data, &bytes_);
}

absl::StatusOr<ReplyPacket> ReplyPacket::Make(ReplyLetter letter,
                                              std::string_view data) {
  if (data.size() > kMaxReplyDataBytes) return Wrong("over 65535 bytes");
  return ReplyPacket(letter, data);
}

absl::StatusOr<ReplyPacket> ReplyPacket::Code(std::string_view code,
                                              std::string_view enhanced,
                                              std::string_view text) {
  if (!IsCode(code)) return Wrong("code is not a 4xx or 5xx");
  // Postfix fails the session if the classes differ.
  if (!IsEnhanced(enhanced, code[0])) {
    return Wrong("enhanced status is not one of the code's class");
  }
  if (!IsReplyText(text)) return Wrong("text is empty or not printable ASCII");
  const std::string escaped = EscapePercent(text);
  if (escaped.size() > kMaxReplyTextBytes) {
    return Wrong("text is over 980 bytes");
  }
  std::string data;
  for (std::string_view part : {code, enhanced, std::string_view(escaped)}) {
    data += part;
    data += ' ';
  }
  data.back() = '\0';
  return Make(ReplyLetter::kCode, data);
}

absl::StatusOr<ReplyPacket> ReplyPacket::Quarantine(std::string_view reason) {
  if (!IsReplyText(reason)) {
    return Wrong("reason is empty or not printable ASCII");
  }
  if (reason.size() > kMaxQuarantineReasonBytes) {
    return Wrong("reason is over 100 bytes");
  }
  return Make(ReplyLetter::kQuarantine, std::string(reason) + '\0');
}

absl::StatusOr<ReplyPacket> ReplyPacket::AddField(const Agreement& agreement,
                                                  const NewField& field) {
  const absl::StatusOr<std::string> data = FieldData(agreement, field);
  if (!data.ok()) return data.status();
  return Make(ReplyLetter::kAddField, *data);
}

absl::StatusOr<ReplyPacket> ReplyPacket::InsertField(const Agreement& agreement,
                                                     uint32_t index,
                                                     const NewField& field) {
  if (index > kMaxFieldIndex) return Wrong("index of a field is too great");
  const absl::StatusOr<std::string> data = FieldData(agreement, field);
  if (!data.ok()) return data.status();
  std::string all;
  AppendUint32(index, &all);
  return Make(ReplyLetter::kInsertField, all + *data);
}

absl::StatusOr<ReplyPacket> ReplyPacket::ChangeField(const Agreement& agreement,
                                                     uint32_t occurrence,
                                                     const NewField& field) {
  const absl::Status status = CheckOccurrence(occurrence);
  if (!status.ok()) return status;
  const absl::StatusOr<std::string> data = FieldData(agreement, field);
  if (!data.ok()) return data.status();
  std::string all;
  AppendUint32(occurrence, &all);
  return Make(ReplyLetter::kChangeField, all + *data);
}

// A field whose new value is empty is deleted.
absl::StatusOr<ReplyPacket> ReplyPacket::DeleteField(std::string_view name,
                                                     uint32_t occurrence) {
  absl::Status status = CheckOccurrence(occurrence);
  if (status.ok()) status = CheckName(name);
  if (!status.ok()) return status;
  std::string all;
  AppendUint32(occurrence, &all);
  all += name;
  all.append(2, '\0');
  return Make(ReplyLetter::kChangeField, all);
}

}  // namespace mailverdict::milter
