#include "lib/policy/loader/policy_source.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace mailverdict {
namespace {

// The tab width of protobuf's io::Tokenizer.
constexpr int kTabWidth = 8;

bool IsWordByte(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         c == '.';
}

bool IsHexDigit(char c) {
  return absl::ascii_isxdigit(static_cast<unsigned char>(c));
}

bool IsOctalDigit(char c) { return c >= '0' && c <= '7'; }

// The length of the escape sequence at the beginning of `text`, the rest of a
// string. nullopt for \u and \U, which can stand for several bytes.
std::optional<size_t> EscapeLength(std::string_view text) {
  if (text.size() < 2) return text.size();
  const char letter = text[1];
  if (letter == 'u' || letter == 'U') return std::nullopt;
  const bool hex = letter == 'x' || letter == 'X';
  if (!hex && !IsOctalDigit(letter)) return 2;
  size_t length = hex ? 2 : 1;
  const size_t limit = std::min<size_t>(4, text.size());
  while (length < limit &&
         (hex ? IsHexDigit(text[length]) : IsOctalDigit(text[length]))) {
    ++length;
  }
  return length;
}

}  // namespace

PolicySource::PolicySource(std::string_view text) : text_(text) {
  lines_.push_back(0);
  for (size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') lines_.push_back(i + 1);
  }
  Tokenize();
}

void PolicySource::Tokenize() {
  for (size_t at = 0; at < text_.size();) {
    const char c = text_[at];
    if (absl::ascii_isspace(static_cast<unsigned char>(c))) {
      ++at;
    } else if (c == '#') {
      at = std::min(text_.find('\n', at), text_.size());
    } else {
      const bool quote = c == '"' || c == '\'';
      const char kind = quote ? '"' : IsWordByte(c) ? 'a' : c;
      const size_t end = EndOfToken(at);
      tokens_.push_back({kind, at, end});
      at = end;
    }
  }
}

size_t PolicySource::EndOfToken(size_t begin) const {
  const char first = text_[begin];
  size_t end = begin + 1;
  if (IsWordByte(first)) {
    while (end < text_.size() && IsWordByte(text_[end])) ++end;
  } else if (first == '"' || first == '\'') {
    while (end < text_.size() && text_[end] != first && text_[end] != '\n') {
      // A string ends at the end of its line even without a quote, as in
      // protobuf. So one missing quote does not shift all later places.
      const bool escape = text_[end] == '\\' && end + 1 < text_.size() &&
                          text_[end + 1] != '\n';
      end += escape ? 2 : 1;
    }
    if (end < text_.size() && text_[end] == first) ++end;
  }
  return end;
}

PolicySource::Position PolicySource::PositionOf(size_t offset) const {
  const auto next = std::upper_bound(lines_.begin(), lines_.end(), offset);
  const size_t line = static_cast<size_t>(next - lines_.begin());
  return {line, offset - lines_[line - 1] + 1};
}

size_t PolicySource::OffsetOf(int line, int column) const {
  if (line < 0) return 0;
  const size_t number = static_cast<size_t>(line);
  if (number >= lines_.size()) return text_.size();
  size_t offset = lines_[number];
  for (int at = 0; at < column && offset < text_.size(); ++offset) {
    if (text_[offset] == '\n') break;
    at += text_[offset] == '\t' ? kTabWidth - at % kTabWidth : 1;
  }
  return offset;
}

size_t PolicySource::TokenAt(size_t offset) const {
  const auto token =
      std::upper_bound(tokens_.begin(), tokens_.end(), offset,
                       [](size_t o, const Token& t) { return o < t.end; });
  return static_cast<size_t>(token - tokens_.begin());
}

char PolicySource::Kind(size_t token) const {
  return token < tokens_.size() ? tokens_[token].kind : '\0';
}

size_t PolicySource::LastTokenBefore(size_t offset) const {
  size_t token = TokenAt(offset);
  const bool inside = token < tokens_.size() && tokens_[token].begin < offset;
  if (inside) return tokens_[token].begin;
  return token == 0 ? offset : tokens_[token - 1].begin;
}

std::optional<PolicySource::Span> PolicySource::FieldAround(
    size_t offset) const {
  size_t value = TokenAt(offset);
  if (value >= tokens_.size()) return std::nullopt;
  size_t name = value;
  const char next = Kind(value + 1);
  if (Kind(value) == 'a' && (next == ':' || next == '{')) {
    value += next == ':' ? 2 : 1;
  } else {
    // `offset` is in the middle of a list: go back to its name.
    while (value > 0 && Kind(value - 1) != ':') --value;
    if (value < 2) return std::nullopt;
    name = value - 2;
  }
  size_t end = EndOfValue(value);
  if (Kind(name) != 'a' || end > tokens_.size() || end <= value) {
    return std::nullopt;
  }
  if (Kind(end) == ',' || Kind(end) == ';') ++end;
  const Span field{tokens_[name].begin, tokens_[end - 1].end};
  return field.end > offset ? std::optional(field) : std::nullopt;
}

// The index of the token after the value that begins at `token`; `token` if no
// value begins there.
size_t PolicySource::EndOfValue(size_t token) const {
  const char kind = Kind(token);
  if (kind == '-') return token + 2;
  if (kind == 'a') return token + 1;
  if (kind == '"') {
    // Adjacent strings are one value, as in C.
    while (Kind(token) == '"') ++token;
    return token;
  }
  if (kind != '{' && kind != '[' && kind != '<') return token;
  // All brackets count alike. A wrong pair is a syntax error that protobuf
  // reports itself.
  int depth = 0;
  for (size_t at = token; at < tokens_.size(); ++at) {
    const char c = Kind(at);
    if (c == '{' || c == '[' || c == '<') ++depth;
    if (c == '}' || c == ']' || c == '>') --depth;
    if (depth == 0) return at + 1;
  }
  return token;
}

std::optional<size_t> PolicySource::ByteOfString(size_t field,
                                                 size_t index) const {
  size_t token = TokenAt(field) + 1;
  if (Kind(token) == ':') ++token;
  if (Kind(token) != '"') return std::nullopt;
  size_t end = 0;
  for (; Kind(token) == '"'; ++token) {
    end = tokens_[token].end - 1;
    for (size_t at = tokens_[token].begin + 1; at < end; --index) {
      if (index == 0) return at;
      const std::string_view rest = text_.substr(at, end - at);
      const std::optional<size_t> length =
          rest[0] == '\\' ? EscapeLength(rest) : 1;
      if (!length.has_value()) return std::nullopt;
      at += *length;
    }
  }
  return index == 0 ? std::optional(end) : std::nullopt;
}

}  // namespace mailverdict
