// A mail address, and the parser for the text of an address as an MTA passes it
// on: RFC 5321 4.1.2 (Path, Mailbox), with UTF-8 as RFC 6531 allows it.
//
//   absl::StatusOr<mail::Address> a =
//       mail::ParseAddress("<\"J.Doe\"@Example.ORG>");
//   a->local();     // j.doe
//   a->domain();    // example.org
//   a->ToString();  // j.doe@example.org
//
// Pure: no I/O, no state. Thread-safe.

#ifndef MAILVERDICT_LIB_MAIL_ADDRESS_H_
#define MAILVERDICT_LIB_MAIL_ADDRESS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/mail/fault.h"

namespace mailverdict::mail {

// The longest address that is accepted. The limit holds for the text that is
// read and for its canonical form. RFC 5321 4.5.3.1.3 allows a path 256 octets,
// but real paths (VERP, SRS, rewritten bounces) are sometimes longer. sendmail
// cuts a map key at 1024.
inline constexpr size_t kMaxAddressBytes = 1024;

// The most forms of one address that TagForms returns: the address itself, and
// the address with one or more tags cut off. An address with more tags gets
// only some of its forms.
inline constexpr size_t kMaxTagForms = 8;

// The most spellings of one address: each tag form with and without quotes,
// each of these in A-labels and in U-labels.
inline constexpr size_t kMaxSpellings = 4 * kMaxTagForms;

// One address in its canonical form. A value.
//
// Two spellings of one mailbox give equal Addresses. The domain is in lower
// case and in A-labels (RFC 5890), without a trailing dot. The local part has
// no quotes and no backslashes. Its ASCII letters are in lower case, because no
// directory in use distinguishes mailboxes by case. Its other characters keep
// their case and their normalization: only the host of the mailbox can say
// which of them are equal (RFC 6531 3.3, RFC 5321 2.3.11). A source route (RFC
// 5321 F.2) is dropped.
class Address {
 public:
  // Makes the null path <>, which is the sender of bounces. Both parts are
  // empty.
  Address() = default;

  bool null() const { return local_.empty() && domain_.empty(); }
  // The name of the mailbox, without quotes. It can contain any printable ASCII
  // character and UTF-8. Empty only for the null path.
  const std::string& local() const { return local_; }
  // "example.org", "xn--bcher-kva.example", "[192.0.2.1]" or
  // "[ipv6:2001:db8::1]". Empty if the address is only a local part, such as
  // <postmaster> (RFC 5321 4.5.1).
  const std::string& domain() const { return domain_; }
  // True if the domain is an address literal such as "[192.0.2.1]".
  bool literal() const { return !domain_.empty() && domain_[0] == '['; }

  // The local part before its first delimiter: "user" of "user+tag" for "+".
  // Returns the whole local part if it has no delimiter. A delimiter in the
  // first position does not count. `delimiters` are ASCII characters; other
  // bytes in it are ignored.
  std::string_view LocalWithoutTag(std::string_view delimiters) const;
  // This address with LocalWithoutTag() as its local part.
  Address WithoutTag(std::string_view delimiters) const;
  // This address with `local` as its local part. REQUIRES: `local` is a part of
  // local(), is not empty, and does not begin or end within a UTF-8 character.
  Address WithLocal(std::string_view local) const;

  // The address with this local part at `domain`. REQUIRES: `domain` is
  // canonical.
  Address InDomain(std::string domain) const;

  // This address first, then this address cut before each of its delimiters,
  // from the right: mary-ann+news, mary-ann, mary for "+-". An MTA cuts at one
  // delimiter only, and we do not know at which. So a mailbox that any form
  // names counts as present. Returns at most kMaxTagForms forms. Sets
  // `complete` (unless it is nullptr) to whether these are all forms.
  std::vector<Address> TagForms(std::string_view delimiters,
                                bool* complete = nullptr) const;

  // All spellings in which a directory may store this mailbox. The canonical
  // spelling (ToString) is first, and no spelling is repeated. The spellings
  // are each of TagForms, with and without quotes where the local part needs
  // quotes, and with the domain in A-labels and in U-labels. Returns at most
  // kMaxSpellings. Each is "local@domain" (split it at the last '@'), or
  // "local" if there is no domain. Empty for the null path.
  //
  // Use a spelling without quotes for comparisons only, never as input of
  // ParseAddress. Directories store "john doe@example.org", although RFC 5321
  // requires quotes. If we did not ask for that spelling, we would prove an
  // absence that is false. (Postfix also looks up both forms in its tables.) A
  // local part gets no unquoted spelling if that would name another mailbox,
  // for example if it contains a quotation mark.
  std::vector<std::string> Spellings(std::string_view tag_delimiters) const;

  // "local@domain" or "local", with quotes where RFC 5321 requires them; "<>"
  // for the null path. ParseAddress reads the result as an equal Address.
  std::string ToString() const;

  friend bool operator==(const Address& a, const Address& b) {
    return a.local_ == b.local_ && a.domain_ == b.domain_;
  }
  friend bool operator!=(const Address& a, const Address& b) {
    return !(a == b);
  }
  template <typename H>
  friend H AbslHashValue(H h, const Address& a) {
    return H::combine(std::move(h), a.local_, a.domain_);
  }

 private:
  friend std::optional<Fault> ReadAddress(std::string_view, Address*);
  std::string local_;
  std::string domain_;
};

// Parses one address, with or without angle brackets. Nothing may follow it.
//
// Three things are accepted that the RFC does not allow, because such mailboxes
// exist: dots at the ends of a local part or next to each other (docomo.ne.jp),
// underscores and hyphens anywhere in a label, and local parts over 64 octets.
// Anything else that is not an address is an InvalidArgument error: the empty
// text, control characters, an empty local part, unbalanced quotes or brackets,
// bad UTF-8, empty labels, labels over 63 octets, U-labels that IDNA2008 does
// not allow, bad literals, and more than kMaxAddressBytes. The error says what
// is wrong and at which byte, counted from 0. Its text never repeats the input,
// so it may go into a log or a reply.
absl::StatusOr<Address> ParseAddress(std::string_view text);

// Like ParseAddress, for parsers of larger texts that report places in their
// own way. After a fault the value of `address` is unspecified.
std::optional<Fault> ReadAddress(std::string_view text, Address* address);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_ADDRESS_H_
