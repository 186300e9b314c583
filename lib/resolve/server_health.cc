#include "lib/resolve/server_health.h"

#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

// What the failure of one server means for the mail.
std::string_view Meanwhile(const DirectoryPolicy& policy) {
  if (policy.uris.size() == 1) return "who it does not show is deferred";
  if (policy.WantsSecond() && policy.uris.size() == 2) {
    return "the other server is asked, and who it does not show is deferred";
  }
  return "other servers are asked";
}

}  // namespace

ServerHealth::ServerHealth(const DirectoryPolicy& policy,
                           const std::string& uri, Executor* executor,
                           DirectoryHooks hooks)
    : service_(absl::StrCat("directory ", policy.name, " (", uri, ")")),
      executor_(executor),
      hooks_(std::make_shared<const DirectoryHooks>(std::move(hooks))),
      health_(service_, std::string(Meanwhile(policy))) {
  state_.uri = uri;
}

void ServerHealth::Report(const std::string& trouble) {
  const absl::Time now = executor_->Now();
  const bool failed_before = health_.failing();
  const std::optional<std::string> line =
      trouble.empty() ? health_.Healed(now) : health_.Failed(trouble, now);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (state_.since == absl::InfinitePast() ||
        failed_before != health_.failing()) {
      state_.since = now;
    }
    state_.failing = health_.failing();
    state_.why = trouble;
  }
  if (!trouble.empty() && hooks_->on_trouble) {
    executor_->Post([hooks = hooks_] { hooks->on_trouble(); });
  } else if (failed_before && trouble.empty() && hooks_->on_healed) {
    executor_->Post([hooks = hooks_] { hooks->on_healed(); });
  }
  if (line.has_value()) Write(*line);
}

void ServerHealth::Log(const std::string& what) {
  Write(absl::StrCat(service_, " ", what));
}

ServerState ServerHealth::state() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return state_;
}

void ServerHealth::Write(const std::string& line) {
  if (!hooks_->log) return;
  executor_->Post([hooks = hooks_, line] { hooks->log(line); });
}

}  // namespace mailverdict
