// Decides how long one server's connections may be idle before they are
// distrusted. A firewall in between may forget an idle connection without a
// word: it drops what is sent later, which looks like a server that hangs.
//
// At first every connection is trusted. A connection that was idle for the
// policy's probe_idle is probed with the controls. Once an idle connection has
// been silent, every connection that was idle for longer than kShort is
// replaced before the next search, which costs a connect. That ends when a
// probe shows that a longer idle time does no harm.

#ifndef MAILVERDICT_LIB_LDAP_IDLE_WATCH_H_
#define MAILVERDICT_LIB_LDAP_IDLE_WATCH_H_

#include <algorithm>

#include "absl/time/time.h"

namespace mailverdict {

// Thread-compatible.
class IdleWatch {
 public:
  // No firewall forgets a connection that was used within this time.
  static constexpr absl::Duration kShort = absl::Seconds(1);

  // Zero: connections are not probed.
  explicit IdleWatch(absl::Duration probe_every) : probe_every_(probe_every) {}

  // A new connection is open.
  void Opened(absl::Time now) { heard_ = now; }

  // At `now` the server answered what was sent at `sent`.
  void Answered(absl::Time sent, absl::Time now) {
    trusted_ = std::max(trusted_, IdleBefore(sent));
    heard_ = now;
  }

  // How long the connection had been idle at `sent`.
  absl::Duration IdleBefore(absl::Time sent) const { return sent - heard_; }

  // No answer came to the probe or search that was sent at `sent`. True if the
  // connection had been idle, so that it is to blame and not the server.
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
