#include <utility>

#include "absl/strings/substitute.h"
#include "lib/policy/loader/parts.h"
#include "lib/policy/loader/values.h"

namespace mailverdict {
namespace {

using L = proto::Listener;

// Which of the three a listener is.
struct Kind {
  ListenerPolicy::Protocol protocol;
  int field;
  std::string name;
  std::string address;
};

// One error if it is none of them, or several.
std::optional<Kind> KindOf(const Node<L>& node) {
  using Protocol = ListenerPolicy::Protocol;
  std::vector<Kind> kinds;
  if (node->has_socketmap()) {
    kinds.push_back({Protocol::kSocketmap, L::kSocketmapFieldNumber,
                     "socketmap", node->socketmap()});
  }
  if (node->has_milter()) {
    kinds.push_back(
        {Protocol::kMilter, L::kMilterFieldNumber, "milter", node->milter()});
  }
  if (node->has_control()) {
    kinds.push_back({Protocol::kControl, L::kControlFieldNumber, "control",
                     node->control()});
  }
  if (kinds.size() > 1) {
    node.Error(kinds[1].field,
               absl::StrCat(kinds[1].name, " stands beside ", kinds[0].name,
                            "; write two listeners"));
    return std::nullopt;
  }
  if (kinds.size() == 1) return kinds[0];
  Require(node, "listener",
          {{L::kSocketmapFieldNumber, "unix:/run/mailverdict/socketmap"}});
  return std::nullopt;
}

void CheckSocket(const Node<L>& node, const Kind& kind, Unique* addresses) {
  const std::string& address = kind.address;
  if (const Complaint complaint = CheckSocketAddress(address)) {
    node.Error(kind.field, absl::StrCat(kind.name, " ", *complaint));
    return;
  }
  if (const Complaint doubt = DoubtSocketAddress(address)) {
    node.Warning(kind.field, absl::StrCat(kind.name, " ", *doubt));
  }
  addresses->Add(address, node.At(kind.field),
                 absl::StrCat("listener ", Quoted(address)));
  if (address.compare(0, 5, "unix:") == 0) return;
  if (kind.protocol == ListenerPolicy::Protocol::kControl) {
    node.Error(kind.field,
               "control has to be a unix socket, since who connects may make "
               "everything pass; write unix:/run/mailverdict/control");
  }
  const auto only_unix = [&](bool has, int field, std::string_view name) {
    if (!has) return;
    node.Error(field, absl::StrCat(absl::string_view(name.data(), name.size()),
                                   " is of unix: sockets only; remove it"));
  };
  only_unix(node->has_mode(), L::kModeFieldNumber, "mode");
  only_unix(node->has_owner(), L::kOwnerFieldNumber, "owner");
  only_unix(node->has_group(), L::kGroupFieldNumber, "group");
}

std::string ReadAccount(const Node<L>& node, int field, std::string_view name,
                        const std::string& account) {
  if (account.empty()) return "";
  if (const Complaint complaint = CheckWord(account, "mail")) {
    node.Error(field, absl::StrCat(absl::string_view(name.data(), name.size()),
                                   " ", *complaint));
  }
  return account;
}

}  // namespace

void ReadListeners(const Node<proto::Policy>& node, Policy* policy) {
  Unique addresses(&node.faults());
  Unique milters(&node.faults());
  for (int i = 0; i < node->listener_size(); ++i) {
    const Node<L> listener =
        node.Child(node->listener(i), proto::Policy::kListenerFieldNumber, i);
    ListenerPolicy result;
    if (const std::optional<Kind> kind = KindOf(listener)) {
      result.protocol = kind->protocol;
      result.address = kind->address;
      CheckSocket(listener, *kind, &addresses);
      // libmilter serves one address in a process.
      if (kind->protocol == ListenerPolicy::Protocol::kMilter) {
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
    policy->listeners.push_back(std::move(result));
  }
}

}  // namespace mailverdict
