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

// More than a name that mail asks for has of anything. RFC 1035 sets no bound
// but the message's: over five thousand.
inline constexpr size_t kMaxDnsRecords = 1000;
// Aliases of aliases. RFC 1034 3.6.2 wants none; Unbound follows 11, BIND 16.
inline constexpr size_t kMaxDnsAliases = 16;

// What a failure may mean, if the question had EDNS (RFC 6891).
enum class EdnsDoubt {
  kNone,     // nothing
  kPerhaps,  // silence, SERVFAIL, REFUSED: about EDNS, or about the name
  // FORMERR, NOTIMP, BADVERS, or an answer that is malformed, such as one with
  // the OPT record among its answers.
  kRefused,
};

// What a message says about one lookup.
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
  // kCouldNotAsk: whether it may be otherwise without EDNS.
  EdnsDoubt edns = EdnsDoubt::kNone;
  // kValues, never empty; written as lookup.h says, in the message's order.
  std::vector<std::string> values;
  // How long that may be believed, and where it comes from.
  DnsSource source;
};

// `bytes` come from anyone. kCouldNotAsk for what is no answer to `asked`, has
// an rcode other than NOERROR and NXDOMAIN, is malformed wherever it is looked
// at, contradicts itself, goes over the bounds above, has an alias and leaves
// it there, or refers to other servers.
DnsMessage ReadDnsMessage(std::string_view bytes, const DnsLookup& asked);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_MESSAGE_H_
