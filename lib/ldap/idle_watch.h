// Decides how long a connection to one server may be idle before it is no
// longer trusted. A firewall in between may silently forget an idle connection:
// it drops what is sent later, and then the server seems to hang.
//
// At first every connection is trusted. A connection that has been idle for the
// policy's probe_idle is probed with the controls. Once an idle connection has
// not answered, every connection that was idle for longer than kShort is
// replaced before the next search; each replacement costs a connect. If a
// search or probe is answered after a longer idle time, that idle time becomes
// the new limit.

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

  // If `probe_every` is zero, connections are not probed.
  explicit IdleWatch(absl::Duration probe_every) : probe_every_(probe_every) {}

  // Reports that a new connection is open.
  void Opened(absl::Time now) { heard_ = now; }

  // Reports that the search sent at `sent` was answered at `now`.
  void Answered(absl::Time sent, absl::Time now) {
    trusted_ = std::max(trusted_, IdleBefore(sent));
    heard_ = now;
  }

  // How long the connection had been idle at `sent`.
  absl::Duration IdleBefore(absl::Time sent) const { return sent - heard_; }

  // Reports that the probe or search sent at `sent` was not answered. Returns
  // true if the connection had been idle: then a firewall is the likely cause,
  // and not the server.
  bool Lost(absl::Time sent, bool probe) {
    const bool was_idle = probe || IdleBefore(sent) > kShort;
    if (was_idle) trusted_ = kShort;
    return was_idle;
  }

  // Whether the connection may be used for a search now. If not, it must be
  // replaced first.
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
