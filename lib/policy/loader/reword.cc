#include "lib/policy/loader/reword.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <numeric>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "lib/policy/loader/faults.h"
#include "proto/policy.pb.h"

namespace mailverdict {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

using Parts = std::vector<std::string>;

absl::string_view Absl(std::string_view text) {
  return {text.data(), text.size()};
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

// "directory" for mailverdict.proto.Directory: each message has the name of the
// field that holds it.
std::string FieldNameOf(const Descriptor& type) {
  return absl::AsciiStrToLower(type.name());
}

std::string NameOf(const Descriptor& type) {
  return type.name() == "Policy" ? "the policy" : FieldNameOf(type);
}

Parts FieldNames(const Descriptor& type) {
  Parts names;
  for (int i = 0; i < type.field_count(); ++i) {
    names.push_back(type.field(i)->name());
  }
  return names;
}

// Suggests where a field belongs that is in the wrong message; "" if no message
// has it.
std::string Elsewhere(const FileDescriptor& file, const std::string& field) {
  for (int i = 0; i < file.message_type_count(); ++i) {
    const Descriptor& type = *file.message_type(i);
    if (type.FindFieldByName(field) == nullptr) continue;
    if (type.name() == "Policy") {
      return "it belongs to the policy itself: is a '}' missing above?";
    }
    return absl::Substitute("write it within $0 { }", FieldNameOf(type));
  }
  return "";
}

std::string UnknownField(const Parts& parts) {
  const FileDescriptor& file = *proto::Policy::descriptor()->file();
  const std::string type_name = parts[0].substr(parts[0].rfind('.') + 1);
  const Descriptor* type = file.FindMessageTypeByName(type_name);
  if (type == nullptr) return absl::StrCat("unknown field ", Quoted(parts[1]));
  const Parts names = FieldNames(*type);
  const std::string_view nearest = Nearest(parts[1], names);
  const std::string elsewhere = Elsewhere(file, parts[1]);
  const std::string instead = !elsewhere.empty() ? absl::StrCat("; ", elsewhere)
                              : !nearest.empty()
                                  ? absl::StrCat("; write ", Absl(nearest))
                                  : "";
  return absl::Substitute("$0 has no field $1$2 (its fields: $3)",
                          NameOf(*type), Quoted(parts[1]), instead,
                          absl::StrJoin(names, ", "));
}

// The enum of a field. The name alone is enough, because no two enum fields of
// the file have the same name.
const EnumDescriptor* EnumOf(const std::string& field) {
  const FileDescriptor& file = *proto::Policy::descriptor()->file();
  for (int i = 0; i < file.message_type_count(); ++i) {
    const FieldDescriptor* found = file.message_type(i)->FindFieldByName(field);
    if (found != nullptr && found->enum_type() != nullptr) {
      return found->enum_type();
    }
  }
  return nullptr;
}

std::string UnknownEnum(const Parts& parts) {
  Parts values;
  if (const EnumDescriptor* type = EnumOf(parts[1])) {
    for (int i = 0; i < type->value_count(); ++i) {
      values.push_back(type->value(i)->name());
    }
  }
  const std::string_view nearest = Nearest(parts[0], values);
  if (!nearest.empty()) {
    return absl::Substitute("$0 has no value $1; write $2 (its values: $3)",
                            parts[1], Quoted(parts[0]), Absl(nearest),
                            absl::StrJoin(values, ", "));
  }
  return absl::Substitute("$0 has no value $1; write $2", parts[1],
                          Quoted(parts[0]), absl::StrJoin(values, " or "));
}

// A token as text for "found ...".
std::string Found(const std::string& token) {
  if (token.empty()) return "the end of the file";
  const bool sign = token.size() == 1 &&
                    absl::ascii_ispunct(static_cast<unsigned char>(token[0]));
  return sign ? absl::StrCat("'", token, "'") : token;
}

std::string NoString(const Parts& parts) {
  const std::string& found = parts[0];
  const bool word =
      !found.empty() && std::all_of(found.begin(), found.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' ||
               c == '_';
      });
  if (word) {
    return absl::Substitute(
        "expected text in double quotes, found $0; write \"$0\"", found);
  }
  return absl::StrCat("expected text in double quotes, found ", Found(found));
}

std::string NoField(const Parts& parts) {
  if (parts[0].empty()) {
    return "the file ends within a message; a '}' is missing";
  }
  if (parts[0] == "}") return "this '}' closes nothing; remove it";
  return absl::StrCat("expected a field's name, found ", Found(parts[0]),
                      parts[0] == "/" ? "; a comment begins with #" : "");
}

std::string NoPunctuation(const Parts& parts) {
  if (parts[1] == "-") return "a name has no '-' in it; write '_'";
  return absl::Substitute("expected '$0', found $1$2", parts[0],
                          Found(parts[1]),
                          parts[0] == ":"   ? "; write NAME: VALUE"
                          : parts[0] == "{" ? "; write NAME { FIELDS }"
                                            : "");
}

struct Rule {
  // The message of protobuf; each '*' matches any text.
  std::string_view pattern;
  // The translation, with $0 and $1 for the texts that the first and the last
  // star matched. Unused if `words` is given.
  std::string_view text;
  std::string (*words)(const Parts& parts) = nullptr;
  Reworded::Place place = Reworded::Place::kHere;
  bool one_field = false;
};

constexpr auto kHere = Reworded::Place::kHere;
constexpr auto kPreviousToken = Reworded::Place::kPreviousToken;

// The messages are those of the protobuf version that we build with. A message
// that matches no rule is shown unchanged, so a new version of protobuf costs
// only the plain words.
constexpr Rule kRules[] = {
    {R"(Message type "*" has no field named "*".)", "", UnknownField,
     kPreviousToken},
    {R"(Ignoring extension "*" which is not defined *)",
     R"(unknown field "[$0]"; a policy has no extensions)", nullptr,
     kPreviousToken},
    {R"(Unknown enumeration value of "*" for field "*".)", "", UnknownEnum,
     kPreviousToken, true},
    {R"(Non-repeated field "*" is specified multiple times.)",
     "$0 is given twice; keep one", nullptr, kPreviousToken, true},
    {R"(Field "*" is specified along with field "*", another member *)",
     "$0 and $1 exclude each other; write a check for each", nullptr,
     kPreviousToken, true},
    {R"(Invalid value for boolean field "*". Value: "*".)",
     "$0 is true or false, not $1", nullptr, kPreviousToken, true},
    {"Integer out of range (*)", "$0 is out of range here", nullptr, kHere,
     true},
    {"Expected integer or identifier, got: *",
     "expected a word without quotes, found $0", nullptr, kHere, true},
    {"Expected integer, got: *",
     "expected a whole number (0 or more), found $0", nullptr, kHere, true},
    {"Expected string, got: *", "", NoString, kHere, true},
    {"Expected identifier, got: *", "", NoField},
    {R"(Expected "*", found "*".)", "", NoPunctuation},
    {"Need space between number and identifier.",
     "letters after a number; a duration is written in double quotes, as in "
     "\"4s\"",
     nullptr, kPreviousToken, true},
    {"Unexpected end of string.", "this quote is not closed", nullptr,
     kPreviousToken},
    {"String literals cannot cross line boundaries.",
     "this quote is not closed on its line; text over several lines is quoted "
     "line by line",
     nullptr, kPreviousToken},
    {"Invalid escape sequence in string literal.",
     R"(unknown escape after '\'; a backslash is written \\)"},
    {"Expected hex digits for escape sequence.",
     R"(\x wants hexadecimal digits; a backslash is written \\)"},
    {"Interpreting non ascii codepoint *.",
     "not ASCII; outside of text in double quotes (\", not typographic ones) "
     "only ASCII is allowed"},
    {"Invalid control characters encountered in text.",
     "a control character; remove it"},
    {"Message is too deep, *", "nested too deeply for a policy"},
};

// The texts that the stars of `pattern` match in `text`; nullopt if it does not
// match. A star matches as little as possible. So the last star must end the
// pattern, or the text after it must end `text`.
std::optional<Parts> Match(std::string_view pattern, std::string_view text) {
  Parts parts;
  for (;;) {
    const size_t star = pattern.find('*');
    const std::string_view literal = pattern.substr(0, star);
    if (text.substr(0, literal.size()) != literal) return std::nullopt;
    text.remove_prefix(literal.size());
    if (star == pattern.npos) {
      return text.empty() ? std::optional(parts) : std::nullopt;
    }
    pattern.remove_prefix(star + 1);
    const std::string_view until = pattern.substr(0, pattern.find('*'));
    const bool last = until.size() == pattern.size();
    const size_t end = until.empty() ? text.size()
                       : last        ? text.rfind(until)
                                     : text.find(until);
    if (end == text.npos) return std::nullopt;
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

}  // namespace

std::string_view Nearest(std::string_view word, const Parts& names) {
  // Case and the kind of dash do not count.
  const std::string given = absl::AsciiStrToLower(Absl(word));
  std::string_view nearest;
  size_t least = std::max<size_t>(1, word.size() / 3) + 1;
  // The edit distance takes time proportional to both lengths, and no field has
  // a name this long.
  if (word.size() > 64) return nearest;
  for (const std::string& name : names) {
    const size_t distance = EditDistance(given, absl::AsciiStrToLower(name));
    if (distance >= least) continue;
    least = distance;
    nearest = name;
  }
  return nearest;
}

Reworded Reword(std::string_view message) {
  for (const Rule& rule : kRules) {
    const std::optional<Parts> parts = Match(rule.pattern, message);
    if (!parts.has_value()) continue;
    std::string text;
    if (rule.words != nullptr) {
      text = rule.words(*parts);
    } else if (parts->empty()) {
      text = std::string(rule.text);
    } else {
      text = absl::Substitute(Absl(rule.text), parts->front(), parts->back());
    }
    return {std::move(text), rule.place, rule.one_field};
  }
  return {std::string(message)};
}

}  // namespace mailverdict
