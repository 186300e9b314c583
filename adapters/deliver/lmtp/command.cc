#include "adapters/deliver/lmtp/command.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "lib/mail/cursor.h"

namespace mailverdict::deliver {
namespace {

bool IsLetter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

bool Equals(std::string_view word, const char* other) {
  return absl::EqualsIgnoreCase(absl::string_view(word.data(), word.size()),
                                other);
}

Verb VerbOf(std::string_view word) {
  static constexpr struct {
    const char* word;
    Verb verb;
  } kVerbs[] = {
      {"LHLO", Verb::kHello},        {"EHLO", Verb::kHello},
      {"HELO", Verb::kHello},        {"MAIL", Verb::kMail},
      {"RCPT", Verb::kRcpt},         {"DATA", Verb::kData},
      {"BDAT", Verb::kBdat},         {"RSET", Verb::kRset},
      {"XCLIENT", Verb::kXclient},   {"AUTH", Verb::kAuth},
      {"STARTTLS", Verb::kStartTls}, {"QUIT", Verb::kQuit},
      {"NOOP", Verb::kOneReply},     {"VRFY", Verb::kOneReply},
      {"EXPN", Verb::kOneReply},     {"HELP", Verb::kOneReply},
      {"XFORWARD", Verb::kOneReply},
  };
  for (const auto& entry : kVerbs) {
    if (Equals(word, entry.word)) return entry.verb;
  }
  return Verb::kUnknown;
}

}  // namespace

std::optional<LmtpCommand> ParseCommand(std::string_view line) {
  if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  // A NUL, a bare CR or a tab: servers cut such a line or read it on.
  if (std::any_of(line.begin(), line.end(), IsControl)) return std::nullopt;
  mail::Cursor in(line);
  const std::string_view word = in.TakeWhile(IsLetter);
  if (word.empty() || (!in.done() && !in.Skip(' '))) return std::nullopt;
  return LmtpCommand{VerbOf(word), in.rest()};
}

std::string RecipientOf(std::string_view argument) {
  mail::Cursor in(argument);
  const std::optional<std::string_view> to = in.Take(3);
  if (!to || !Equals(*to, "TO:")) return "";
  // Not in RFC 5321, but servers take blanks here.
  in.TakeWhile([](char c) { return c == ' '; });
  if (!in.Skip('<')) return "";
  const size_t begin = in.offset();
  bool quoted = false;
  while (!in.done()) {
    const std::string_view recipient = in.Since(begin);
    const char c = *in.Next();
    if (c == '"') quoted = !quoted;
    if (c == '\\' && quoted) in.Next();
    if (quoted) continue;
    if (c == '<' || c == ' ') return "";
    if (c != '>') continue;
    // After the bracket come parameters or nothing. With anything else a server
    // may mean another recipient than we read.
    const bool whole = in.done() || in.Peek() == ' ';
    if (!whole || recipient.size() > kMaxRecipientBytes) return "";
    return std::string(recipient);
  }
  return "";
}

std::optional<Chunk> ParseChunk(std::string_view argument) {
  mail::Cursor in(argument);
  const std::optional<uint64_t> bytes = in.Decimal(18);  // fits 64 bits
  if (!bytes) return std::nullopt;
  if (in.done()) return Chunk{*bytes, false};
  if (!in.Skip(' ') || !Equals(in.rest(), "LAST")) return std::nullopt;
  return Chunk{*bytes, true};
}

MessageEnd::Result MessageEnd::Scan(std::string_view bytes, size_t* length) {
  size_t at = 0;
  while (at < bytes.size()) {
    if (seen_ == Seen::kText) {  // most of a message: skip to the line's end
      const size_t end = std::min(bytes.find('\n', at), bytes.size());
      if (end > at) {
        seen_ = bytes[end - 1] == '\r' ? Seen::kCr : Seen::kText;
        at = end;
        continue;
      }
    }
    const Result result = Step(bytes[at++]);
    if (result == Result::kMore) continue;
    *length = at;
    return result;
  }
  return Result::kMore;
}

MessageEnd::Result MessageEnd::Step(char c) {
  const Seen before = seen_;
  seen_ = c == '\r' ? Seen::kCr : Seen::kText;
  switch (before) {
    case Seen::kText:
      if (c == '\n') seen_ = Seen::kBareLf;
      break;
    case Seen::kCr:
      if (c == '\n') seen_ = Seen::kCrLf;
      break;
    case Seen::kCrLf:
      if (c == '.') seen_ = Seen::kDot;
      if (c == '\n') seen_ = Seen::kBareLf;
      break;
    case Seen::kBareLf:
      if (c == '.') seen_ = Seen::kBareDot;
      if (c == '\n') seen_ = Seen::kBareLf;
      break;
    case Seen::kDot:
      if (c == '\r') seen_ = Seen::kDotCr;
      if (c == '\n') return Result::kUnclear;
      break;
    case Seen::kBareDot:
      if (c == '\r') seen_ = Seen::kBareDotCr;
      if (c == '\n') return Result::kUnclear;
      break;
    case Seen::kDotCr:
      if (c == '\n') return Result::kEnd;
      break;
    case Seen::kBareDotCr:
      if (c == '\n') return Result::kUnclear;
      break;
  }
  return Result::kMore;
}

}  // namespace mailverdict::deliver
