#include "lib/mail/listed_name.h"

#include <unictype.h>
#include <unistr.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "lib/mail/bytes.h"
#include "lib/mail/cursor.h"
#include "lib/mail/domain.h"

namespace mailverdict::mail {
namespace {

constexpr char kNotWrittenHere[] =
    "this stands for names that are not written here";
constexpr char kStarPlace[] =
    "'*' may stand only once, at the begin or at the end of a local part";
constexpr char kRegularExpression[] =
    "this looks like a regular expression, which is not supported";
constexpr char kPrograms[] =
    "this character belongs to a pattern or a program; a name with it needs "
    "double quotes";
constexpr char kLookalike[] =
    "this character only looks like a space, a quote or ASCII punctuation";

static_assert(kMinPatternBytes == 2 && kMaxPatternBytes == 64,
              "two messages here say so");

// Words before an '=' in a distinguished name, a query or a setting. The name
// is then the text after the '='.
constexpr std::string_view kLabels[] = {"address", "cn",   "email", "mail",
                                        "mailto",  "rcpt", "uid",   "user"};

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
}

// True for typographic quotes, dashes and bullets, and for full-width ASCII
// punctuation: characters that word processors and input methods insert.
bool LooksLikeAscii(uint32_t c) {
  return (c >= 0x2010 && c <= 0x2015) || (c >= 0x2018 && c <= 0x2022) ||
         c == 0xAB || c == 0xBB || c == 0x2039 || c == 0x203A ||
         (c >= 0xFF01 && c <= 0xFF0F) || (c >= 0xFF1A && c <= 0xFF20) ||
         (c >= 0xFF3B && c <= 0xFF40) || (c >= 0xFF5B && c <= 0xFF5E);
}

// True if the character hides where a name ends, or looks like another
// character.
bool Hides(uint32_t c) {
  // The two joiners belong to Persian and Indic names.
  if (c == 0x200C || c == 0x200D) return false;
  return LooksLikeAscii(c) || uc_is_general_category_withtable(
                                  c, UC_CATEGORY_MASK_Z | UC_CATEGORY_MASK_Cf);
}

// Finds the first such character. REQUIRES: `text` is good UTF-8.
std::optional<Fault> FindLookalike(std::string_view text) {
  if (IsAscii(text)) return std::nullopt;
  for (size_t at = 0; at < text.size();) {
    ucs4_t c = 0;
    const int bytes =
        u8_mbtouc(&c, reinterpret_cast<const uint8_t*>(text.data()) + at,
                  text.size() - at);
    if (Hides(c)) return Fault{at, kLookalike};
    at += static_cast<size_t>(bytes);
  }
  return std::nullopt;
}

// Finds ".*" anywhere and ".+" at either end. In a regular expression both
// stand for any text.
std::optional<Fault> FindAnyTimes(std::string_view local) {
  const size_t star = local.find(".*");
  if (star != local.npos) return Fault{star, kRegularExpression};
  if (local.size() < 2) return std::nullopt;
  if (local.substr(0, 2) == ".+") return Fault{0, kRegularExpression};
  const size_t last = local.size() - 2;
  if (local.substr(last) == ".+") return Fault{last, kRegularExpression};
  return std::nullopt;
}

// Finds punctuation that other file formats put at the beginning or the end of
// a name.
std::optional<Fault> FindOddEnd(std::string_view local, bool bare) {
  const char first = local.front();
  const char last = local.back();
  if (first == '!' || first == '%' || first == '$') return Fault{0, kPrograms};
  if (last == '%' || last == '$' ||
      (first == '\'' && last == '\'' && local.size() > 1)) {
    return Fault{local.size() - 1, kPrograms};
  }
  const bool nothing = std::none_of(local.begin(), local.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || !IsAscii(c) ||
           c == '*' || c == '+';
  });
  if (bare && nothing) return Fault{0, kPrograms};  // the bullet of a list item
  return std::nullopt;
}

// Finds syntax of another format in the unquoted `local`, which would hide a
// name if it were taken literally. `bare`: the entry has no domain.
std::optional<Fault> FindDisguise(std::string_view local, bool bare) {
  // A '/' begins a regular expression. Postfix writes ".example.org" for all
  // subdomains.
  if (bare && (local[0] == '/' || local[0] == '.')) {
    return Fault{0, kNotWrittenHere};
  }
  // Braces are not refused: some Exchange accounts have them. With a domain,
  // '#' is not refused either: Azure puts it into the names of guests.
  const size_t odd = local.find_first_of(bare ? "?^|`#" : "?^|`");
  if (odd != local.npos) return Fault{odd, kPrograms};
  if (std::optional<Fault> fault = FindOddEnd(local, bare)) return fault;
  if (std::optional<Fault> fault = FindAnyTimes(local)) return fault;
  const size_t equals = local.find('=');
  const std::string label =
      absl::AsciiStrToLower({local.data(), std::min(equals, local.size())});
  if (equals != local.npos && std::find(std::begin(kLabels), std::end(kLabels),
                                        label) != std::end(kLabels)) {
    return Fault{equals,
                 "the word before this '=' is a label, not a part of a name"};
  }
  if (local.size() > 1 && local.back() == '.' &&
      AllDigits(local.substr(0, local.size() - 1))) {
    return Fault{local.size() - 1, "this looks like the number of a list item"};
  }
  return FindLookalike(local);
}

