// Whether a DNS server is asked with EDNS (RFC 6891).
//
// EDNS makes room for answers of over 512 bytes in a datagram. Some servers,
// and some boxes before them, cannot take it: they drop the question, call it
// malformed or put the OPT record in a wrong section. RFC 6891 6.2.2 lets such
// a server be asked again without. An answer over 512 bytes then comes by TCP.
//
// A lost packet looks like a dropped one. So silence counts only when it comes
// again and again, and everything learned here is forgotten after a while.
// (Unbound remembers for 15 minutes, and probes as well.)

#ifndef MAILVERDICT_LIB_DNS_EDNS_MEMORY_H_
#define MAILVERDICT_LIB_DNS_EDNS_MEMORY_H_

#include "absl/time/time.h"
#include "lib/dns/message.h"

namespace mailverdict {

// A value, for one server. Pure: the caller has the clock.
class EdnsMemory {
 public:
  // How long a server is asked without EDNS before EDNS is tried again. A box
  // that is replaced is noticed within that.
  static constexpr absl::Duration kForget = absl::Minutes(10);
  // So many questions in a row have to be answered only without EDNS, when
  // nothing but silence or a general failure speaks against it.
  static constexpr int kSuspicions = 3;
  // After kForget one question tries EDNS. The others go on without it for so
  // long, so that they do not all wait for a server that still drops them.
  static constexpr absl::Duration kProbe = absl::Seconds(10);

  // Whether the next question has EDNS. Not const: it may become the probe.
  bool AskWith(absl::Time now);

  // A question with EDNS was answered as it should be.
  void Works(absl::Time now);

  // A question with EDNS failed, as `doubt` says, and was answered without.
  void WorksOnlyWithout(EdnsDoubt doubt, absl::Time now);

  // A question with EDNS was answered within kForget: so a failure is about
  // the name, and need not be asked for again without.
  bool WorkedLately(absl::Time now) const { return now < worked_ + kForget; }

 private:
  int suspicions_ = 0;
  absl::Time without_until_ = absl::InfinitePast();
  absl::Time worked_ = absl::InfinitePast();
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_EDNS_MEMORY_H_
