// The interfaces that answer lookups. All network I/O of the library is behind
// them.

#ifndef MAILVERDICT_LIB_RESOLVER_RESOLVER_H_
#define MAILVERDICT_LIB_RESOLVER_RESOLVER_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "lib/core/answer.h"
#include "lib/core/lookup.h"

namespace mailverdict {

// Callbacks about the health of a directory's server, of a DNS server, or of a
// list at a DNS server. They are called on the loop's thread, perhaps even
// after the object of the server has been destroyed.
struct HealthHooks {
  // A line for the log (health_log.h).
  std::function<void(const std::string&)> log;
  // The server failed, or failed its controls, so its earlier answers must be
  // forgotten.
  std::function<void()> on_trouble;
  // The server can vouch for answers again.
  std::function<void()> on_healed;
};

// The health of one server of a directory or of DNS.
struct ServerState {
  std::string uri;  // of a DNS server: its address
  bool failing = false;
  // Why it is failing. If it is well: "", or a note that it has failed
  // repeatedly ("unsteady", health_log.h).
  std::string why;
  // Since when it is failing or well; InfinitePast if it was never asked.
  absl::Time since = absl::InfinitePast();
};

// Answers the question whether a mailbox exists: a directory, or a cache in
// front of one.
class MailboxResolver {
 public:
  using Done = std::function<void(const Answer&)>;

  virtual ~MailboxResolver() = default;

  // Calls `done` with the answer exactly once, on the loop's thread, perhaps
  // before Resolve returns. The answer is Unknown if the service fails. There
  // is no deadline, so the caller has to keep one. When the resolver has been
  // destroyed, `done` may still be called, or never. Loop's thread only.
  virtual void Resolve(const MailboxLookup& lookup, Done done) = 0;

  // The health of each server that it asks; empty if it asks none.
  virtual std::vector<ServerState> servers() const { return {}; }
};

// Answers lookups of DNS. See DnsSource for what comes with an answer.
class NameResolver {
 public:
  using Done = MailboxResolver::Done;

  virtual ~NameResolver() = default;

  // As MailboxResolver::Resolve.
  virtual void Resolve(const DnsLookup& lookup, Done done) = 0;
};

// The servers of DNS. Their answers are not proven by controls.
class NameServers : public NameResolver {
 public:
  // Receives what one server answered to one question; Unknown if it gave no
  // answer. Must not destroy the NameServers.
  using Listener =
      std::function<void(const std::string& server, const Report& report)>;

  // The names of the servers, as Origin::server has them, the preferred one
  // first.
  virtual std::vector<std::string> names() const = 0;

  // Asks this server only. If it cannot answer, no other is asked.
  virtual void ResolveAt(const std::string& server, const DnsLookup& lookup,
                         Done done) = 0;

  // Replaces the listener; nullptr: none.
  void SetListener(Listener listener) { listener_ = std::move(listener); }

 protected:
  void Notify(const std::string& server, const Report& report) const {
    if (listener_) listener_(server, report);
  }

 private:
  Listener listener_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVER_RESOLVER_H_
