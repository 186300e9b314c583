#include "lib/dns/dns_resolver.h"

#include <deque>
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
  std::deque<Attempt> attempts;  // still to be made, in this order
  std::string reasons;           // the failures so far
};

DnsResolver::DnsResolver(const DnsOptions& options, Executor* executor)
    : own_channel_(options.own_channel), executor_(executor) {
  for (const DnsServer& server : options.servers) {
    servers_.push_back(
        {std::make_unique<DnsChannel>(server, options.timeout, executor),
         std::make_unique<DnsChannel>(server, options.timeout, executor),
         EdnsMemory()});
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
  for (size_t server : servers) asking->attempts.push_back({server});
  if (servers.empty()) asking->reasons = "there is no DNS server to ask";
  AskNext(asking);
}

std::vector<size_t> DnsResolver::Order() const {
  std::vector<size_t> order, shunned;
  for (size_t i = 0; i < servers_.size(); ++i) {
    const bool later = executor_->Now() < servers_[i].silence.shunned_until;
    (later ? shunned : order).push_back(i);
  }
  order.insert(order.end(), shunned.begin(), shunned.end());
  return order;
}

// Whether to ask again without EDNS. If the server lately answered another name
// with EDNS, a failure of kPerhaps is about the name and not about EDNS.
bool DnsResolver::MayBeEdns(EdnsDoubt doubt, const EdnsMemory& memory) const {
  return doubt == EdnsDoubt::kRefused ||
         (doubt == EdnsDoubt::kPerhaps &&
          !memory.WorkedLately(executor_->Now()));
}

void DnsResolver::LearnEdns(const Attempt& attempt,
                            const DnsChannel::Reply& reply) {
  if (reply.report.state == AnswerState::kUnknown) return;
  EdnsMemory& memory = servers_[attempt.server].edns;
  if (reply.with_edns) {
    memory.NoteAnswered(executor_->Now());
  } else {
    const bool second = attempt.doubt != EdnsDoubt::kNone;
    memory.NoteAnsweredOnlyWithout(second ? attempt.doubt : reply.edns,
                                   executor_->Now());
  }
}

void DnsResolver::AskNext(const std::shared_ptr<Asking>& asking) {
  if (asking->attempts.empty()) {
    asking->done(Answer(Report::Unknown(asking->lookup, asking->reasons)));
    return;
  }
  const Attempt attempt = asking->attempts.front();
  asking->attempts.pop_front();
  Server& server = servers_[attempt.server];
  const bool edns = attempt.doubt == EdnsDoubt::kNone &&
                    server.edns.ShouldUseEdns(executor_->Now());
  const bool own = own_channel_ != nullptr && own_channel_(asking->lookup);
  // Capturing `this` is safe: the channel is destroyed together with it, and
  // then calls no `done`.
  (own ? server.own : server.channel)
      ->Ask(asking->lookup, edns,
            [this, asking, attempt](const DnsChannel::Reply& reply) {
              Take(asking, attempt, reply);
            });
}

void DnsResolver::Take(const std::shared_ptr<Asking>& asking,
                       const Attempt& attempt, const DnsChannel::Reply& reply) {
  Server& from = servers_[attempt.server];
  if (!reply.silent) {
    from.silence = Silence();
  } else if (++from.silence.times >= kSilences) {
    from.silence.shunned_until = executor_->Now() + kShunned;
  }
  LearnEdns(attempt, reply);
  Notify(from.channel->server(), reply.report);
  if (reply.report.state != AnswerState::kUnknown) {
    asking->done(Answer(reply.report));
    return;
  }
  if (!attempt.second) {
    absl::StrAppend(&asking->reasons, asking->reasons.empty() ? "" : "; ",
                    from.channel->server(), ": ", reply.report.reason);
    const Attempt again{attempt.server, true, reply.edns};
    if (reply.silent) {
      asking->attempts.push_back(again);
    } else if (reply.with_edns && MayBeEdns(reply.edns, from.edns)) {
      asking->attempts.push_front(again);
    }
  }
  AskNext(asking);
}

}  // namespace mailverdict
