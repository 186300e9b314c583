// Reads the bytes of a DNS answer: RFC 1035, with libc's ns_initparse and
// ns_parserr. Pure and thread-safe.

#ifndef MAILVERDICT_LIB_DNS_MESSAGE_H_
#define MAILVERDICT_LIB_DNS_MESSAGE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/answer.h"
#include "lib/core/lookup.h"

namespace mailverdict {

// The most records of an answer. Names that mail asks for have far fewer; RFC
// 1035 allows over five thousand in a message.
inline constexpr size_t kMaxDnsRecords = 1000;
// The longest chain of aliases. RFC 1034 3.6.2 discourages chains; Unbound
// follows 11, BIND 16.
inline constexpr size_t kMaxDnsAliases = 16;

// Whether EDNS (RFC 6891) may be the cause of a failure.
enum class EdnsDoubt {
  kNone,     // nothing
  kPerhaps,  // silence, SERVFAIL, REFUSED: about EDNS, or about the name
  // FORMERR, NOTIMP, BADVERS, or an answer that is malformed, such as one with
  // the OPT record among its answers.
  kRefused,
};

// The meaning of a message for one lookup.
struct DnsMessage {
  enum class Outcome {
    kValues,       // at the name, or at the end of its aliases
    kNoName,       // NXDOMAIN
    kNoData,       // RFC 2308 2.2
    kCouldNotAsk,  // everything else: it says nothing about the name
  };

  Outcome outcome = Outcome::kCouldNotAsk;
  // kCouldNotAsk: why, for people: "it answers SERVFAIL", "malformed: ...".
  std::string reason;
  // It was cut (TC), and is whole over TCP. Then the outcome is kCouldNotAsk.
  bool truncated = false;
  // kCouldNotAsk: whether asking without EDNS may help.
  EdnsDoubt edns = EdnsDoubt::kNone;
  // kValues, never empty; written as lookup.h says, in the message's order.
  std::vector<std::string> values;
  // How long the answer may be believed, and the zone it comes from.
  DnsSource source;
};

// `bytes` are untrusted. The outcome is kCouldNotAsk for a message that does
// not answer `asked`, has an rcode other than NOERROR and NXDOMAIN, is
// malformed in a part that is read, contradicts itself, exceeds the bounds
// above, ends at an alias, or refers to other servers.
DnsMessage ReadDnsMessage(std::string_view bytes, const DnsLookup& asked);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_MESSAGE_H_
