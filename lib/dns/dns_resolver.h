// Asks DNS: one server or several, any of which may be broken.
//
//   DnsOptions options;
//   options.servers = {*DnsServer::Parse("192.0.2.53")};
//   DnsResolver resolver(options, executor);
//   resolver.Resolve({"example.org", DnsType::kMx}, [](const Answer& a) {...});
//
// A server that cannot say (it is silent, refuses, fails, answers nonsense) is
// passed over, and the next one is asked. Servers that were silent are asked
// once more at the end, since a datagram may get lost. The answer is Unknown
// only when no server could say; its reason names each server's.
//
// Questions have EDNS, except to a server that cannot take it (edns_memory.h).
// A question that may have failed because of EDNS is asked again without it: at
// once, or, to a silent server, as that second question.

#ifndef MAILVERDICT_LIB_DNS_DNS_RESOLVER_H_
#define MAILVERDICT_LIB_DNS_DNS_RESOLVER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/dns/channel.h"
#include "lib/dns/edns_memory.h"
#include "lib/dns/servers.h"
#include "lib/loop/executor.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

struct DnsOptions {
  // Recursive servers, in the order in which they are asked (ReadResolvConf).
  std::vector<DnsServer> servers;
  // How long one server has for one question, and again over TCP.
  absl::Duration timeout = absl::Milliseconds(1000);
  // Which lookups have channels of their own, so that they do not wait behind
  // many slow ones (DnsChannel::kMaxSent): those of lists, which have little
  // time. Empty: none.
  std::function<bool(const DnsLookup&)> apart{};
};

// Loop's thread only.
class DnsResolver final : public NameServers {
 public:
  // A server that was silent kSilences times in a row is asked after the others
  // for kShunned. A single silence may be the fault of one name's own servers.
  static constexpr int kSilences = 3;
  static constexpr absl::Duration kShunned = absl::Seconds(10);

  // `executor` outlives the resolver.
  DnsResolver(const DnsOptions& options, Executor* executor);

  // A name that is not canonical is not asked for, and Unknown: no name is ever
  // completed, converted or searched for.
  void Resolve(const DnsLookup& lookup, Done done) override;

  std::vector<std::string> names() const override;

  // A server that was silent is asked once more. An unknown server gives
  // Unknown.
  void ResolveAt(const std::string& server, const DnsLookup& lookup,
                 Done done) override;

 private:
  struct Asking;
  struct Attempt {
    size_t server = 0;
    bool second = false;  // this server was asked before
    // Then: what its first answer made of EDNS. It goes out without, unless
    // this is kNone.
    EdnsDoubt doubt = EdnsDoubt::kNone;
  };
  // Replaced whole when the server says anything.
  struct Silence {
    int times = 0;  // one after the other
    absl::Time shunned_until = absl::InfinitePast();
  };
  struct Server {
    std::unique_ptr<DnsChannel> channel;
    std::unique_ptr<DnsChannel> apart;  // for DnsOptions::apart
    EdnsMemory edns;
    Silence silence{};
  };

  std::vector<size_t> Order() const;
  void Ask(const DnsLookup& lookup, std::vector<size_t> servers, Done done);
  void AskNext(const std::shared_ptr<Asking>& asking);
  void Take(const std::shared_ptr<Asking>& asking, const Attempt& attempt,
            const DnsChannel::Reply& reply);
  bool MayBeEdns(EdnsDoubt doubt, const EdnsMemory& memory) const;
  void LearnEdns(const Attempt& attempt, const DnsChannel::Reply& reply);

  const std::function<bool(const DnsLookup&)> apart_;
  Executor* const executor_;
  std::vector<Server> servers_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_DNS_RESOLVER_H_
