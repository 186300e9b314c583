// The part of DirectoryWorker that makes, keeps and gives up its connection.

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/ldap/worker.h"
#include "lib/loop/health.h"

namespace mailverdict {
namespace {

// Over the life of the program, so that a transcript's number means one
// connection.
std::atomic<uint64_t> g_connections{0};

}  // namespace

bool DirectoryWorker::BeginOpening() {
  const std::lock_guard<std::mutex> lock(mutex_);
  opening_ = !stop_;
  return opening_;
}

bool DirectoryWorker::EndOpening() {
  const std::lock_guard<std::mutex> lock(mutex_);
  opening_ = false;
  return !stop_;
}

bool DirectoryWorker::Connect() {
  // Not within the opening, in which the executor may go.
  const absl::Time since = executor_->Now();
  if (!BeginOpening()) return false;
  absl::StatusOr<std::unique_ptr<LdapConnection>> opened = LdapConnection::Open(
      policy_, uri_, ++g_connections, account_.get(), since);
  if (!EndOpening()) return false;
  if (!opened.ok()) {
    GoDown(
        std::string(opened.status().message()),
        absl::IsUnauthenticated(opened.status()) ? BindAccount::kLook : kRetry);
    return true;
  }
  connection_ = *std::move(opened);
  opening_since_ = since;
  opening_took_ = executor_->Now() - since;
  idle_.Opened(executor_->Now());
  next_attempt_ = executor_->Now() + kRetry;
  // The controls alone: the log is to say how the directory is before a
  // recipient has to find out, and one that was down is not up before it has
  // answered a search.
  proven_ = all_controls_.empty();
  leaving_ = false;
  if (proven_) {
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

// InfiniteFuture while a search is under way: it will tell as well.
absl::Time DirectoryWorker::NextProbe() const {
  if (all_controls_.empty() || leaving_ || !searches_.empty()) {
    return absl::InfiniteFuture();
  }
  return health_.failing() ? next_probe_ : idle_.NextProbe();
}

// The controls alone. While the server is failing, so that no recipient need
// find out that it is well again; on an idle connection, so that none need find
// out that a firewall has forgotten it.
void DirectoryWorker::Probe() {
  const absl::Time now = executor_->Now();
  if (now < NextProbe()) return;
  next_probe_ = now + kProbe;
  Send({}, all_controls_, /*idle_probe=*/!health_.failing());
}

bool DirectoryWorker::SomebodyWaits() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return waiting_.size() > 0;
}

// Nothing came back on an idle connection before, so this one is replaced
// before the recipients who wait are asked for on it.
void DirectoryWorker::LeaveUntrusted() {
  if (connection_ == nullptr || !searches_.empty() ||
      idle_.Trusts(executor_->Now()) || !SomebodyWaits()) {
    return;
  }
  connection_.reset();
  next_attempt_ = absl::InfinitePast();
}

// A connection that is open goes on to the machine that had the name when it
// was made. Each lookup counts once, so one that is older than the connection
// makes no loop.
void DirectoryWorker::FollowName() {
  HostAddresses addresses;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    addresses.swap(addresses_);
  }
  if (connection_ == nullptr) return;
  if (!leaving_ && !addresses.empty()) {
    const std::string peer = connection_->peer();
    leaving_ = !peer.empty() && std::find(addresses.begin(), addresses.end(),
                                          peer) == addresses.end();
    if (leaving_) {
      health_.Log(absl::StrCat("is at ", absl::StrJoin(addresses, ", "),
                               " now, no longer at ", peer,
                               ": connecting anew"));
    }
  }
  if (!leaving_ || !searches_.empty()) return;
  connection_.reset();
  next_attempt_ = absl::InfinitePast();
}

// A third for the probe of an idle connection, so that recipients who come
// meanwhile have time left for the next one.
absl::Duration DirectoryWorker::PatienceFor(const Search& search) const {
  return search.idle_probe ? policy_.timeout / 3 : policy_.timeout;
}

// A server that hangs, or a connection that is not there any more? Of one that
// was idle it is asked by connecting anew, at once. A probe that is lost so is
// no failure of the directory: no recipient has waited for it, and those who
// came meanwhile are asked for on the next connection.
void DirectoryWorker::LoseSilent(const Search& search) {
  const std::string idle = absl::FormatDuration(
      absl::Trunc(idle_.IdleBefore(search.sent), absl::Milliseconds(1)));
  std::string why =
      absl::StrCat("search got no answer within ",
                   absl::FormatDuration(absl::Trunc(PatienceFor(search),
                                                    absl::Milliseconds(1))));
  const bool probe = search.idle_probe;
  const bool was_idle = idle_.Lost(search.sent, probe);
  if (was_idle) {
    absl::StrAppend(
        &why, " on a connection that was idle for ", idle,
        "; a firewall between may have forgotten it: set probe_idle "
        "to less than the time after which it does");
  }
  if (probe && executor_->Now() - said_forgotten_ >= Health::kRepeat) {
    said_forgotten_ = executor_->Now();
    health_.Log(absl::StrCat("had an idle connection replaced: ", why,
                             ". No recipient was deferred for it"));
  }
  DropConnection(why, probe ? Loss::kClosed : Loss::kSilent);
  if (was_idle) next_attempt_ = executor_->Now();
}

// A server may close a connection that was idle, or restart: its questions are
// asked once more on the next connection. A second loss, a server that hangs,
// or one that closes before it has answered anything, is what it looks like.
void DirectoryWorker::DropConnection(const std::string& why, Loss loss) {
  const bool retry = loss == Loss::kClosed;
  connection_.reset();
  Questions lost;
  Questions again;
  for (auto& [id, search] : searches_) {
    for (Question& question : search.questions) {
      const bool may_retry = retry && !question.retried;
      question.retried = true;
      (may_retry ? again : lost).push_back(std::move(question));
    }
  }
  searches_.clear();
  const bool down = !retry || !proven_ || !lost.empty();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting_.PushFront(std::move(again));
  }
  GiveUp(std::move(lost), why);
  if (down) GoDown(why);
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
