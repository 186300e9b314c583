// Answers DNS lookups by asking one server or several, any of which may be
// broken.
//
//   DnsOptions options;
//   options.servers = {*DnsServer::Parse("192.0.2.53")};
//   DnsResolver resolver(options, executor);
//   resolver.Resolve({"example.org", DnsType::kMx}, [](const Answer& a) {...});
//
// If a server gives no usable answer (it is silent, refuses, fails, or sends a
// malformed message), the next server is asked. Servers that were silent are
// asked once more at the end, because a datagram may get lost. The answer is
// Unknown only if no server gave a usable answer. Its reason has the failure of
// each server.
//
// Questions use EDNS, except to a server that cannot handle it (edns_memory.h).
// A question that may have failed because of EDNS is asked again without EDNS:
// at once, or, if the server was silent, when it is asked once more at the end.

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
  // The time that one server has for one question, and again if it is asked
  // over TCP.
  absl::Duration timeout = absl::Milliseconds(1000);
  // Selects lookups that use a second channel to each server. So they do not
  // wait behind many slow lookups (DnsChannel::kMaxSent). mailverdictd and
  // RealServices (lib/engine/services.h) have it select the lookups in DNS
  // lists, whose deadline is short. If it is empty, no lookup is selected.
  std::function<bool(const DnsLookup&)> own_channel{};
};

// Loop's thread only.
class DnsResolver final : public NameServers {
 public:
  // For the time kShunned, a server that was silent kSilences times in a row is
  // asked after the other servers. One silence proves little: the authoritative
  // servers of the name that was asked for may be down.
  static constexpr int kSilences = 3;
  static constexpr absl::Duration kShunned = absl::Seconds(10);

  // `executor` outlives the resolver.
  DnsResolver(const DnsOptions& options, Executor* executor);

  // A name that is not canonical gives Unknown and is not asked for. No name is
  // ever completed or converted, and there is no search list.
  void Resolve(const DnsLookup& lookup, Done done) override;

  std::vector<std::string> names() const override;

  // Asks a silent server once more. Unknown if there is no such server.
  void ResolveAt(const std::string& server, const DnsLookup& lookup,
                 Done done) override;

 private:
  struct Asking;
  struct Attempt {
    size_t server = 0;
    bool second = false;  // this server is asked a second time
    // Of a second attempt: whether EDNS may have caused the failure of the
    // first. Unless it is kNone, the second attempt does not use EDNS.
    EdnsDoubt doubt = EdnsDoubt::kNone;
  };
  // Reset as a whole when the server sends anything.
  struct Silence {
    int times = 0;  // in a row
    absl::Time shunned_until = absl::InfinitePast();
  };
  struct Server {
    std::unique_ptr<DnsChannel> channel;
    std::unique_ptr<DnsChannel> own;  // for DnsOptions::own_channel
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

  const std::function<bool(const DnsLookup&)> own_channel_;
  Executor* const executor_;
  std::vector<Server> servers_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_DNS_RESOLVER_H_
