#include "adapters/local_delivery/lmtp_reply.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/strings/match.h"
#include "lib/mail/cursor.h"

namespace mailverdict::local_delivery {
namespace {

// Behind "550 " or "550-".
constexpr size_t kTextAt = 4;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "250", and then a blank, a hyphen or the end of the line.
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

// Where an enhanced code stands in a line; of length 0 if there is none. "5.1.1
// text" is one, as are "5.1.1: text" and "5.1.1<a@b>"; "5.1.1.4" is not.
struct Place {
  size_t begin, length;
};
Place EnhancedCode(std::string_view line) {
  mail::Cursor in(line);
  if (!in.Take(kTextAt)) return {0, 0};
  in.TakeWhile([](char c) { return c == ' '; });
  const size_t begin = in.offset();
  if (!in.Skip('2') && !in.Skip('4') && !in.Skip('5')) return {0, 0};
  if (!in.Skip('.') || !in.Decimal(3)) return {0, 0};
  if (!in.Skip('.') || !in.Decimal(3) || in.Peek() == '.') return {0, 0};
  return {begin, in.offset() - begin};
}

bool IsOfUnknownUser(std::string_view enhanced) {
  return enhanced.substr(1, 3) == ".1." && enhanced.substr(3) != ".7" &&
         enhanced.substr(3) != ".8";
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

bool SaysUserUnknown(std::string_view reply,
                     const std::vector<std::string>& listed) {
  const auto is_listed = [&listed](std::string_view code) {
    return std::find(listed.begin(), listed.end(), code) != listed.end();
  };
  const std::string_view code = ReplyCode(reply);
  if (code[0] != '5') return false;
  if (is_listed(code)) return true;
  bool any_enhanced = false;
  mail::Cursor in(reply);
  while (!in.done()) {
    const std::string_view line = TakeLine(&in);
    const Place place = EnhancedCode(line);
    if (place.length == 0) continue;
    any_enhanced = true;
    const std::string_view enhanced = line.substr(place.begin, place.length);
    if (IsOfUnknownUser(enhanced) || is_listed(enhanced)) return true;
  }
  return !any_enhanced && (code == "550" || code == "551" || code == "553");
}

std::string Softened(std::string_view reply) {
  const std::string_view code = ReplyCode(reply) == "550" ? "450" : "451";
  std::string result;
  mail::Cursor in(reply);
  while (!in.done()) {
    std::string line(TakeLine(&in));
    line.replace(0, code.size(), code);
    const Place place = EnhancedCode(line);
    if (place.length > 0 && line[place.begin] == '5') line[place.begin] = '4';
    result += line;
  }
  return result;
}

std::string WithoutStartTls(std::string_view reply) {
  mail::Cursor in(reply);
  std::string result(TakeLine(&in));  // the server's name
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
  if (result[last + 3] == '-') result[last + 3] = ' ';
  return result;
}

}  // namespace mailverdict::local_delivery
