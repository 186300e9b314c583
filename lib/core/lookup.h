// A Lookup is one question for a service: a directory, DNS or the history. A
// value: comparable, hashable, printable. It says what to ask, not how.

#ifndef MAILVERDICT_LIB_CORE_LOOKUP_H_
#define MAILVERDICT_LIB_CORE_LOOKUP_H_

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mailverdict {

// Does `directory` (a name of the Policy) have this mailbox?
struct MailboxLookup {
  std::string directory;
  // The ways in which the directory may spell it (mail::Address::Spellings).
  // They are asked for together. Never empty; the canonical spelling is the
  // first.
  std::vector<std::string> spellings;
  // One alternative ("arm") of the directory's filter. If it is set, only this
  // arm is searched; if it is empty, all arms are. Controls name an arm: an
  // entry that is found through an arm proves that the arm works.
  std::string arm;

  const std::string& address() const { return spellings.front(); }

  friend bool operator==(const MailboxLookup& a, const MailboxLookup& b) {
    return a.spellings == b.spellings && a.directory == b.directory &&
           a.arm == b.arm;
  }
  template <typename H>
  friend H AbslHashValue(H h, const MailboxLookup& lookup) {
    return H::combine(std::move(h), lookup.directory, lookup.spellings,
                      lookup.arm);
  }
};

// A question to the history. `kind` says which kind of thing it is about, `key`
// which one.
struct HistoryLookup {
  enum class Kind {
    // When was this mailbox last present, and has it vanished since? The key is
    // "directory:address", folded (mail::FoldUtf8); Present carries the values
    // of MailboxSeen (mailbox_seen.h).
    kMailboxSeen,
    // For each address that vanished from this directory and is still missing:
    // when did it vanish? The key is the directory's name; Present carries the
    // values of Vanished (vanished.h), Absent means that no address is missing.
    kVanished,
    // Since when has this domain been missing, and how many messages found it
    // missing? The key is the domain; Present carries the values of
    // MissingDomain (missing_domain.h), Absent means that it was never found
    // missing, or has been found to exist since.
    kMissingDomain,
  };

  Kind kind = Kind::kMailboxSeen;
  std::string key;

  friend bool operator==(const HistoryLookup& a, const HistoryLookup& b) {
    return a.kind == b.kind && a.key == b.key;
  }
  template <typename H>
  friend H AbslHashValue(H h, const HistoryLookup& lookup) {
    return H::combine(std::move(h), lookup.kind, lookup.key);
  }
};

// The types of DNS records that can be looked up, with their numbers on the
// wire (RFC 1035 3.2.2, RFC 3596 2.1).
enum class DnsType : uint16_t {
  kA = 1,
  kPtr = 12,
  kMx = 15,
  kTxt = 16,
  kAaaa = 28,
};

// Which records of `type` does DNS have at `name`? Present carries them as
// text:
//   A, AAAA   the address: "192.0.2.1", "2001:db8::1"
//   MX        preference and host: "10 mx.example.org"; a null MX is "0 ."
//   PTR       the host
//   TXT       the strings of one record, joined; they may have any bytes
// Names are in lower case and without the dot at the end. Bytes that cannot be
// in a host name are escaped as in a zone file (RFC 1035 5.1).
struct DnsLookup {
  // Canonical (mail::CanonicalDomain) and no address literal. No search domain
  // is ever appended to it.
  std::string name;
  DnsType type = DnsType::kA;
  // Asks for an answer that can be a proof: the server is asked anew and then
  // for the controls (dns_vouch.h). Only proven answers are cached, for a short
  // time. This costs round trips, so a check asks without controls first.
  bool with_controls = false;

  friend bool operator==(const DnsLookup& a, const DnsLookup& b) {
    return a.name == b.name && a.type == b.type &&
           a.with_controls == b.with_controls;
  }
  template <typename H>
  friend H AbslHashValue(H h, const DnsLookup& lookup) {
    return H::combine(std::move(h), lookup.name, lookup.type,
                      lookup.with_controls);
  }
};

using Lookup = std::variant<MailboxLookup, HistoryLookup, DnsLookup>;

// "mailbox people:joe@example.org", "history people:joe@example.org", "vanished
// from people", "missing domain example.org", "dns example.org MX", "dns
// example.org MX with controls".
std::string ToString(const Lookup& lookup);

// "MX".
std::string ToString(DnsType type);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_LOOKUP_H_
