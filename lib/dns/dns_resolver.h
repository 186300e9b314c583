// Asks DNS: several servers, of which any may be broken.
//
//   DnsOptions options;
//   options.servers = {*DnsServer::Parse("192.0.2.53")};
//   DnsResolver resolver(options, executor);
//   resolver.Resolve({"example.org", DnsType::kMx}, [](const Answer& a) {...});
//
// A server that cannot say (it is silent, refuses, fails, answers what makes no
// sense) is passed over, and the next one is asked; those that were silent are
// asked once more at the end, since a datagram may get lost. The answer is
// Unknown only when none could say, and then says of each why.
//
// Questions go out with EDNS, except to a server that cannot take it
// (edns_memory.h). What seems to have failed because of EDNS is asked again
// without it: at once, or, of a silent server, as that second question.

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
  // Asked in this order; recursive ones. See ReadResolvConf.
  std::vector<DnsServer> servers;
  // What one server gets for one question; as much again over TCP.
  absl::Duration timeout = absl::Milliseconds(1000);
  // Which questions do not wait behind the others, when those are many and slow
  // (DnsChannel::kMaxSent): those for lists, which have little time. Empty:
  // none.
  std::function<bool(const DnsLookup&)> apart{};
};

// Loop's thread only.
class DnsResolver final : public NameServers {
 public:
  // A server that was silent so often, one time after the other, is asked after
  // the others for so long. Once may be the fault of one name's servers.
  static constexpr int kSilences = 3;
  static constexpr absl::Duration kShunned = absl::Seconds(10);

  // `executor` outlives the resolver.
  DnsResolver(const DnsOptions& options, Executor* executor);

  // Nothing is asked, and the answer is Unknown, for a name that is not
  // canonical: it is not completed, converted or searched for.
  void Resolve(const DnsLookup& lookup, Done done) override;

  std::vector<std::string> names() const override;

  // One that was silent is asked once more. Unknown, too, of a server that is
  // none of these.
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
