#include "lib/resolver/server_health.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mailverdict {

ServerHealth::ServerHealth(const std::string& service,
                           std::string effect_on_mail, std::string uri,
                           Executor* executor, HealthHooks hooks)
    : service_(service),
      executor_(executor),
      hooks_(std::make_shared<const HealthHooks>(std::move(hooks))),
      health_(service, std::move(effect_on_mail)) {
  state_.uri = std::move(uri);
}

void ServerHealth::Report(const std::string& trouble) {
  const bool failed_before = health_.failing();
  Note(trouble);
  if (!trouble.empty() && hooks_->on_trouble) {
    executor_->Post([hooks = hooks_] { hooks->on_trouble(); });
  } else if (failed_before && trouble.empty() && hooks_->on_healed) {
    executor_->Post([hooks = hooks_] { hooks->on_healed(); });
  }
}

void ServerHealth::ReportSlow(const std::string& why) { Note(why); }

void ServerHealth::Note(const std::string& trouble) {
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
    state_.why = trouble.empty() ? health_.Unsteadiness(now) : trouble;
  }
  if (line.has_value()) Write(*line);
}

bool ServerHealth::unsteady() const {
  return !health_.Unsteadiness(executor_->Now()).empty();
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
