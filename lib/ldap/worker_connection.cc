// The part of DirectoryWorker that makes, keeps and gives up its connection.

#include <algorithm>
#include <atomic>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/ldap/worker.h"
#include "lib/loop/health_log.h"

namespace mailverdict {
namespace {

// The number of connections since the program began. So each number in a
// origin stands for one connection.
std::atomic<uint64_t> g_connections{0};

}  // namespace

bool DirectoryWorker::BeginOpening(absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  opening_ = !stop_;
  opening_since_ = now;
  return opening_;
}

bool DirectoryWorker::EndOpening() {
  const std::lock_guard<std::mutex> lock(mutex_);
  opening_ = false;
  return !stop_;
}

// If connecting takes longer than the policy's timeout, marks the server as
// down and returns the lookups that have waited. Connecting blocks the worker's
// thread, for minutes if DNS does not answer; lookups must not wait for that,
// and the state of the server must say it. Called on the loop's thread.
// REQUIRES: mutex_ is locked.
Questions DirectoryWorker::GiveUpOpening(absl::Time now) {
  if (!opening_ || down_ || now - opening_since_ < policy_.timeout) return {};
  const std::string_view step = step_.load();
  const std::string host = HostNameOf(uri_);
  down_ = true;
  down_why_ = absl::StrCat(
      absl::string_view(step.data(), step.size()), ": not done after ",
      absl::FormatDuration(
          absl::Trunc(now - opening_since_, absl::Milliseconds(1))),
      ", and still waiting; ",
      step == LdapConnection::kResolve
          ? absl::StrCat("DNS does not answer on this machine (try: getent "
                         "hosts ",
                         host, ")")
          : "is the server's host up, and does a firewall drop packets to it?");
  health_.Report(down_why_);
  return waiting_.TakeAll();
}

bool DirectoryWorker::Connect() {
  // The clock is read before BeginOpening, because the executor may be
  // destroyed while the connection is being opened.
  const absl::Time since = executor_->Now();
  if (!BeginOpening(since)) return false;
  absl::StatusOr<std::unique_ptr<LdapConnection>> opened = LdapConnection::Open(
      policy_, uri_, ++g_connections, account_.get(), since, &step_);
  if (!EndOpening()) return false;
  if (!opened.ok()) {
    GoDown(std::string(opened.status().message()),
           absl::IsUnauthenticated(opened.status()) ? BindAccount::kPasswordPoll
                                                    : kRetry);
    return true;
  }
  const absl::Time now = executor_->Now();
  // The first search is for the controls alone. So the log says whether the
  // directory works before a recipient depends on it, and a server that was
  // down counts as up only after it has answered a search.
  const bool proven = all_controls_.empty();
  session_ = Session{*std::move(opened), proven, false, since, now - since};
  idle_.Opened(now);
  next_attempt_ = now + kRetry;
  if (proven) {
    MarkUp();
  } else {
    Send({}, all_controls_);
  }
  return true;
}

void DirectoryWorker::MarkUp() {
  const std::lock_guard<std::mutex> lock(mutex_);
  down_ = false;
}

// InfiniteFuture while a search is under way: its answer says as much as a
// probe would.
absl::Time DirectoryWorker::NextProbe() const {
  if (all_controls_.empty() || session_->leaving ||
      !session_->searches.empty()) {
    return absl::InfiniteFuture();
  }
  return health_.failing() ? next_probe_ : idle_.NextProbe();
}

// Sends a search for the controls alone. On a failing server it notices the
// recovery without deferring a recipient. On an idle connection it notices that
// a firewall has forgotten the connection before a recipient's search is lost.
void DirectoryWorker::Probe() {
  const absl::Time now = executor_->Now();
  if (now < NextProbe()) return;
  next_probe_ = now + kProbe;
  Send({}, all_controls_, /*idle_probe=*/!health_.failing());
}

bool DirectoryWorker::HasWaiting() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return waiting_.size() > 0;
}

// Replaces an idle connection before waiting lookups are sent on it, if an idle
// connection did not answer earlier.
void DirectoryWorker::LeaveUntrusted() {
  if (!session_.has_value() || !session_->searches.empty() ||
      idle_.Trusts(executor_->Now()) || !HasWaiting()) {
    return;
  }
  session_.reset();
  next_attempt_ = absl::InfinitePast();
}

