// Remembers whether a DNS server can be asked with EDNS (RFC 6891).
//
// EDNS makes room for answers of over 512 bytes in a datagram. Some servers,
// and some firewalls in front of them, cannot handle it: they drop the
// question, call it malformed, or put the OPT record into a wrong section. RFC
// 6891 6.2.2 allows asking such a server again without EDNS. An answer over 512
// bytes then comes by TCP.
//
// A lost packet looks like a dropped question. So silence counts only when it
// is repeated, and everything learned is forgotten after kForget. (Unbound
// remembers for 15 minutes, and probes as well.)

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
  // This many questions in a row have to be answered only without EDNS, when
  // the evidence against EDNS is silence or a general failure.
  static constexpr int kSuspicions = 3;
  // After kForget one question tries EDNS. For this long the others go on
  // without it, so that they do not all wait for a server that still drops it.
  static constexpr absl::Duration kProbe = absl::Seconds(10);

  // Whether the next question is to have EDNS. Not const: the question may
  // become the one that tries EDNS again.
  bool AskWith(absl::Time now);

  // A question with EDNS was answered well.
  void Works(absl::Time now);

  // A question with EDNS failed, as `doubt` says, and was answered without.
  void WorksOnlyWithout(EdnsDoubt doubt, absl::Time now);

  // Whether a question with EDNS was answered within kForget. Then a failure is
  // about the name, and asking again without EDNS is useless.
  bool WorkedLately(absl::Time now) const { return now < worked_ + kForget; }

 private:
  int suspicions_ = 0;
  absl::Time without_until_ = absl::InfinitePast();
  absl::Time worked_ = absl::InfinitePast();
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_EDNS_MEMORY_H_
