#include "lib/resolve/dns_resolver.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/mail/domain.h"

namespace mailverdict {
namespace {

bool CanBeAsked(const std::string& name) {
  const auto canonical = mail::CanonicalDomain(name);
  return canonical.ok() && *canonical == name && name.front() != '[';
}

}  // namespace

struct DnsResolver::Asking {
  DnsLookup lookup;
  Done done;
  std::vector<size_t> servers;  // to be asked, in this order
  size_t next = 0;
  size_t first_round = 0;  // so many of them
  std::string reasons;     // of those that could not say
};

DnsResolver::DnsResolver(const DnsOptions& options, Executor* executor)
    : apart_(options.apart), executor_(executor) {
  for (const DnsServer& server : options.servers) {
    servers_.push_back(
        {std::make_unique<DnsChannel>(server, options.timeout, executor),
         std::make_unique<DnsChannel>(server, options.timeout, executor)});
  }
}

void DnsResolver::Resolve(const DnsLookup& lookup, Done done) {
  Ask(lookup, Order(), std::move(done));
}

void DnsResolver::ResolveAt(const std::string& server, const DnsLookup& lookup,
                            Done done) {
  std::vector<size_t> servers;
  for (size_t i = 0; i < servers_.size(); ++i) {
    if (servers_[i].channel->server() == server) servers = {i};
  }
  Ask(lookup, std::move(servers), std::move(done));
}

std::vector<std::string> DnsResolver::names() const {
  std::vector<std::string> names;
  for (const Server& server : servers_) {
    names.push_back(server.channel->server());
  }
  return names;
}

void DnsResolver::Ask(const DnsLookup& lookup, std::vector<size_t> servers,
                      Done done) {
  if (!CanBeAsked(lookup.name)) {
    done(Answer(Report::Unknown(lookup, "DNS has no such names")));
    return;
  }
  auto asking = std::make_shared<Asking>();
  asking->lookup = lookup;
  asking->done = std::move(done);
  asking->servers = std::move(servers);
  asking->first_round = asking->servers.size();
  if (asking->servers.empty())
    asking->reasons = "there is no DNS server to ask";
  AskNext(asking);
}

std::vector<size_t> DnsResolver::Order() const {
  std::vector<size_t> order, shunned;
  for (size_t i = 0; i < servers_.size(); ++i) {
    const bool later = executor_->Now() < servers_[i].shunned_until;
    (later ? shunned : order).push_back(i);
  }
  order.insert(order.end(), shunned.begin(), shunned.end());
  return order;
}

void DnsResolver::AskNext(const std::shared_ptr<Asking>& asking) {
  if (asking->next == asking->servers.size()) {
    asking->done(Answer(Report::Unknown(asking->lookup, asking->reasons)));
    return;
  }
  // A channel calls nobody back once it is gone, and it goes with this.
  const size_t server = asking->servers[asking->next++];
  const bool apart = apart_ != nullptr && apart_(asking->lookup);
  (apart ? servers_[server].apart : servers_[server].channel)
      ->Ask(asking->lookup,
            [this, asking, server](const DnsChannel::Reply& reply) {
              Take(asking, server, reply);
            });
}

void DnsResolver::Take(const std::shared_ptr<Asking>& asking, size_t server,
                       const DnsChannel::Reply& reply) {
  Server& from = servers_[server];
  from.silences = reply.silent ? from.silences + 1 : 0;
  from.shunned_until = from.silences >= kSilences ? executor_->Now() + kShunned
                                                  : absl::InfinitePast();
  if (reply.report.state != AnswerState::kUnknown) {
    asking->done(Answer(reply.report));
    return;
  }
  if (asking->next <= asking->first_round) {
    absl::StrAppend(&asking->reasons, asking->reasons.empty() ? "" : "; ",
                    from.channel->server(), ": ", reply.report.reason);
    if (reply.silent) asking->servers.push_back(server);
  }
  AskNext(asking);
}

}  // namespace mailverdict
