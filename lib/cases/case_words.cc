#include "lib/cases/case_words.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

using mail::Cursor;

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

std::optional<int> HexDigit(std::optional<char> c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const size_t digit = c.has_value() ? kDigits.find(*c) : kDigits.npos;
  if (digit == kDigits.npos) return std::nullopt;
  return static_cast<int>(digit);
}

// Reads a text after its opening quote, up to the closing quote. It may contain
// \" \\ and \x7f.
CaseComplaint TakeQuoted(Cursor& in, std::string* value) {
  for (;;) {
    const std::optional<char> c = in.Next();
    if (!c.has_value()) return "a quote has no end";
    if (*c == '"') return std::nullopt;
    if (*c != '\\') {
      *value += *c;
    } else if (in.Skip('x')) {
      const auto high = HexDigit(in.Next());
      const auto low = HexDigit(in.Next());
      if (!high.has_value() || !low.has_value()) {
        return "behind \\x come two of 0-9 and a-f";
      }
      *value += static_cast<char>(*high * 16 + *low);
    } else if (in.Peek() == '"' || in.Peek() == '\\') {
      *value += *in.Next();
    } else {
      return "behind a \\ comes \", \\ or x and two digits";
    }
  }
}

// The deviations that take no argument.
struct Phrase {
  std::string_view text;
  Deviation::Kind kind;
};
constexpr Phrase kPhrases[] = {
    {"absent", Deviation::Kind::kAbsent},
    {"from another server", Deviation::Kind::kAnotherServer},
    {"from another connection", Deviation::Kind::kAnotherConnection},
    {"from another exchange", Deviation::Kind::kAnotherExchange},
    {"from another time", Deviation::Kind::kAnotherTime},
    {"from a cache", Deviation::Kind::kFromCache},
    {"not asked", Deviation::Kind::kNotAsked},
};

}  // namespace

std::string_view TakeWord(Cursor& in) {
  in.TakeWhile(IsBlank);
  return in.TakeWhile([](char c) { return !IsBlank(c); });
}

std::string TakeRest(Cursor& in) {
  in.TakeWhile(IsBlank);
  return std::string(*in.Take(in.remaining()));
}

std::string_view Trimmed(std::string_view line) {
  while (!line.empty() && IsBlank(line.front())) line.remove_prefix(1);
  while (!line.empty() && (IsBlank(line.back()) || line.back() == '\r')) {
    line.remove_suffix(1);
  }
  return line;
}

CaseComplaint TakeValues(Cursor& in, std::vector<std::string>* values) {
  for (in.TakeWhile(IsBlank); !in.done(); in.TakeWhile(IsBlank)) {
    std::string value;
    if (!in.Skip('"')) {
      value = std::string(TakeWord(in));
    } else if (CaseComplaint complaint = TakeQuoted(in, &value)) {
      return complaint;
    }
    values->push_back(std::move(value));
  }
  return std::nullopt;
}

CaseComplaint NothingMore(Cursor& in) {
  const std::string more = TakeRest(in);
  if (more.empty()) return std::nullopt;
  return absl::StrCat("\"", more, "\" is too much here");
}

CaseComplaint TakeAbsence(Cursor& in, GivenAnswer* answer) {
  const bool dns = Cursor(answer->lookup).Skip("dns ");
  // Only DNS has several kinds of absence.
  if (!dns) return NothingMore(in);
  const std::string_view what = TakeWord(in);
  if (what != "name" && what != "data") {
    return "of DNS it is \"absent name\" (there is none of any type) or "
           "\"absent data\" (none of this type)";
  }
  answer->absence = what == "name" ? Absence::kNoName : Absence::kNoData;
  for (std::string_view word = TakeWord(in); !word.empty();
       word = TakeWord(in)) {
    const bool alias = word == "alias" && TakeWord(in) == "of";
    if (!alias && word != "by") return "write \"by ZONE\" or \"alias of NAME\"";
    std::string* const named = alias ? &answer->alias_target : &answer->zone;
    *named = std::string(TakeWord(in));
    if (named->empty()) return "a name is missing at the end";
  }
  return std::nullopt;
}

CaseComplaint TakeDeviation(Cursor& in, Deviation* deviation) {
  deviation->subject = std::string(TakeWord(in));
  in.TakeWhile(IsBlank);
  // Compared with the whole rest of the line, because these texts have several
  // words.
  for (const Phrase& phrase : kPhrases) {
    if (in.rest() == phrase.text) {
      deviation->kind = phrase.kind;
      return std::nullopt;
    }
  }
  const std::string_view word = TakeWord(in);
  if (word == "present") {
    deviation->kind = Deviation::Kind::kPresent;
    return TakeValues(in, &deviation->values);
  }
  if (word == "unknown") {
    deviation->kind = Deviation::Kind::kUnknown;
    deviation->reason = TakeRest(in);
    return std::nullopt;
  }
  return "write \"but CONTROL absent\", \"present VALUE...\", \"unknown "
         "REASON\", \"not asked\", \"from a cache\", or \"from another "
         "server\" (connection, exchange, time); CONTROL is an address, a "
         "name, \"controls\" or \"second-server\"";
}

}  // namespace mailverdict
