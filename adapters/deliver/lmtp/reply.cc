#include "adapters/deliver/lmtp/reply.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/strings/match.h"
#include "lib/mail/cursor.h"

namespace mailverdict::deliver {
namespace {

// Where a line's text begins: after "550 " or "550-".
constexpr size_t kTextAt = 4;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Whether the line begins with a code and then a blank, a hyphen or its end.
bool StartsLikeReply(std::string_view line) {
  if (line.size() < kTextAt || line[0] < '2' || line[0] > '5') return false;
  if (!IsDigit(line[1]) || !IsDigit(line[2])) return false;
  return line[3] == ' ' || line[3] == '-' || line[3] == '\n' ||
         (line[3] == '\r' && line[kTextAt] == '\n');
}

// Steps over the next line, its end included.
std::string_view TakeLine(mail::Cursor* in) {
  const size_t begin = in->offset();
  in->TakeWhile([](char c) { return c != '\n'; });
  in->Skip('\n');
  return in->Since(begin);
}

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// A number of one to three digits, leading zeros included.
std::optional<int> Number(mail::Cursor* in) {
  const std::string_view digits = in->TakeWhile(IsDigit);
  if (digits.empty() || digits.size() > 3) return std::nullopt;
  int value = 0;
  for (const char c : digits) value = 10 * value + (c - '0');
  return value;
}

}  // namespace

ReplyReader::Result ReplyReader::Next(std::string_view bytes, size_t* length) {
  for (;;) {
    const size_t end = bytes.find('\n', searched_);
    if (end == bytes.npos) {
      searched_ = bytes.size();
      return Result::kMore;
    }
    const std::string_view line = bytes.substr(line_, end + 1 - line_);
    if (!StartsLikeReply(line) || ReplyCode(line) != ReplyCode(bytes)) {
      return Result::kMalformed;
    }
    line_ = searched_ = end + 1;
    if (line[3] == '-') continue;
    *length = line_;
    line_ = searched_ = 0;
    return Result::kOne;
  }
}

std::optional<EnhancedCode> EnhancedCodeOf(std::string_view text) {
  mail::Cursor in(text);
  in.TakeWhile(IsBlank);
  const std::optional<char> first = in.Next();
  if (first != '2' && first != '4' && first != '5') return std::nullopt;
  if (!in.Skip('.')) return std::nullopt;
  const std::optional<int> subject = Number(&in);
  if (!subject.has_value() || !in.Skip('.')) return std::nullopt;
  const std::optional<int> detail = Number(&in);
  if (!detail.has_value() || in.Peek() == '.') return std::nullopt;
  return EnhancedCode{*first - '0', *subject, *detail};
}

std::optional<std::string_view> ReplyTexts::Next() {
  if (in_.done()) return std::nullopt;
  std::string_view line = TakeLine(&in_);
  if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line.substr(std::min(kTextAt, line.size()));
}

std::string Softened(std::string_view reply) {
  std::string_view code = ReplyCode(reply);
  // 450 is "mailbox unavailable", the temporary twin of 550. 451 is "local
  // error".
  if (code[0] == '5') code = code == "550" ? "450" : "451";
  std::string result;
  mail::Cursor in(reply);
  while (!in.done()) {
    std::string line(TakeLine(&in));
    line.replace(0, code.size(), code);
    const std::string_view text =
        std::string_view(line).substr(std::min(kTextAt, line.size()));
    if (EnhancedCodeOf(text).has_value()) {
      line[line.find_first_of("245", kTextAt)] = '4';
    }
    result += line;
  }
  return result;
}

std::string OneLine(std::string_view reply) {
  std::string result;
  mail::Cursor in(reply);
  while (!in.done()) {
    std::string_view line = TakeLine(&in);
    if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!result.empty()) result += " / ";
    result += line;
  }
  return result;
}

std::string WithoutStartTls(std::string_view reply) {
  mail::Cursor in(reply);
  std::string result(TakeLine(&in));  // the server's name, not an extension
  size_t last = 0;
  while (!in.done()) {
    const std::string_view line = TakeLine(&in);
    mail::Cursor text(line.substr(std::min(kTextAt, line.size())));
    const std::string_view word =
        text.TakeWhile([](char c) { return c > ' '; });
    if (absl::EqualsIgnoreCase(absl::string_view(word.data(), word.size()),
                               "STARTTLS")) {
      continue;
    }
    last = result.size();
    result += line;
  }
  // STARTTLS may have been the last line; then the line before it becomes the
  // last one.
  if (result[last + 3] == '-') result[last + 3] = ' ';
  return result;
}

}  // namespace mailverdict::deliver
