// Parses the bytes of a DNS answer (RFC 1035), with ns_initparse and ns_parserr
// of libc. Pure and thread-safe.

#ifndef MAILVERDICT_LIB_DNS_MESSAGE_H_
#define MAILVERDICT_LIB_DNS_MESSAGE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/answer.h"
#include "lib/core/lookup.h"

namespace mailverdict {

// The most records of an answer. The names that mail asks for have far fewer.
// Without a limit, RFC 1035 allows over five thousand in a message.
inline constexpr size_t kMaxDnsRecords = 1000;
// The longest chain of aliases. RFC 1034 3.6.2 discourages chains; Unbound
// follows 11, BIND 16.
inline constexpr size_t kMaxDnsAliases = 16;

// Whether EDNS (RFC 6891) may be the cause of a failure.
enum class EdnsDoubt {
  kNone,     // no
  kPerhaps,  // silence, SERVFAIL, REFUSED: because of EDNS, or of the name
  // Yes: FORMERR, NOTIMP, BADVERS, or a malformed answer, such as one with the
  // OPT record in the answer section.
  kRefused,
};

// The meaning of a message for one lookup.
struct DnsMessage {
  enum class Outcome {
    kValues,       // the name, or the end of its aliases, has values
    kNoName,       // NXDOMAIN
    kNoData,       // RFC 2308 2.2
    kCouldNotAsk,  // anything else: the message says nothing about the name
  };

  Outcome outcome = Outcome::kCouldNotAsk;
  // Of kCouldNotAsk: the reason, for people, such as "it answers SERVFAIL" or
  // "malformed: ...".
  std::string reason;
  // The message was truncated (TC), so the question has to be asked over TCP.
  // The outcome is then kCouldNotAsk.
  bool truncated = false;
  // Of kCouldNotAsk: whether it may help to ask without EDNS.
  EdnsDoubt edns = EdnsDoubt::kNone;
  // Of kValues: never empty; written as lookup.h says, in the order of the
  // message.
  std::vector<std::string> values;
  // How long the answer may be believed, and the zone it comes from.
  DnsSource source;
};

// Parses `bytes`, which are untrusted. The outcome is kCouldNotAsk for a
// message that does not answer `asked`, has an rcode other than NOERROR and
// NXDOMAIN, is malformed in a part that is read, contradicts itself, exceeds
// the limits above, ends at an alias, or refers to other servers.
DnsMessage ReadDnsMessage(std::string_view bytes, const DnsLookup& asked);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_MESSAGE_H_
