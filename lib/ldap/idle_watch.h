// How long one server's connections may be idle before they are not believed
// to be there any more. A firewall between forgets an idle connection without a
// word: what is sent on it later is dropped, and looks like a server that
// hangs.
//
// At first every connection is trusted, and one that was idle for as long as
// the policy says is probed with the controls. Once nothing came back on one
// that had been idle, a connection that was idle for longer than kShort is
// replaced before the next search, which costs a connect; until a probe shows
// that a longer time does no harm.

#ifndef MAILVERDICT_LIB_LDAP_IDLE_WATCH_H_
#define MAILVERDICT_LIB_LDAP_IDLE_WATCH_H_

#include <algorithm>

#include "absl/time/time.h"

namespace mailverdict {

// Thread-compatible.
class IdleWatch {
 public:
  // No firewall forgets a connection that was used so lately.
  static constexpr absl::Duration kShort = absl::Seconds(1);

  // Zero: connections are not probed.
  explicit IdleWatch(absl::Duration probe_every) : probe_every_(probe_every) {}

  // A new connection is open.
  void Opened(absl::Time now) { heard_ = now; }

  // The server answered what was sent then.
  void Answered(absl::Time sent, absl::Time now) {
    trusted_ = std::max(trusted_, IdleBefore(sent));
    heard_ = now;
  }

  // How long the server had said nothing when that was sent.
  absl::Duration IdleBefore(absl::Time sent) const { return sent - heard_; }

  // No answer came to what was sent then, a probe or a search. True if the
  // connection had been idle, so that it is the one to blame, not the server.
  bool Lost(absl::Time sent, bool probe) {
    const bool was_idle = probe || IdleBefore(sent) > kShort;
    if (was_idle) trusted_ = kShort;
    return was_idle;
  }

  // Whether a search may go on the connection as it is now.
  bool Trusts(absl::Time now) const { return now - heard_ <= trusted_; }

  // When the next probe is due, if nothing is sent until then.
  absl::Time NextProbe() const {
    return probe_every_ > absl::ZeroDuration() ? heard_ + probe_every_
                                               : absl::InfiniteFuture();
  }

 private:
  const absl::Duration probe_every_;
  absl::Time heard_ = absl::InfinitePast();
  absl::Duration trusted_ = absl::InfiniteDuration();
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_IDLE_WATCH_H_
