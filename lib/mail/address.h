// Mail addresses as an MTA hands them over: RFC 5321 4.1.2 (Path, Mailbox),
// with UTF-8 as RFC 6531 allows it.
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

// A path of RFC 5321 4.5.3.1.3 has 256 octets. Real ones (VERP, SRS, rewritten
// bounces) are longer now and then; sendmail cuts a map key at 1024. Holds for
// what is read and for its canonical form.
inline constexpr size_t kMaxAddressBytes = 1024;

// An address and what it is without its tags; one of more has forms left out.
inline constexpr size_t kMaxTagForms = 8;

// Each form with and without quotes, in A-labels and in U-labels.
inline constexpr size_t kMaxSpellings = 4 * kMaxTagForms;

// One address in its canonical form. A value.
//
// Two spellings of one mailbox are one Address: the domain is in lower case and
// in A-labels (RFC 5890), without a trailing dot; the local part has no quotes
// or backslashes, and its ASCII letters are in lower case (no directory in use
// tells mailboxes apart by case). Its other characters stay as they came, case
// and normalization too: only the host of the mailbox may say which of them are
// equal (RFC 6531 3.3, RFC 5321 2.3.11). A source route (RFC 5321 F.2) is
// dropped.
class Address {
 public:
  // The null path <>, the sender of bounces. Both parts are empty.
  Address() = default;

  bool null() const { return local_.empty() && domain_.empty(); }
  // The mailbox name, unquoted: may hold any printable character or UTF-8.
  // Empty only for the null path.
  const std::string& local() const { return local_; }
  // "example.org", "xn--bcher-kva.example", "[192.0.2.1]",
  // "[ipv6:2001:db8::1]", or "" for a bare local part such as <postmaster> (RFC
  // 5321 4.5.1).
  const std::string& domain() const { return domain_; }
  bool literal() const { return !domain_.empty() && domain_[0] == '['; }

  // The local part ahead of the first character of `delimiters` (ASCII; others
  // are ignored) that is not its first: "user" of "user+tag" for "+". All of it
  // when there is none.
  std::string_view LocalWithoutTag(std::string_view delimiters) const;
  // The address of that local part in the same domain.
  Address WithoutTag(std::string_view delimiters) const;
  // The address of `local`, a part of local() that is not empty and cuts no
  // UTF-8 character, in the same domain.
  Address WithLocal(std::string_view local) const;

  // The address of the same local part at `domain`, a canonical one.
  Address InDomain(std::string domain) const;

  // This address, and then what it is when a tag begins at a delimiter, at each
  // of them from the right: for "+-" mary-ann+news, mary-ann, mary. An MTA may
  // cut at one of them only, but a mailbox that any of them names is there. At
  // most kMaxTagForms; `complete`, unless null, says whether that is all.
  std::vector<Address> TagForms(std::string_view delimiters,
                                bool* complete = nullptr) const;

  // Every way in which a directory may have written this mailbox, the canonical
  // one (ToString) first, none twice: each of TagForms; where the local part
  // needs quotes, with them and without; the domain in A-labels and in
  // U-labels. At most kMaxSpellings; each "local@domain", to be divided at the
  // last '@', or "local" where there is no domain. None for the null path.
  //
  // Unquoted spellings are for comparing, not for ParseAddress: directories
  // hold "john doe@example.org" although RFC 5321 wants quotes, and to miss it
  // would prove an absence that is none (Postfix asks its tables in both forms,
  // too). A local part that would then read as another mailbox, such as one
  // with a quotation mark in it, has no unquoted spelling.
  std::vector<std::string> Spellings(std::string_view tag_delimiters) const;

  // "local@domain" or "local", quoted where RFC 5321 wants it; "<>" for the
  // null path. Parses back to an equal Address.
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

// Reads one address, with or without angle brackets, and nothing after it.
//
// Accepted beyond the RFC, because such mailboxes exist: dots at the ends of a
// local part and in a row (docomo.ne.jp), underscores and hyphens anywhere in a
// label, local parts over 64 octets. Whatever else is no address (the empty
// text, control characters, an empty local part, unbalanced quotes or brackets,
// bad UTF-8, labels that are empty or over 63 octets, U-labels that IDNA2008
// does not allow, bad literals, more than kMaxAddressBytes) is an
// InvalidArgument error that names what is wrong and at which byte, counted
// from 0. The error's text never repeats the input: it may go into a log or a
// reply.
absl::StatusOr<Address> ParseAddress(std::string_view text);

// The same for parsers of larger texts, which name places in their own way.
// On a fault `address` is left unspecified.
std::optional<Fault> ReadAddress(std::string_view text, Address* address);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_ADDRESS_H_
