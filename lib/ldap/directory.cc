#include "lib/ldap/directory.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/core/vouch.h"
#include "lib/ldap/bind_account.h"
#include "lib/ldap/host_watch.h"
#include "lib/ldap/server.h"
#include "lib/loop/health_log.h"
#include "lib/loop/timer.h"

namespace mailverdict {

// One lookup on its way from server to server. The directory owns it until
// `done` is called; callbacks that may come later have a weak pointer to it.
struct Directory::Asking {
  Asking(MailboxLookup lookup, Done done, Executor* executor)
      : lookup(std::move(lookup)),
        done(std::move(done)),
        server_timeout(executor) {}

  const MailboxLookup lookup;
  const Done done;
  std::vector<size_t> order;
  size_t asked = 0;      // the number of servers of `order` asked so far
  size_t under_way = 0;  // the number of those that have not answered yet
  std::vector<std::string> reasons;
  std::optional<Answer> absent;  // of one server, to be confirmed by a second
  size_t absent_on = 0;          // that server
  absl::Time end;                // the lookup is given up then
  Timer server_timeout;          // for the answer of the last server asked
};

Directory::Directory(std::shared_ptr<const DirectoryPolicy> policy,
                     Executor* executor, HealthHooks hooks,
                     std::shared_ptr<BindAccount> account)
    : policy_(std::move(policy)),
      executor_(executor),
      log_(hooks.log),
      self_(std::make_shared<Directory*>(this)),
      alarm_(absl::StrCat("directory ", policy_->name),
             "its recipients are deferred (451); run `mailverdictd --policy "
             "FILE --check --online` and `mailverdict explain ADDRESS`, and "
             "mend what they name",
             hooks.log) {
  if (account == nullptr) account = std::make_shared<BindAccount>();
  for (size_t i = 0; i < policy_->uris.size(); ++i) {
    servers_.emplace_back().server = std::make_unique<DirectoryServer>(
        policy_, i, executor_, HooksFor(i, hooks), HostWatch::kEvery, account);
  }
}

Directory::~Directory() { *self_ = nullptr; }

HealthHooks Directory::HooksFor(size_t server, const HealthHooks& hooks) {
  HealthHooks result;
  result.log = hooks.log;
  result.on_trouble = [self = self_, server, outer = hooks.on_trouble] {
    if (*self != nullptr) (*self)->servers_[server].failing = true;
    if (outer) outer();
  };
  result.on_healed = [self = self_, server, outer = hooks.on_healed] {
    if (*self != nullptr) (*self)->servers_[server].failing = false;
    if (outer) outer();
  };
  return result;
}

void Directory::Resolve(const MailboxLookup& lookup, Done done) {
  if (servers_.size() == 1) {
    servers_.front().server->Resolve(
        lookup, [self = self_, done = std::move(done)](const Answer& answer) {
          if (*self != nullptr) (*self)->Note(answer);
          done(answer);
        });
    return;
  }
  outage_ = outage_ && NoServerIsWell();
  if (outage_) {
    const Answer unknown(Report::Unknown(
        lookup,
        "no server of the directory answers; `mailverdict status` says "
        "why of each"));
    Note(unknown);
    done(unknown);
    return;
  }
  auto asking = std::make_shared<Asking>(lookup, std::move(done), executor_);
  asking_.insert(asking);
  asking->order = Order();
  asking->end = executor_->Now() + policy_->timeout;
  AskNext(asking);
}

bool Directory::NoServerIsWell() const {
  return std::none_of(servers_.begin(), servers_.end(),
                      [](const Server& server) { return server.well(); });
}

// Servers that are failing or late come last. They are asked all the same,
// since they may find an address that is present.
std::vector<size_t> Directory::Order() {
  std::vector<size_t> order;
  const bool spread = policy_->order == DirectoryPolicy::Order::kSpread;
  const size_t first = spread ? turn_++ % servers_.size() : 0;
  for (size_t i = 0; i < servers_.size(); ++i) {
    order.push_back((first + i) % servers_.size());
  }
  std::stable_partition(order.begin(), order.end(),
                        [this](size_t i) { return servers_[i].well(); });
  return order;
}

void Directory::AskNext(const std::shared_ptr<Asking>& asking) {
  const size_t server = asking->order[asking->asked++];
  ++asking->under_way;
  asking->server_timeout.Set(
      TimeoutFor(*asking),
      [this, server, weak = std::weak_ptr<Asking>(asking)] {
        if (const auto asking = weak.lock()) PassOver(asking, server);
      });
  servers_[server].server->Resolve(
      asking->lookup,
      [self = self_, server,
       weak = std::weak_ptr<Asking>(asking)](const Answer& answer) {
        if (*self == nullptr) return;
        (*self)->servers_[server].late = false;
        if (const auto asking = weak.lock()) {
          (*self)->Take(asking, server, answer);
        }
      });
}

// The last server gets all the time that is left.
absl::Duration Directory::TimeoutFor(const Asking& asking) const {
  if (asking.asked == asking.order.size()) {
    return asking.end - executor_->Now();
  }
  return policy_->hedge_after > absl::ZeroDuration()
             ? policy_->hedge_after
             : policy_->timeout / static_cast<int64_t>(servers_.size());
}

void Directory::PassOver(const std::shared_ptr<Asking>& asking, size_t server) {
  servers_[server].late = true;
  if (asking->asked < asking->order.size()) {
    AskNext(asking);
    return;
  }
  // The next lookups need not wait for the timeout again: Resolve gives them
  // Unknown at once.
  outage_ = true;
  asking->reasons.push_back(absl::StrCat(
      policy_->uris[server], ": no answer in time (timeout ",
      absl::FormatDuration(policy_->timeout), " for all servers together)"));
  GiveUp(asking);
}

void Directory::Take(const std::shared_ptr<Asking>& asking, size_t server,
                     const Answer& answer) {
  --asking->under_way;
  const bool needs_confirmation = answer.controls_passed() && !answer.proven();
  if (answer.present() && asking->absent.has_value()) {
    Lacks(asking->absent_on, answer);
  }
  if (!answer.unknown() && !needs_confirmation) {
    Finish(asking, answer);
    return;
  }
  if (needs_confirmation && asking->absent.has_value()) {
    Finish(asking, Confirm(*asking->absent, answer));
    return;
  }
  if (needs_confirmation) {
    asking->absent = answer;
    asking->absent_on = server;
  } else {
    asking->reasons.push_back(
        absl::StrCat(policy_->uris[server], ": ", answer.reason()));
  }
  if (asking->asked < asking->order.size()) {
    AskNext(asking);
  } else if (asking->under_way == 0) {
    GiveUp(asking);
  }
}

void Directory::Lacks(size_t server, const Answer& present) {
  absl::Time& said = servers_[server].lacked;
  const absl::Time now = executor_->Now();
  if (now - said < HealthLog::kRepeat || !log_) return;
  said = now;
  log_(absl::StrCat("directory ", policy_->name, " (", policy_->uris[server],
                    ") lacks ", absl::StrJoin(present.values(), ", "),
                    ", which ", present.origin().server,
                    " has; is its replication behind? No recipient is rejected "
                    "for it"));
}

// Ends a lookup that no server could answer.
void Directory::GiveUp(const std::shared_ptr<Asking>& asking) {
  std::string why = absl::StrJoin(asking->reasons, "; ");
  if (asking->absent.has_value()) {
    why = absl::StrCat(asking->absent->origin().server,
                       " says absent, and no second server confirms it: ", why);
  }
  Finish(asking, Answer(Report::Unknown(asking->lookup, std::move(why))));
}

void Directory::Finish(const std::shared_ptr<Asking>& asking,
                       const Answer& answer) {
  const std::shared_ptr<Asking> last = asking;  // until `done` has returned
  asking_.erase(last);
  last->server_timeout.Cancel();
  Note(answer);
  last->done(answer);
}

void Directory::Note(const Answer& answer) {
  const auto well = [this] {
    return std::any_of(
        servers_.begin(), servers_.end(),
        [](const Server& server) { return !server.server->state().failing; });
  };
  alarm_.Note(answer, well, executor_->Now());
}

std::vector<ServerState> Directory::servers() const {
  std::vector<ServerState> states;
  for (const Server& server : servers_) {
    states.push_back(server.server->state());
  }
  return states;
}

}  // namespace mailverdict
