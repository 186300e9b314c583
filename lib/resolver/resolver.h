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

// Called when the health of a server changes: of a directory's, of DNS, or of a
// list at a server of DNS. All on the loop's thread, and perhaps for a while
// after the server's object has gone.
struct HealthHooks {
  // A line for the log (health.h).
  std::function<void(const std::string&)> log;
  // The server could not have vouched for an answer just now: forget its
  // earlier answers.
  std::function<void()> on_trouble;
  // The server can vouch for answers again.
  std::function<void()> on_healed;
};

// The health of one server of a directory or of DNS.
struct ServerState {
  std::string uri;  // of a DNS server: its address
  bool failing = false;
  // Why it is failing; of one that is well: that it is unsteady, or "".
  std::string why;
  // Since when it is failing or well; InfinitePast if it was never asked.
  absl::Time since = absl::InfinitePast();
};

class MailboxResolver {
 public:
  using Done = std::function<void(const Answer&)>;

  virtual ~MailboxResolver() = default;

  // Calls `done` exactly once, on the loop's thread, perhaps before it returns;
  // with Unknown when a service fails. It keeps no deadline: the caller does.
  // After the resolver is gone `done` may be called or dropped. Loop's thread
  // only.
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
  // Gets what one server said to one question, Unknown if it could not say.
  // Must not destroy the servers.
  using Listener =
      std::function<void(const std::string& server, const Report& report)>;

  // The servers' names as transcripts have them, the preferred one first.
  virtual std::vector<std::string> names() const = 0;

  // Asks one server only, even if it cannot answer.
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
