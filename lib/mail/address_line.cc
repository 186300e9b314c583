#include "lib/mail/address_line.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "lib/mail/cursor.h"

namespace mailverdict::mail {
namespace {

using Divider = AddressLine::Divider;

constexpr char kOneName[] =
    "write one name on each line, or names divided by commas as the target of "
    "\"name: target\"";
constexpr char kAddressAlone[] =
    "write the address alone; where this is a target, \"name: target\", or the "
    "target without '<' and '>'";
constexpr char kAddressesOnly[] =
    "write a file that has one address on each line";

// Words that may precede an address: schemes of URIs and of Active Directory's
// proxyAddresses.
constexpr std::string_view kSchemes[] = {"esmtp", "mailto", "rfc822", "sip",
                                         "smtp",  "x400",   "x500",   "xmpp"};
// Words that may precede an address: attributes and header fields whose value
// is an address.
constexpr std::string_view kAddressLabels[] = {
    "address",
    "bcc",
    "cc",
    "e-mail",
    "email",
    "emailaddress",
    "from",
    "mail",
    "mailalternateaddress",
    "mailforwardingaddress",
    "maillocaladdress",
    "mailroutingaddress",
    "member",
    "othermailbox",
    "proxyaddresses",
    "recipient",
    "reply-to",
    "rfc822mailbox",
    "rfc822mailmember",
    "sender",
    "to",
    "userprincipalname",
};
// Words that may precede a name: attributes whose value is a name.
constexpr std::string_view kNameLabels[] = {
    "cn",       "displayname",    "givenname", "login", "memberuid", "name",
    "username", "samaccountname", "sn",        "uid",   "user"};

bool Is(std::string_view word, std::string_view other) {
  return absl::EqualsIgnoreCase({word.data(), word.size()},
                                {other.data(), other.size()});
}

template <size_t kCount>
bool IsOneOf(std::string_view word, const std::string_view (&words)[kCount]) {
  return std::any_of(std::begin(words), std::end(words),
                     [word](std::string_view each) { return Is(word, each); });
}

bool Has(std::string_view text, char c) { return text.find(c) != text.npos; }

bool StartsWith(std::string_view text, std::string_view begin) {
  return absl::StartsWithIgnoreCase({text.data(), text.size()},
                                    {begin.data(), begin.size()});
}

// Reads the key at the beginning of a line. It ends at white space or at a
// colon, unless these are in quotes or the colon is in the brackets of a
// literal.
std::optional<LineFault> TakeKey(Cursor& in, std::string_view* key) {
  const size_t begin = in.offset();
  size_t quote = 0;  // offset of the open quote
  bool quoted = false;
  bool bracketed = false;
  while (const std::optional<char> c = in.Peek()) {
    if (!quoted && (IsBlank(*c) || (*c == ':' && !bracketed))) break;
    if (*c == '"') {
      quoted = !quoted;
      quote = in.offset();
    } else if (quoted && *c == '\\') {
      in.Next();  // the next byte is literal, even a quote
    } else if (!quoted && (*c == '[' || *c == ']')) {
      bracketed = *c == '[';
    }
    in.Next();
  }
  *key = in.Since(begin);
  if (!quoted) return std::nullopt;
  return LineFault{quote, "this quote is never closed",
                   "write '\"' at the end of the name"};
}

// True if the words of the target are not names, because the target is a
// program, a file or a rule of the MTA: "|prog x", "\"|prog x\"", /file,
// :include:/x, error:nouser No such user.
bool IsOpaque(std::string_view target) {
  const char first = target[0];
  return first == '|' || first == '/' || first == ':' || first == '"' ||
         StartsWith(target, "error:");
}

// The target with blanks in place of all text in quotes and in parentheses. The
// length stays, so that offsets stay valid. An unclosed quote or parenthesis
// extends to the end.
std::string WithoutTexts(std::string_view target) {
  std::string rest(target);
  char end = '\0';
  for (char& c : rest) {
    const char was = c;
    if (end == '\0' && was == '"')
      end = '"';
    else if (end == '\0' && was == '(')
      end = ')';
    else if (end == '\0')
      continue;
    else if (was == end)
      end = '\0';
    c = ' ';
  }
  return rest;
}

struct Words {
  size_t most = 0;       // most words between two commas
  bool address = false;  // an element of several words has an '@'
};

Words CountWords(std::string_view target) {
  Words all;
  Cursor in(target);
  while (!in.done()) {
    const std::string_view element =
        in.TakeWhile([](char c) { return c != ','; });
    in.Skip(',');
    size_t words = 0;
    for (Cursor each(element); !each.done();) {
      each.TakeWhile(IsBlank);
      if (each.Peek() == '#') break;  // our lists may have comments
      if (!each.TakeWhile([](char c) { return !IsBlank(c); }).empty()) ++words;
    }
    all.most = std::max(all.most, words);
    all.address |= words > 1 && Has(element, '@');
  }
  return all;
}

bool IsBare(const AddressLine& entry) { return !Has(entry.key, '@'); }

// "example.org anything" is how Postfix declares a virtual domain.
bool LooksLikeDomain(std::string_view key) {
  const size_t dot = key.find('.');
  return dot != key.npos && dot > 0 && dot + 1 < key.size();
}

// Hidden names in a "name: target" line.
std::optional<LineFault> FindInColon(const AddressLine& entry) {
  const std::string_view target = entry.target;
  const bool encoded = !target.empty() && target[0] == ':';
  if (IsOneOf(entry.key, kSchemes) &&
      (Has(target, '@') || Is(entry.key, "mailto"))) {
    return LineFault{0, "this is the scheme of a URI, not a name",
                     "write the address alone"};
  }
  const bool ldif = (Is(entry.key, "dn") && (encoded || Has(target, '='))) ||
                    Is(entry.key, "objectclass") ||
                    (encoded && (IsOneOf(entry.key, kAddressLabels) ||
                                 IsOneOf(entry.key, kNameLabels)));
  if (!ldif) return std::nullopt;
  return LineFault{0, "this line is LDIF: its address follows the ':'",
                   kAddressesOnly};
}

// Hidden names in a "name target" line.
std::optional<LineFault> FindInBlank(const AddressLine& entry) {
  const std::string_view target = entry.target;
  if (Is(entry.key, "if") && (target[0] == '/' || target[0] == '!')) {
    return LineFault{0, "'if' of a table of regular expressions",
                     kAddressesOnly};
  }
  if (target[0] == ',' || target[0] == ';' || target[0] == '=') {
    return LineFault{entry.at, "this byte cannot follow a name", kOneName};
  }
  if (IsOpaque(target) && target[0] != '"') return std::nullopt;
  const std::string text = WithoutTexts(target);
  const size_t open = text.find('<');
  if (open != text.npos && text.find('@', open) != text.npos) {
    return LineFault{entry.at + open,
                     "an address in '<' and '>' follows another name, as after "
                     "a display name",
                     kAddressAlone};
  }
  if (IsOpaque(target)) return std::nullopt;
  const Words words = CountWords(text);
  if (words.most < 2) return std::nullopt;
  // The words after an address may be a comment on it, and the words after a
  // domain are Postfix's filler.
  const bool told = !IsBare(entry) || LooksLikeDomain(entry.key);
  if (told && !words.address) return std::nullopt;
  return LineFault{entry.at, "several words without commas follow the name",
                   kOneName};
}

}  // namespace

std::optional<LineFault> DivideLine(std::string_view line, AddressLine* entry) {
  Cursor in(line);
  *entry = AddressLine();
  if (std::optional<LineFault> fault = TakeKey(in, &entry->key)) return fault;
  const std::string_view gap = in.TakeWhile(IsBlank);
  const bool colon = in.Skip(':');
  if (entry->key.empty()) {
    return LineFault{0, "no name ahead of the ':' (:include: is a target only)",
                     kOneName};
  }
  in.TakeWhile(IsBlank);
  entry->at = in.offset();
  entry->target = in.rest();
  if (colon) {
    entry->divider = Divider::kColon;
  } else if (!in.done() && in.Peek() != '#') {
    entry->divider = Divider::kBlank;
    entry->one_space = gap == " ";
  }
  return std::nullopt;
}

std::optional<LineFault> FindHiddenNames(const AddressLine& entry) {
  switch (entry.divider) {
    case Divider::kColon:
      return FindInColon(entry);
    case Divider::kBlank:
      return FindInBlank(entry);
    case Divider::kNone:
      break;
  }
  if (Is(entry.key, "endif")) {
    return LineFault{0, "'endif' of a table of regular expressions",
                     kAddressesOnly};
  }
  if (entry.key.front() == '"' && entry.key.back() == '"' &&
      Has(entry.key, '@')) {
    return LineFault{0, "the quotes make a local part of the whole address",
                     "write the address without quotes"};
  }
  return std::nullopt;
}

bool LooksLikeLabel(const AddressLine& entry) {
  if (entry.divider != Divider::kColon) return false;
  return IsOneOf(entry.key, kNameLabels) ||
         (IsOneOf(entry.key, kAddressLabels) && Has(entry.target, '@'));
}

bool MayBeTwoNames(const AddressLine& entry) {
  if (entry.divider != Divider::kBlank || !entry.one_space || !IsBare(entry)) {
    return false;
  }
  if (IsOpaque(entry.target) || Has(entry.target, ',')) return false;
  return Has(entry.target, '@') || !LooksLikeDomain(entry.key);
}

}  // namespace mailverdict::mail
