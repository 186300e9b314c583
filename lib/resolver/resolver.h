// Who answers lookups. The only I/O of the library lies behind this.

#ifndef MAILVERDICT_LIB_RESOLVER_RESOLVER_H_
#define MAILVERDICT_LIB_RESOLVER_RESOLVER_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/core/answer.h"
#include "lib/core/lookup.h"

namespace mailverdict {

// What a directory, a DNS server, a list or one server of them has to say
// beside its answers. All are called on the loop's thread, and for a while
// after it has gone.
struct HealthHooks {
  // A line for the log (health.h).
  std::function<void(const std::string&)> log;
  // It could not have vouched for an answer just now: forget those before.
  std::function<void()> on_trouble;
  // It can again.
  std::function<void()> on_healed;
};

// How one server of a directory is, or of DNS.
struct ServerState {
  std::string uri;  // of DNS: its address
  bool failing = false;
  std::string why;  // while it is failing
  absl::Time since =
      absl::InfinitePast();  // it is so; never asked: InfinitePast
};

class Resolver {
 public:
  using Done = std::function<void(const Answer&)>;

  virtual ~Resolver() = default;

  // Calls `done` exactly once, on the loop's thread, perhaps before it returns;
  // with Unknown when the world fails. It keeps no deadline: whoever asks does.
  // After the resolver is gone `done` may be called or dropped. Loop's thread
  // only.
  virtual void Resolve(const MailboxLookup& lookup, Done done) = 0;

  // How the servers are that it asks, if it asks any.
  virtual std::vector<ServerState> servers() const { return {}; }
};

// The same for what is asked of DNS. See DnsSource for what the answers came
// with.
class NameResolver {
 public:
  using Done = Resolver::Done;

  virtual ~NameResolver() = default;

  // As Resolver::Resolve.
  virtual void Resolve(const DnsLookup& lookup, Done done) = 0;
};

// The servers of DNS. Nobody has vouched for what they say.
class NameServers : public NameResolver {
 public:
  // As transcripts name them, the preferred one first.
  virtual std::vector<std::string> names() const = 0;

  // The same question to one of them, and to no other if it cannot say.
  virtual void ResolveAt(const std::string& server, const DnsLookup& lookup,
                         Done done) = 0;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVER_RESOLVER_H_
