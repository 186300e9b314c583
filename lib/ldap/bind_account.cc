#include "lib/ldap/bind_account.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

absl::Duration WaitAfter(int refusals) {
  absl::Duration wait = BindAccount::kFirstWait;
  for (int i = 1; i < refusals && wait < BindAccount::kMaxWait; ++i) wait *= 2;
  return std::min(wait, BindAccount::kMaxWait);
}

std::string InSeconds(absl::Duration left) {
  return absl::FormatDuration(absl::Ceil(left, absl::Seconds(1)));
}

}  // namespace

BindAccount::Attempt::Attempt(BindAccount* account, std::string uri,
                              absl::Time now, bool alone)
    : account_(account),
      uri_(std::move(uri)),
      now_(now),
      alone_(alone),
      credentials_(account->credentials_) {}

BindAccount::Attempt::Attempt(Attempt&& other) noexcept
    : account_(std::exchange(other.account_, nullptr)),
      uri_(std::move(other.uri_)),
      now_(other.now_),
      alone_(other.alone_),
      credentials_(other.credentials_) {}

BindAccount::Attempt::~Attempt() {
  if (account_ == nullptr || !alone_) return;
  const std::lock_guard<std::mutex> lock(account_->mutex_);
  account_->taken_ = false;
  account_->free_.notify_all();
}

void BindAccount::Attempt::Accepted() {
  const std::lock_guard<std::mutex> lock(account_->mutex_);
  if (IsCurrent()) account_->Accept(uri_);
}

void BindAccount::Attempt::Refused(const std::string& why) {
  const std::lock_guard<std::mutex> lock(account_->mutex_);
  if (IsCurrent()) account_->Refuse(uri_, why, now_);
}

absl::Status BindAccount::MayBind(const std::string& uri,
                                  const std::string& credentials,
                                  absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Renew(credentials);
  return Allowed(uri, now);
}

absl::StatusOr<BindAccount::Attempt> BindAccount::BeginAttempt(
    const std::string& uri, const std::string& credentials, absl::Time now) {
  std::unique_lock<std::mutex> lock(mutex_);
  Renew(credentials);
  // An anonymous bind cannot lock an account, so it does not have to wait for
  // other attempts.
  const bool matters = !credentials.empty();
  if (matters && !Proven()) {
    free_.wait_for(lock, absl::ToChronoMilliseconds(kMaxAttemptWait),
                   [this] { return !taken_; });
  }
  const absl::Status allowed = Allowed(uri, now);
  if (!allowed.ok()) return allowed;
  const bool alone = matters && !taken_ && !Proven();
  taken_ |= alone;
  return Attempt(this, uri, now, alone);
}

void BindAccount::Renew(const std::string& credentials) {
  const size_t hash = std::hash<std::string>()(credentials);
  if (hash == credentials_) return;
  credentials_ = hash;
  StartOver();
}

void BindAccount::ForgetRefusals() {
  const std::lock_guard<std::mutex> lock(mutex_);
  StartOver();
}

void BindAccount::StartOver() {
  servers_.clear();
  accepted_at_ = refused_at_ = 0;
  refusals_ = 0;
  until_ = absl::InfinitePast();
}

BindAccount::Server& BindAccount::Find(const std::string& uri) {
  const auto [server, added] = servers_.try_emplace(uri);
  if (added) server->second.until = until_;
  return server->second;
}

absl::Status BindAccount::Allowed(const std::string& uri, absl::Time now) {
  const Server& server = Find(uri);
  if (now >= server.until) return absl::OkStatus();
  const std::string left = InSeconds(server.until - now);
  if (server.refused_at != 0) {
    return absl::UnauthenticatedError(
        absl::StrCat(server.why, "; the next attempt is in ", left));
  }
  return absl::UnauthenticatedError(absl::StrCat(
      "not bound to, since ", refuser_, " refused the same account: ", why_,
      "; the next attempt is in ", left));
}

// The password is right, so all servers may be tried at once. One kind of
// server is left out: it refused this password again after another server had
// accepted it. That fault is the server's own, and it keeps its wait.
void BindAccount::Accept(const std::string& uri) {
  const uint64_t before = std::exchange(accepted_at_, ++events_);
  Server& server = Find(uri);
  server = Server();
  server.accepted = true;
  refusals_ = 0;
  until_ = absl::InfinitePast();
  for (auto& [name, other] : servers_) {
    const bool alone = other.refused_at != 0 && other.refused_at < before;
    if (!alone) other.until = absl::InfinitePast();
  }
}

void BindAccount::Refuse(const std::string& uri, const std::string& why,
                         absl::Time now) {
  Server& server = Find(uri);
  // Another server has accepted the password since this one first refused it.
  // So the password is right, and this server is behind.
  const bool alone = server.refused_at != 0 && server.refused_at < accepted_at_;
  server.accepted = false;
  server.why = why;
  ++server.refusals;
  ++events_;
  if (server.refused_at == 0) server.refused_at = events_;
  if (alone) {
    server.until = now + WaitAfter(server.refusals);
    return;
  }
  refused_at_ = events_;
  refuser_ = uri;
  why_ = why;
  const absl::Duration wait = WaitAfter(++refusals_);
  until_ = now + wait;
  for (auto& [name, other] : servers_) {
    // A server that accepted the password before is tried again soon. If only
    // `uri` is behind, another server that was restarted must not wait for ten
    // minutes.
    const absl::Duration its = other.accepted ? kFirstWait : wait;
    other.until = std::max(other.until, now + its);
  }
  server.until = until_ + kRefuserExtraWait;
}

}  // namespace mailverdict