// Leaves the connection if the host name now has other addresses. An open
// connection stays with the machine that had the name when it was made. Each
// result of SetAddresses is used once, so a result that is older than the new
// connection cannot cause endless reconnects.
void DirectoryWorker::FollowName() {
  HostAddresses addresses;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    addresses.swap(addresses_);
  }
  if (!session_.has_value()) return;
  if (!session_->leaving && !addresses.empty()) {
    const std::string peer = session_->connection->peer();
    session_->leaving =
        !peer.empty() &&
        std::find(addresses.begin(), addresses.end(), peer) == addresses.end();
    if (session_->leaving) {
      health_.Log(absl::StrCat("is at ", absl::StrJoin(addresses, ", "),
                               " now, no longer at ", peer,
                               ": connecting anew"));
    }
  }
  if (!session_->leaving || !session_->searches.empty()) return;
  session_.reset();
  next_attempt_ = absl::InfinitePast();
}

// The probe of an idle connection gets a third of the timeout, so that lookups
// that arrive meanwhile have time left for the next connection.
absl::Duration DirectoryWorker::TimeoutFor(const Search& search) const {
  return search.idle_probe ? policy_.timeout / 3 : policy_.timeout;
}

// Gives up the connection because `search` was not answered. Either the server
// hangs, or a firewall has forgotten the connection. If the connection had been
// idle, a new connection at once shows which. A lost probe of an idle
// connection does not count as a failure of the server: no recipient waits for
// it, and lookups that arrived meanwhile are sent on the next connection.
void DirectoryWorker::LoseSilent(const Search& search) {
  const std::string idle = absl::FormatDuration(
      absl::Trunc(idle_.IdleBefore(search.sent), absl::Milliseconds(1)));
  std::string why =
      absl::StrCat("search: no answer within ",
                   absl::FormatDuration(
                       absl::Trunc(TimeoutFor(search), absl::Milliseconds(1))));
  const bool probe = search.idle_probe;
  const bool was_idle = idle_.Lost(search.sent, probe);
  if (!was_idle) {
    why += "; the server hangs, or is too slow for this search";
  } else {
    absl::StrAppend(
        &why, " on a connection that was idle for ", idle,
        "; a firewall between may have forgotten it: set probe_idle "
        "to less than the time after which it does");
  }
  if (probe && executor_->Now() - said_forgotten_ >= HealthLog::kRepeat) {
    said_forgotten_ = executor_->Now();
    health_.Log(absl::StrCat("had an idle connection replaced: ", why,
                             ". No recipient was deferred for it"));
  }
  DropConnection(why, probe ? Loss::kClosed : Loss::kSilent);
  if (was_idle) next_attempt_ = executor_->Now();
}

// A server may close an idle connection, or restart. So lookups that were lost
// are sent once more, on the next connection. The server counts as down if a
// lookup is lost twice, if the server hangs, or if it closes the connection
// before it has answered a search.
void DirectoryWorker::DropConnection(const std::string& why, Loss loss) {
  const bool retry = loss == Loss::kClosed;
  Session dropped = *std::exchange(session_, std::nullopt);
  Questions lost;
  Questions again;
  for (auto& [id, search] : dropped.searches) {
    for (Question& question : search.questions) {
      const bool may_retry = retry && !question.retried;
      question.retried = true;
      (may_retry ? again : lost).push_back(std::move(question));
    }
  }
  const bool down = !retry || !dropped.proven || !lost.empty();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting_.PushFront(std::move(again));
  }
  // The failure is reported before the answers are given. Otherwise a lookup
  // that comes in between would see a server that owes no answer, and take it
  // for a healthy one.
  if (down) GoDown(why);
  GiveUp(std::move(lost), why);
}

void DirectoryWorker::GoDown(const std::string& why, absl::Duration retry) {
  next_attempt_ = executor_->Now() + retry;
  Questions waiting;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    down_ = true;
    down_why_ = why;
    waiting = waiting_.TakeAll();
  }
  health_.Report(why);
  GiveUp(std::move(waiting), why);
}

}  // namespace mailverdict
