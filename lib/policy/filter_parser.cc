#include "lib/policy/filter_parser.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/cursor.h"

namespace mailverdict {
namespace {

// These limits are enough for any filter that a person writes. A larger filter
// is probably a mistake.
constexpr int kMaxDepth = 16;
constexpr size_t kMaxAlternatives = 32;

// The text between an attribute and '=' (RFC 4515 section 3). For an extensible
// match, anything between two colons is accepted.
bool IsOperator(std::string_view op) {
  if (op.empty() || op == ">" || op == "<" || op == "~") return true;
  return op.size() > 2 && op.front() == ':' && op.back() == ':' &&
         op.find(' ') == op.npos;
}

// Second names of attributes in lower case, each with its first name (RFC 4519,
// RFC 4524). A server sends the attribute under its first name.
constexpr std::pair<std::string_view, std::string_view> kSecondNames[] = {
    {"rfc822mailbox", "mail"}, {"userid", "uid"}, {"commonname", "cn"},
    {"domaincomponent", "dc"}, {"surname", "sn"},
};

absl::Status Wrong(size_t offset, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("filter, byte ", offset + 1, ": ",
                   absl::string_view(what.data(), what.size())));
}

absl::Status Wrong(const mail::Cursor& in, std::string_view what) {
  return Wrong(in.offset(), what);
}

// A recursive descent parser. kMaxDepth bounds its depth, because the filter
// comes from a file.
class Parser {
 public:
  using Assertion = FilterTemplate::Assertion;
  using Alternative = FilterAlternative;
  using Alternatives = std::vector<Alternative>;

  explicit Parser(std::string_view text) : in_(text) {}

  absl::StatusOr<Alternatives> ParseAll() {
    absl::StatusOr<Alternatives> all = ParseFilter(0);
    if (!all.ok()) return all;
    if (!in_.done()) {
      return Wrong(in_, "something follows the filter's last parenthesis");
    }
    if (!Varies(*all)) {
      return Wrong(
          0, "no placeholder; write the address into it, as in (mail=%a)");
    }
    return all;
  }

 private:
  // Whether the alternatives contain placeholders. Either all do or none does,
  // because ParseOr refuses a mixture.
  static bool Varies(const Alternatives& all) {
    return !all.front().assertions.empty();
  }

  static Alternatives Fixed(std::string_view filter) {
    return {{std::string(filter), std::string(filter), {}}};
  }

  absl::StatusOr<Alternatives> ParseFilter(int depth) {
    if (depth > kMaxDepth) return Wrong(in_, "nested too deeply");
    const size_t begin = in_.offset();
    if (!in_.Skip('(')) return Expected("'('");
    // An AND under a NOT is really an OR, and an inner NOT may hide an OR. Such
    // an OR would be a way to match that no control covers.
    if (nots_ > 0 && (in_.Peek() == '&' || in_.Peek() == '!')) {
      return Wrong(begin,
                   "an AND or a NOT under a NOT; write (|(!(a=b))(!(c=d))) for "
                   "(!(&(a=b)(c=d)))");
    }
    absl::StatusOr<Alternatives> result =
        in_.Skip('|')   ? ParseOr(begin, depth)
        : in_.Skip('&') ? ParseAnd(begin, depth)
        : in_.Skip('!') ? ParseNot(begin, depth)
                        : ParseItem(begin);
    if (!result.ok()) return result;
    if (!in_.Skip(')')) return Expected("')'");
    // Under a NOT, alternatives are not arms, so they become one fixed part
    // again.
    if (nots_ > 0 && !Varies(*result)) *result = Fixed(in_.Since(begin));
    if (result->size() > kMaxAlternatives) {
      return Wrong(begin, "more than 32 ways to match; write a simpler filter");
    }
    return result;
  }

  // libldap ignores blanks in some places. We refuse them all, so that filters
  // can be stored, logged and compared as text.
  absl::Status Expected(std::string_view what) const {
    const std::optional<char> next = in_.Peek();
    const bool blank = next == ' ' || next == '\t' || next == '\n';
    return Wrong(in_, absl::StrCat("expected ",
                                   absl::string_view(what.data(), what.size()),
                                   blank ? "; remove this blank" : ""));
  }

  absl::StatusOr<Alternatives> ParseOr(size_t begin, int depth) {
    Alternatives all;
    bool mixed = false;
    while (in_.Peek() == '(') {
      absl::StatusOr<Alternatives> child = ParseFilter(depth + 1);
      if (!child.ok()) return child;
      mixed |= !all.empty() && Varies(all) != Varies(*child);
      for (Alternative& a : *child) all.push_back(std::move(a));
    }
    if (all.empty()) return Expected("'(' (an empty OR matches nothing)");
    if (mixed) {
      return Wrong(begin,
                   "this OR holds for entries of any address; give each of its "
                   "parts a placeholder, or move the other part into an AND");
    }
    return all;
  }

  absl::StatusOr<Alternatives> ParseAnd(size_t begin, int depth) {
    Alternatives all = {{"(&", "", {}}};
    bool empty = true;
    while (in_.Peek() == '(') {
      absl::StatusOr<Alternatives> child = ParseFilter(depth + 1);
      if (!child.ok()) return child;
      empty = false;
      if (all.size() * child->size() > kMaxAlternatives) {
        return Wrong(begin,
                     "more than 32 ways to match; write a simpler filter");
      }
      all = Product(all, *child);
    }
    if (empty) return Expected("'(' (an empty AND matches everything)");
    for (Alternative& a : all) a.filter += ')';
    return all;
  }

