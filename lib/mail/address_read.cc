// Parses the text of an address. address.cc writes one.

#include "absl/strings/ascii.h"
#include "lib/mail/address.h"
#include "lib/mail/bytes.h"
#include "lib/mail/cursor.h"
#include "lib/mail/domain.h"
#include "lib/mail/utf8.h"

namespace mailverdict::mail {
namespace {

static_assert(kMaxAddressBytes == 1024, "two messages here say so");

constexpr char kNoLocal[] = "here a local part is missing";

// Reads a Quoted-string of RFC 5321 4.1.2, with UTF-8 as in RFC 6531 3.3. A
// backslash makes the next ASCII character literal. REQUIRES: the cursor is at
// the opening quote.
std::optional<Fault> ReadQuoted(Cursor& in, std::string* local) {
  const size_t begin = in.offset();
  in.Skip('"');
  while (!in.Skip('"')) {
    const size_t at = in.offset();
    const bool escaped = in.Skip('\\');
    const std::optional<char> c = in.Next();
    if (!c.has_value()) return Fault{begin, "this quote is never closed"};
    if (!IsPrintable(*c)) return Fault{at, "this is a control character"};
    if (escaped && !IsAscii(*c)) {
      return Fault{at, "a backslash may stand ahead of ASCII only"};
    }
    local->push_back(absl::ascii_tolower(*c));
  }
  if (local->empty()) return Fault{begin, kNoLocal};
  return std::nullopt;
}

std::optional<Fault> ReadLocal(Cursor& in, std::string* local) {
  const size_t begin = in.offset();
  local->clear();
  if (in.Peek() == '"') {
    if (std::optional<Fault> fault = ReadQuoted(in, local)) return fault;
  } else {
    local->assign(in.TakeWhile([](char c) { return IsAtomByte(c); }));
    if (local->empty()) return Fault{begin, kNoLocal};
    for (char& c : *local) c = absl::ascii_tolower(c);
  }
  if (IsAscii(*local)) return std::nullopt;
  // Checks the original text, so that the place in the fault is right. This is
  // safe because quotes and backslashes are ASCII: removing them cannot make
  // good UTF-8 bad, or bad UTF-8 good.
  std::optional<Fault> bad = FindBadUtf8(in.Since(begin));
  if (bad.has_value()) bad->at += begin;
  return bad;
}

// Skips a source route (A-d-l of RFC 5321 4.1.2) such as "@a,@b:". It says
// nothing about the mailbox. Its domains must be valid, so that it cannot hide
// another text.
std::optional<Fault> SkipSourceRoute(Cursor& in) {
  std::string dropped;
  do {
    if (!in.Skip('@')) return Fault{in.offset(), "a source route wants an @"};
    if (std::optional<Fault> fault = ReadDomain(in, &dropped)) return fault;
  } while (in.Skip(','));
  if (!in.Skip(':')) return Fault{in.offset(), "here a source route wants a :"};
  return std::nullopt;
}

// Reads a Mailbox of RFC 5321 4.1.2, or a local part alone.
std::optional<Fault> ReadMailbox(Cursor& in, std::string* local,
                                 std::string* domain) {
  // A local part cannot begin with '@', so an '@' with a ':' after it can only
  // be a source route.
  const bool routed = in.Peek() == '@' && in.rest().find(':') != in.rest().npos;
  if (routed) {
    if (std::optional<Fault> fault = SkipSourceRoute(in)) return fault;
  }
  if (std::optional<Fault> fault = ReadLocal(in, local)) return fault;
  if (in.Skip('@')) return ReadDomain(in, domain);
  if (routed) return Fault{in.offset(), "here @ and a domain are missing"};
  domain->clear();
  return std::nullopt;
}

// Explains why parsing stopped at `in` although the address is not at its end.
const char* WhyStopped(const Cursor& in) {
  const char next = in.Peek().value_or('\0');
  if (in.done()) return "here the closing angle bracket is missing";
  if (!IsPrintable(next)) return "this is a control character";
  if (next == '>') return "this angle bracket was never opened";
  return "this byte cannot stand here, unless in a quoted local part";
}

// The canonical form can be longer than the input: dots at the ends need
// quotes, and U-labels become A-labels. If it were over the limit, ParseAddress
// could not read it again.
bool TooLong(const Address& address) {
  const size_t longest =  // every character escaped, two quotes, an '@'
      2 * address.local().size() + address.domain().size() + 3;
  return longest > kMaxAddressBytes &&
         address.ToString().size() > kMaxAddressBytes;
}

}  // namespace

std::optional<Fault> ReadAddress(std::string_view text, Address* address) {
  if (text.size() > kMaxAddressBytes) {
    return Fault{kMaxAddressBytes, "an address has at most 1024 octets"};
  }
  Cursor in(text);
  const bool bracketed = in.Skip('<');
  if (bracketed && in.rest() == ">") {
    *address = Address();
    return std::nullopt;
  }
  if (std::optional<Fault> fault =
          ReadMailbox(in, &address->local_, &address->domain_)) {
    return fault;
  }
  if (bracketed && !in.Skip('>')) return Fault{in.offset(), WhyStopped(in)};
  if (bracketed && !in.done()) {
    return Fault{in.offset(), "nothing may follow the closing angle bracket"};
  }
  if (!in.done()) return Fault{in.offset(), WhyStopped(in)};
  if (TooLong(*address)) {
    return Fault{0, "in its canonical form this has over 1024 octets"};
  }
  return std::nullopt;
}

absl::StatusOr<Address> ParseAddress(std::string_view text) {
  Address address;
  if (std::optional<Fault> fault = ReadAddress(text, &address)) {
    return ToStatus(*fault);
  }
  return address;
}

}  // namespace mailverdict::mail
