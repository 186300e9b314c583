#include "adapters/daemon/admin.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "adapters/daemon/version.h"
#include "lib/mail/escape.h"
#include "lib/policy/loader/overrides_reader.h"

namespace mailverdict {
namespace {

// A text that a server or a stranger may have written, on one line.
std::string OnOneLine(const std::string& text) {
  return mail::EscapeLine(absl::StrReplaceAll(text, {{"\n", "; "}}));
}

std::string Utc(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string ServerLine(const ServerState& server,
                       absl::string_view not_yet = "has not answered yet") {
  if (server.since == absl::InfinitePast()) {
    return absl::StrCat("  ", server.uri, " ", not_yet, "\n");
  }
  return absl::StrCat("  ", server.uri,
                      server.failing ? " FAILS since " : " well since ",
                      Utc(server.since), server.why.empty() ? "" : ": ",
                      OnOneLine(server.why), "\n");
}

// What is in force, and beside it what the policy says if that is another.
std::string InForce(std::string_view name, const std::string& set,
                    const std::string& policy) {
  return absl::StrCat(absl::string_view(name.data(), name.size()), " ", set,
                      set == policy ? ""
                                    : absl::StrCat(" SET BY AN OPERATOR "
                                                   "(policy: ",
                                                   policy, ")"));
}

std::string LimitsLine(const DirectoryPolicy& policy,
                       const Overrides& overrides) {
  return absl::StrCat(
      "  ",
      InForce("grace", absl::FormatDuration(GraceOf(policy, overrides)),
              absl::FormatDuration(policy.grace)),
      ", ",
      InForce("vanished", VanishLimitOf(policy, overrides).ToString(),
              VanishLimitOf(policy, {}).ToString()),
      "\n");
}

std::string VanishedLine(const DaemonStatus::Directory& directory,
                         const VanishLimit& limit) {
  if (!directory.vanished.has_value()) {
    return "  HELD: the memory does not answer\n";
  }
  const std::vector<absl::Time>& times = directory.vanished->times;
  if (times.empty()) return "";
  const bool held = TooManyVanished(times, limit.vanished, limit.within);
  std::string line = absl::StrCat(
      "  ", held ? "HELD, nobody is rejected: " : "", times.size(),
      " addresses are missing that were seen before, the last since ",
      Utc(times.back()), "\n");
  if (held) {
    absl::StrAppend(&line, "  if they are gone indeed: mailverdict release ",
                    directory.policy->name, "\n");
  }
  return line;
}

std::string ListFileLine(const DaemonStatus::ListFile& file) {
  using State = DaemonStatus::ListFile::State;
  std::string line =
      absl::StrCat("file ", file.path, " ", file.entries, " entries");
  if (file.state == State::kGood) return line + "\n";
  const bool held = file.state == State::kHeld;
  absl::StrAppend(&line, held ? ", HELD since " : ", BROKEN since ",
                  Utc(file.since), ": ", OnOneLine(file.why), "\n");
  absl::StrAppend(&line,
                  held ? "  they stay in force; if they are gone indeed: "
                         "mailverdict accept "
                       : "  its last good version stays in force until the "
                         "file is mended",
                  held ? file.path : "", "\n");
  return line;
}

std::string Done(const absl::Status& status) {
  return status.ok()
             ? "OK done\n"
             : absl::StrCat("PERM ", OnOneLine(std::string(status.message())));
}

// Of a key such as "people 24h": the directory, and what to set, nullopt for
// "people policy".
template <typename T>
absl::StatusOr<std::pair<std::string, std::optional<T>>> ReadSetting(
    std::string_view key, absl::StatusOr<T> (*read)(std::string_view)) {
  const size_t blank = key.find(' ');
  if (blank == std::string_view::npos) {
    return absl::InvalidArgumentError(
        "write a directory and a value, or \"policy\" in its place");
  }
  const std::string_view text = key.substr(blank + 1);
  std::pair<std::string, std::optional<T>> setting(key.substr(0, blank),
                                                   std::nullopt);
  if (text == "policy") return setting;
  const absl::StatusOr<T> value = read(text);
  if (!value.ok()) return value.status();
  setting.second = *value;
  return setting;
}

absl::Status OrderGrace(AdminService* daemon, std::string_view key) {
  const auto setting = ReadSetting(key, ReadGrace);
  if (!setting.ok()) return setting.status();
  return daemon->SetGrace(setting->first, setting->second);
}

absl::Status OrderHoldLimit(AdminService* daemon, std::string_view key) {
  const auto setting = ReadSetting(key, ReadVanishLimit);
  if (!setting.ok()) return setting.status();
  return daemon->SetVanishLimit(setting->first, setting->second);
}

std::string OrderDomain(AdminService* daemon, std::string_view key) {
  using Mark = MissingDomain::Mark;
  if (key == "list") {
    const absl::StatusOr<std::string> list = daemon->ListDomains();
    return list.ok() ? absl::StrCat("OK ", *list) : Done(list.status());
  }
  const size_t blank = key.find(' ');
  const std::string_view verb = key.substr(0, blank);
  if (blank != std::string_view::npos) {
    const std::string domain(key.substr(blank + 1));
    if (verb == "add") return Done(daemon->MarkDomain(domain, Mark::kAdded));
    if (verb == "pin") return Done(daemon->MarkDomain(domain, Mark::kPinned));
    if (verb == "remove") return Done(daemon->MarkDomain(domain, Mark::kNone));
  }
  return "PERM write list, or add, pin or remove and a domain";
}

}  // namespace

std::string_view ToString(OperatorMode mode) {
  switch (mode) {
    case OperatorMode::kOff:
      return "off";
    case OperatorMode::kDeferAll:
      return "defer-all";
    case OperatorMode::kPassAll:
      return "pass-all";
  }
  return "?";
}

std::optional<OperatorMode> ParseOperatorMode(std::string_view word) {
  for (const OperatorMode mode :
       {OperatorMode::kOff, OperatorMode::kDeferAll, OperatorMode::kPassAll}) {
    if (word == mailverdict::ToString(mode)) return mode;
  }
  return std::nullopt;
}

std::string DaemonStatus::ToString() const {
  const std::string_view word = mailverdict::ToString(mode);
  std::string text = absl::StrCat(
      "mailverdictd ", kVersion, " up ",
      absl::FormatDuration(absl::Trunc(now - started, absl::Seconds(1))), ", ",
      policy_path, shadow ? ", in SHADOW: everything passes\n" : "\n");
  absl::StrAppend(&text, "hold ", absl::string_view(word.data(), word.size()));
  if (mode != OperatorMode::kOff) {
    absl::StrAppend(&text, " SINCE ", Utc(mode_since));
  }
  absl::StrAppend(&text, "\n", connections, " socket map connections, ",
                  sessions, " milter sessions\nmemory ", history, "\n");
  for (const OpenAlarm& alarm : open_alarms) {
    absl::StrAppend(&text, "ALARM since ", Utc(alarm.since), ": ",
                    OnOneLine(alarm.line), "\n");
  }
  for (const Directory& directory : directories) {
    absl::StrAppend(&text, "directory ", directory.policy->name, "\n");
    for (const ServerState& server : directory.servers) {
      text += ServerLine(server);
    }
    text += LimitsLine(*directory.policy, overrides);
    text +=
        VanishedLine(directory, VanishLimitOf(*directory.policy, overrides));
  }
  for (const ListFile& file : files) text += ListFileLine(file);
  constexpr absl::string_view kUntested = "has not been tested";
  if (dns.has_value()) {
    text += dns->proves ? "dns\n"
                        : "dns, NO control: no domain is proven not to exist\n";
    for (const ServerState& server : dns->servers) {
      text += ServerLine(server, kUntested);
    }
  }
  for (const List& list : lists) {
    absl::StrAppend(&text, "list ", list.zone, "\n");
    for (const ServerState& server : list.servers) {
      text += ServerLine(server, kUntested);
    }
  }
  return text;
}

void AnswerAdminRequest(AdminService* daemon, const socketmap::Request& request,
                        const socketmap::Responder& reply) {
  if (request.map == "explain") {
    AnswerExplain(daemon, request.key, Stage::kRcpt, reply);
  } else if (request.map == "explain-sender") {
    AnswerExplain(daemon, request.key, Stage::kMail, reply);
  } else if (request.map == "status") {
    reply.Send(absl::StrCat("OK ", daemon->Status().ToString()));
  } else if (request.map == "hold") {
    const std::optional<OperatorMode> mode = ParseOperatorMode(request.key);
    if (mode.has_value()) daemon->SetMode(*mode);
    reply.Send(mode.has_value() ? "OK done\n"
                                : "PERM write defer-all, pass-all or off");
  } else if (request.map == "release") {
    reply.Send(Done(daemon->ReleaseHold(std::string(request.key))));
  } else if (request.map == "grace") {
    reply.Send(Done(OrderGrace(daemon, request.key)));
  } else if (request.map == "vanished") {
    reply.Send(Done(OrderHoldLimit(daemon, request.key)));
  } else if (request.map == "accept") {
    daemon->Accept(
        std::string(request.key),
        [reply](const absl::Status& status) { reply.Send(Done(status)); });
  } else if (request.map == "domain") {
    reply.Send(OrderDomain(daemon, request.key));
  } else if (request.map == "ping") {
    reply.Send("OK pong");
  } else {
    reply.Send(
        "PERM no such order; there are explain, explain-sender, status, "
        "hold, release, grace, vanished, accept, domain, ping");
  }
}

}  // namespace mailverdict
