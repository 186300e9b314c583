#include "adapters/daemon/control.h"

#include "absl/strings/str_cat.h"
#include "adapters/daemon/version.h"

namespace mailverdict {
namespace {

std::string Utc(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string ServerLine(const ServerState& server) {
  if (server.since == absl::InfinitePast()) {
    return absl::StrCat("  ", server.uri, " has not answered yet\n");
  }
  return absl::StrCat(
      "  ", server.uri, server.failing ? " FAILS since " : " well since ",
      Utc(server.since), server.failing ? ": " : "", server.why, "\n");
}

std::string VanishedLine(const DaemonStatus::Directory& directory) {
  const DirectoryPolicy& policy = *directory.policy;
  if (!directory.vanished.has_value()) {
    return "  HELD: the memory does not answer\n";
  }
  const std::vector<absl::Time>& times = directory.vanished->times;
  if (times.empty()) return "";
  const bool held =
      TooManyVanished(times, policy.hold_vanished, policy.hold_within);
  std::string line = absl::StrCat(
      "  ", held ? "HELD, nobody is rejected: " : "", times.size(),
      " addresses are missing that were seen before, the last since ",
      Utc(times.back()), "\n");
  if (held) {
    absl::StrAppend(&line, "  if they are gone indeed: mailverdict release ",
                    policy.name, "\n");
  }
  return line;
}

}  // namespace

std::string_view ToString(HoldMode mode) {
  switch (mode) {
    case HoldMode::kOff:
      return "off";
    case HoldMode::kDeferAll:
      return "defer-all";
    case HoldMode::kPassAll:
      return "pass-all";
  }
  return "?";
}

std::optional<HoldMode> ParseHoldMode(std::string_view word) {
  for (const HoldMode mode :
       {HoldMode::kOff, HoldMode::kDeferAll, HoldMode::kPassAll}) {
    if (word == mailverdict::ToString(mode)) return mode;
  }
  return std::nullopt;
}

std::string DaemonStatus::ToString() const {
  const std::string_view mode = mailverdict::ToString(hold);
  std::string text = absl::StrCat(
      "mailverdictd ", kVersion, " up ",
      absl::FormatDuration(absl::Trunc(now - started, absl::Seconds(1))), ", ",
      policy_path, shadow ? ", in SHADOW: everything passes\n" : "\n");
  absl::StrAppend(&text, "hold ", absl::string_view(mode.data(), mode.size()));
  if (hold != HoldMode::kOff) {
    absl::StrAppend(&text, " SINCE ", Utc(hold_since));
  }
  absl::StrAppend(&text, "\n", connections, " socket map connections, ",
                  sessions, " milter sessions\nmemory ", history, "\n");
  for (const Directory& directory : directories) {
    absl::StrAppend(&text, "directory ", directory.policy->name, "\n");
    for (const ServerState& server : directory.servers) {
      text += ServerLine(server);
    }
    text += VanishedLine(directory);
  }
  return text;
}

void AnswerControl(Controlled* daemon, const socketmap::Request& request,
                   const socketmap::Reply& reply) {
  if (request.map == "explain") {
    AnswerExplain(daemon, request.key, reply);
  } else if (request.map == "status") {
    reply.Send(absl::StrCat("OK ", daemon->Status().ToString()));
  } else if (request.map == "hold") {
    const std::optional<HoldMode> mode = ParseHoldMode(request.key);
    if (mode.has_value()) daemon->SetHold(*mode);
    reply.Send(mode.has_value() ? "OK done\n"
                                : "PERM write defer-all, pass-all or off");
  } else if (request.map == "release") {
    const absl::Status status = daemon->Release(std::string(request.key));
    reply.Send(status.ok() ? "OK done\n"
                           : absl::StrCat("PERM ", status.message()));
  } else if (request.map == "ping") {
    reply.Send("OK pong");
  } else {
    reply.Send(
        "PERM no such order; there are explain, status, hold, release, ping");
  }
}

}  // namespace mailverdict