  static Alternatives Product(const Alternatives& left,
                              const Alternatives& right) {
    Alternatives all;
    for (const Alternative& a : left) {
      for (const Alternative& b : right) {
        Alternative both = a;
        both.filter += b.filter;
        both.fixed += b.fixed;
        both.assertions.insert(both.assertions.end(), b.assertions.begin(),
                               b.assertions.end());
        all.push_back(std::move(both));
      }
    }
    return all;
  }

  // Reads a NOT. Its whole text becomes a fixed part, even if it contains ORs.
  absl::StatusOr<Alternatives> ParseNot(size_t begin, int depth) {
    ++nots_;
    absl::StatusOr<Alternatives> child = ParseFilter(depth + 1);
    --nots_;
    if (!child.ok()) return child;
    if (Varies(*child)) {
      return Wrong(begin,
                   "a placeholder under a NOT: an address would be proven by "
                   "what is missing; write the filter without it");
    }
    return Fixed(std::string(in_.Since(begin)) + ')');
  }

  // Reads attribute = value, or another comparison (>=, <=, ~=, :=), which must
  // not have a placeholder.
  absl::StatusOr<Alternatives> ParseItem(size_t begin) {
    const std::string_view attribute = in_.TakeWhile([](char c) {
      return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
             c == '.' || c == ';';
    });
    if (attribute.empty()) return Wrong(in_, "expected an attribute's name");
    const std::string_view op = in_.TakeWhile(
        [](char c) { return c != '=' && c != '(' && c != ')' && c != '%'; });
    if (!in_.Skip('=')) return Wrong(in_, "expected '=' and a value");
    if (!IsOperator(op)) {
      return Wrong(begin + 1 + attribute.size(),
                   "expected =, >=, <=, ~= or :RULE:= after the attribute");
    }
    bool varies = false;
    bool wild = false;
    absl::StatusOr<std::string> value = ParseValue(&varies, &wild);
    if (!value.ok()) return value.status();
    const std::string filter = std::string(in_.Since(begin)) + ')';
    if (!varies) return Fixed(filter);
    if (!op.empty() || wild) {
      return Wrong(
          begin,
          "a placeholder wants a plain equality such as (mail=%a): with "
          "'*' or another operator an entry cannot be told to belong to "
          "the address that was asked for");
    }
    Assertion assertion{std::string(attribute), *std::move(value)};
    absl::AsciiStrToLower(&assertion.attribute);
    absl::Status name = CheckName(begin + 1, attribute, assertion.attribute);
    if (!name.ok()) return name;
    return Alternatives{{filter, "", {std::move(assertion)}}};
  }

  // Checks that the attribute is written with the name under which the server
  // sends it. By that name an entry is attributed to an address.
  static absl::Status CheckName(size_t begin, std::string_view written,
                                const std::string& lower) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(lower[0])) ||
        lower.find('.') != lower.npos) {
      return Wrong(begin,
                   "entries come back with an attribute's name, not its "
                   "number; write the name, as in (mail=%a)");
    }
    const absl::string_view plain(written.data(),
                                  std::min(lower.find(';'), lower.size()));
    if (plain.size() < lower.size()) {
      return Wrong(
          begin + plain.size(),
          absl::StrCat("an attribute with a placeholder has no options; write ",
                       plain, ", which matches with any"));
    }
    for (const auto& [second, first] : kSecondNames) {
      if (lower != second) continue;
      const absl::string_view name(first.data(), first.size());
      return Wrong(
          begin,
          absl::StrCat("entries come back with \"", name, "\" for \"", plain,
                       "\", which is its second name; write ", name));
    }
    return absl::OkStatus();
  }

  // Reads a value up to ')'. Undoes the \xx escapes but keeps '*'.
  absl::StatusOr<std::string> ParseValue(bool* varies, bool* wild) {
    std::string value;
    while (in_.Peek().has_value() && in_.Peek() != ')') {
      const size_t at = in_.offset();
      const char c = *in_.Next();
      if (c == '(') return Wrong(at, "'(' in a value; write \\28");
      if (c == '*') *wild = true;
      if (c == '%') {
        const std::optional<char> letter = in_.Next();
        if (letter != 'a' && letter != 'u' && letter != 'd' && letter != '%') {
          return Wrong(at,
                       "unknown placeholder; there are %a (address), %u (local "
                       "part), %d (domain) and %% (a percent sign)");
        }
        *varies |= letter != '%';
        value += {'%', *letter};
      } else if (c == '\\') {
        const std::optional<char> byte = ParseHexPair();
        if (!byte.has_value()) {
          return Wrong(at, "'\\' wants two hexadecimal digits (RFC 4515)");
        }
        if (*byte == '%') value += '%';  // "%%", so that it is no placeholder
        value += *byte;
      } else {
        value += c;
      }
    }
    return value;
  }

  std::optional<char> ParseHexPair() {
    int byte = 0;
    for (int i = 0; i < 2; ++i) {
      const std::optional<char> c = in_.Next();
      if (!c.has_value() ||
          !absl::ascii_isxdigit(static_cast<unsigned char>(*c)))
        return std::nullopt;
      const int digit = absl::ascii_isdigit(static_cast<unsigned char>(*c))
                            ? *c - '0'
                            : absl::ascii_tolower(*c) - 'a' + 10;
      byte = byte * 16 + digit;
    }
    return static_cast<char>(byte);
  }

  mail::Cursor in_;
  int nots_ = 0;  // the number of NOTs around in_
};

}  // namespace

absl::StatusOr<std::vector<FilterAlternative>> ParseAlternatives(
    std::string_view text) {
  return Parser(text).ParseAll();
}

}  // namespace mailverdict
