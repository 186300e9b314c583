// Remembers whether a DNS server can handle EDNS (RFC 6891).
//
// EDNS allows answers of more than 512 bytes in a datagram. Some servers, and
// some firewalls in front of them, cannot handle it: they drop the question,
// call it malformed, or put the OPT record into a wrong section. RFC 6891 6.2.2
// allows us to ask such a server again without EDNS. An answer of more than 512
// bytes then comes over TCP.
//
// A lost packet looks like a dropped question. So silence counts only if it is
// repeated, and EDNS is tried again after kForget. (Unbound remembers for 15
// minutes, and also probes.)

#ifndef MAILVERDICT_LIB_DNS_EDNS_MEMORY_H_
#define MAILVERDICT_LIB_DNS_EDNS_MEMORY_H_

#include "absl/time/time.h"
#include "lib/dns/message.h"

namespace mailverdict {

// A value, for one server. Pure: the caller passes the time.
class EdnsMemory {
 public:
  // The time after which EDNS is tried again. A firewall or server that was
  // replaced is noticed within this time.
  static constexpr absl::Duration kForget = absl::Minutes(10);
  // EDNS is turned off after this many questions in a row that failed with EDNS
  // and were answered without it. This applies if the failure was silence or a
  // general error (EdnsDoubt::kPerhaps); after a clear refusal one question is
  // enough.
  static constexpr int kSuspicions = 3;
  // After kForget one question tries EDNS. The others do without it for this
  // long, so that they do not all wait for a server that still drops EDNS.
  static constexpr absl::Duration kProbe = absl::Seconds(10);

  // Whether to use EDNS for the next question. Not const: that question may
  // become the one that tries EDNS again.
  bool ShouldUseEdns(absl::Time now);

  // Reports that a question with EDNS was answered well.
  void NoteAnswered(absl::Time now);

  // Reports that a question failed with EDNS, as `doubt` says, and was answered
  // without it.
  void NoteAnsweredOnlyWithout(EdnsDoubt doubt, absl::Time now);

  // Whether a question with EDNS was answered within the last kForget. If so, a
  // failure is about the name, and it is useless to ask again without EDNS.
  bool WorkedLately(absl::Time now) const { return now < worked_ + kForget; }

 private:
  int suspicions_ = 0;
  absl::Time without_until_ = absl::InfinitePast();
  absl::Time worked_ = absl::InfinitePast();
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_EDNS_MEMORY_H_
