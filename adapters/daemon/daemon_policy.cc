#include "adapters/daemon/daemon_policy.h"

#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/policy/loader/fields.h"
#include "lib/policy/loader/program_settings.h"

namespace mailverdict {
namespace {

using P = proto::Policy;
using L = proto::Listener;

// The protocol of a listener and where it was written.
struct Kind {
  Listener::Protocol protocol;
  int field;  // in proto::Listener
  std::string name;
  std::string address;
};

// nullopt, and one error, if a listener has no protocol or several.
std::optional<Kind> KindOf(const ParsedMessage<L>& parsed) {
  using Protocol = Listener::Protocol;
  std::vector<Kind> kinds;
  if (parsed->has_socketmap()) {
    kinds.push_back({Protocol::kSocketmap, L::kSocketmapFieldNumber,
                     "socketmap", parsed->socketmap()});
  }
  if (parsed->has_milter()) {
    kinds.push_back(
        {Protocol::kMilter, L::kMilterFieldNumber, "milter", parsed->milter()});
  }
  if (parsed->has_control()) {
    // Its name until November 2026; `control` means something else here.
    kinds.push_back({Protocol::kAdmin, L::kControlFieldNumber, "control",
                     parsed->control()});
    parsed.Warning(L::kControlFieldNumber,
                   absl::StrCat("control is called admin now; write admin: \"",
                                parsed->control(), "\""));
  }
  if (parsed->has_admin()) {
    kinds.push_back(
        {Protocol::kAdmin, L::kAdminFieldNumber, "admin", parsed->admin()});
  }
  if (kinds.size() > 1) {
    parsed.Error(kinds[1].field,
                 absl::StrCat(kinds[1].name, " stands beside ", kinds[0].name,
                              "; write two listeners"));
    return std::nullopt;
  }
  if (kinds.size() == 1) return kinds[0];
  Require(parsed, "listener",
          {{L::kSocketmapFieldNumber, "unix:/run/mailverdict/socketmap"}});
  return std::nullopt;
}

void CheckSocket(const ParsedMessage<L>& parsed, const Kind& kind,
                 UniqueValues* addresses) {
  const std::string& address = kind.address;
  if (const Complaint complaint = CheckSocketAddress(address)) {
    parsed.Error(kind.field, absl::StrCat(kind.name, " ", *complaint));
    return;
  }
  if (const Complaint doubt = SocketAddressWarning(address)) {
    parsed.Warning(kind.field, absl::StrCat(kind.name, " ", *doubt));
  }
  addresses->Add(address, parsed.At(kind.field),
                 absl::StrCat("listener ", Quoted(address)));
  if (address.compare(0, 5, "unix:") == 0) return;
  if (kind.protocol == Listener::Protocol::kAdmin) {
    parsed.Error(kind.field,
                 absl::StrCat(kind.name,
                              " has to be a unix socket, since its clients may "
                              "make everything pass; write "
                              "unix:/run/mailverdict/admin"));
  }
  const auto only_unix = [&](bool has, int field, std::string_view name) {
    if (!has) return;
    parsed.Error(field,
                 absl::StrCat(absl::string_view(name.data(), name.size()),
                              " is of unix: sockets only; remove it"));
  };
  only_unix(parsed->has_mode(), L::kModeFieldNumber, "mode");
  only_unix(parsed->has_owner(), L::kOwnerFieldNumber, "owner");
  only_unix(parsed->has_group(), L::kGroupFieldNumber, "group");
}

std::string ReadAccount(const ParsedMessage<L>& parsed, int field,
                        std::string_view name, const std::string& account) {
  if (account.empty()) return "";
  if (const Complaint complaint = CheckWord(account, "mail")) {
    parsed.Error(field,
                 absl::StrCat(absl::string_view(name.data(), name.size()), " ",
                              *complaint));
  }
  return account;
}

// The least history.max_entries: a smaller history would forget addresses that
// get mail every day.
constexpr uint32_t kMinHistory = 1000;

void ReadListeners(const ParsedMessage<P>& parsed, DaemonPolicy* daemon) {
  UniqueValues addresses(&parsed.faults());
  UniqueValues milters(&parsed.faults());
  for (int i = 0; i < parsed->listener_size(); ++i) {
    const ParsedMessage<L> listener = parsed.Child(
        parsed->listener(i), proto::Policy::kListenerFieldNumber, i);
    Listener result;
    if (const std::optional<Kind> kind = KindOf(listener)) {
      result.protocol = kind->protocol;
      result.address = kind->address;
      CheckSocket(listener, *kind, &addresses);
      // libmilter serves one address in a process.
      if (kind->protocol == Listener::Protocol::kMilter) {
        milters.Add("", listener.At(kind->field), "the one milter listener");
      }
    }
    result.owner =
        ReadAccount(listener, L::kOwnerFieldNumber, "owner", listener->owner());
    result.group =
        ReadAccount(listener, L::kGroupFieldNumber, "group", listener->group());
    const absl::StatusOr<int> mode = ReadMode(listener->mode());
    if (mode.ok()) {
      result.mode = *mode;
    } else {
      listener.Error(L::kModeFieldNumber,
                     absl::StrCat("mode ", mode.status().message()));
    }
    daemon->listeners.push_back(std::move(result));
  }
}

void ReadProcess(const ParsedMessage<P>& parsed, DaemonPolicy* daemon) {
  daemon->user = parsed->user();
  if (parsed->has_user()) {
    if (const Complaint complaint = CheckWord(parsed->user(), "mailverdict")) {
      parsed.Error(P::kUserFieldNumber, absl::StrCat("user ", *complaint));
    }
  }
  daemon->log =
      parsed->log() == P::SYSLOG ? LogTarget::kSyslog : LogTarget::kStderr;
  daemon->max_connections = parsed->max_connections();
  if (parsed->max_connections() == 0) {
    parsed.Error(P::kMaxConnectionsFieldNumber,
                 "max_connections is 0, so nobody could ask; write 1 or more");
  }
}

void ReadHistory(const ParsedMessage<P>& parsed_policy, DaemonPolicy* daemon) {
  if (!parsed_policy->has_history()) return;
  using H = proto::History;
  const ParsedMessage<H> parsed =
      parsed_policy.Child(parsed_policy->history(), P::kHistoryFieldNumber);
  daemon->history.path = parsed->file();
  daemon->history.max_entries = parsed->max_entries();
  if (Require(parsed, "history",
              {{H::kFileFieldNumber, "/var/lib/mailverdict/history"}})) {
    if (const Complaint complaint =
            CheckPath(parsed->file(), "/var/lib/mailverdict/history")) {
      parsed.Error(H::kFileFieldNumber, absl::StrCat("file ", *complaint));
    }
  }
  if (parsed->max_entries() < kMinHistory) {
    parsed.Error(H::kMaxEntriesFieldNumber,
                 absl::StrCat("max_entries is ", parsed->max_entries(),
                              "; write ", kMinHistory, " or more"));
  }
}

void ReadMaxListLoss(const ParsedMessage<P>& parsed, DaemonPolicy* daemon) {
  if (parsed->max_list_loss_percent() > 100) {
    parsed.Error(
        P::kMaxListLossPercentFieldNumber,
        absl::StrCat("max_list_loss_percent is ",
                     parsed->max_list_loss_percent(), "; write 0 to 100"));
    return;
  }
  daemon->max_list_loss_percent =
      static_cast<int>(parsed->max_list_loss_percent());
}

auto Fields(const Listener& l) {
  return std::tie(l.protocol, l.address, l.mode, l.owner, l.group);
}
auto Fields(const HistoryFile& h) { return std::tie(h.path, h.max_entries); }
auto ProcessFields(const DaemonPolicy& d) {
  return std::tie(d.listeners, d.max_connections, d.user, d.log, d.history);
}

}  // namespace

bool Listener::operator==(const Listener& other) const {
  return Fields(*this) == Fields(other);
}

bool HistoryFile::operator==(const HistoryFile& other) const {
  return Fields(*this) == Fields(other);
}

bool DaemonPolicy::CanReloadTo(const DaemonPolicy& other) const {
  return ProcessFields(*this) == ProcessFields(other);
}

absl::StatusOr<LoadedDaemonPolicy> LoadDaemonPolicy(std::string_view text,
                                                    std::string_view file_name,
                                                    const FileReader& read,
                                                    const ListReaders& lists) {
  LoadedDaemonPolicy result;
  absl::StatusOr<LoadedPolicy> loaded = LoadPolicyAndSettings(
      text, file_name, read, lists, [&](const ParsedMessage<P>& parsed) {
        ReadProcess(parsed, &result.daemon);
        ReadListeners(parsed, &result.daemon);
        ReadHistory(parsed, &result.daemon);
        ReadMaxListLoss(parsed, &result.daemon);
      });
  if (!loaded.ok()) return loaded.status();
  result.policy = std::move(loaded->policy);
  result.warnings = std::move(loaded->warnings);
  return result;
}

}  // namespace mailverdict