// The local part as written, without '<'; empty if it is in quotes. `begin` is
// its offset in `text`.
std::string_view Unquoted(std::string_view text, bool bare, size_t* begin) {
  Cursor in(text);
  in.Skip('<');
  *begin = in.offset();
  if (in.Peek() == '"') return {};
  size_t end = bare ? text.size() : text.rfind('@');
  if (bare && text.back() == '>') --end;
  return text.substr(*begin, end - *begin);
}

// Removes a wild tag: "user" of "user+*" and "user++".
std::string_view WithoutWildTag(std::string_view local) {
  const std::string_view end =
      local.size() > 2 ? local.substr(local.size() - 2) : std::string_view();
  if (end == "+*" || end == "++") local.remove_suffix(2);
  return local;
}

// Adds the names of an entry that has no wild tag.
std::optional<Fault> AddName(const Address& address, ListedName* name) {
  const std::string_view local = address.local();
  const bool bare = address.domain().empty();
  const bool everybody = local == "*" || local == "+*" || local == "++";
  if (bare && (everybody || local == "+")) {  // a lone '+' includes a NIS map
    return Fault{0, kNotWrittenHere};
  }
  if (everybody) {
    name->catch_all_domain = address.domain();
    return std::nullopt;
  }
  const size_t star = local.find('*');
  if (star == local.npos) {
    name->addresses.push_back(address);
    return std::nullopt;
  }
  const bool suffix = star == 0;
  if ((!suffix && star + 1 != local.size()) ||
      local.find('*', star + 1) != local.npos) {
    return Fault{star, kStarPlace};
  }
  const std::string_view text =
      suffix ? local.substr(1) : local.substr(0, star);
  if (bare && suffix && text.find('.') != text.npos) {
    return Fault{star, "this is a domain with a wildcard, not a local part"};
  }
  if (text.size() < kMinPatternBytes) {
    return Fault{star, "a pattern needs at least 2 bytes beside the '*'"};
  }
  if (text.size() > kMaxPatternBytes) {
    return Fault{star, "a pattern has at most 64 bytes beside the '*'"};
  }
  name->patterns.push_back(
      {suffix ? NamePattern::Kind::kSuffix : NamePattern::Kind::kPrefix,
       std::string(text), address.domain()});
  return std::nullopt;
}

// Adds the names of an entry without quotes, which may have the wild tag "+*"
// or "++".
std::optional<Fault> AddUnquoted(const Address& address, ListedName* name) {
  const bool bare = address.domain().empty();
  const Address user = address.WithoutTag("+");
  const std::string_view tag =
      std::string_view(address.local()).substr(user.local().size());
  if (tag != "+*" && (tag != "++" || bare)) return AddName(address, name);
  if (tag == "++") name->addresses.push_back(address);
  if (std::optional<Fault> fault = AddName(user, name)) return fault;
  // The policy says whether the realm has tags, and after which character. The
  // entry is valid whatever the policy says.
  if (name->catch_all_domain.empty() && name->patterns.empty()) {
    name->patterns.push_back(
        {NamePattern::Kind::kPrefix, user.local() + "+", user.domain()});
  }
  return std::nullopt;
}

// Reads "@domain".
std::optional<Fault> ReadAllOf(std::string_view text, ListedName* name) {
  Cursor in(text);
  in.Skip('@');
  if (std::optional<Fault> fault = ReadDomain(in, &name->catch_all_domain))
    return fault;
  if (in.done()) return std::nullopt;
  return Fault{in.offset(), "this byte cannot stand in a domain"};
}

}  // namespace

std::optional<Fault> ReadListedName(std::string_view text, ListedName* name) {
  *name = ListedName();
  if (!text.empty() && text[0] == '@') return ReadAllOf(text, name);
  Address address;
  if (std::optional<Fault> fault = ReadAddress(text, &address)) return fault;
  if (address.null()) return Fault{0, "<> is no mailbox"};
  const bool bare = address.domain().empty();
  size_t begin = 0;
  const std::string_view local = Unquoted(text, bare, &begin);
  if (local.empty()) {
    name->addresses.push_back(address);
    return std::nullopt;
  }
  std::optional<Fault> fault = FindDisguise(WithoutWildTag(local), bare);
  if (!fault.has_value()) fault = AddUnquoted(address, name);
  if (fault.has_value()) fault->at += begin;
  return fault;
}

}  // namespace mailverdict::mail
