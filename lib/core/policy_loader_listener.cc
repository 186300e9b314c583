#include <utility>

#include "absl/strings/substitute.h"
#include "lib/core/policy_loader_parts.h"
#include "lib/core/policy_loader_values.h"

namespace mailverdict {
namespace {

using L = proto::Listener;

void CheckSocket(const Node<L>& node, Unique* addresses) {
  const std::string& address = node->socketmap();
  if (const Complaint complaint = CheckSocketmap(address)) {
    node.Error(L::kSocketmapFieldNumber,
               absl::StrCat("socketmap ", *complaint));
    return;
  }
  if (const Complaint doubt = DoubtSocketmap(address)) {
    node.Warning(L::kSocketmapFieldNumber, absl::StrCat("socketmap ", *doubt));
  }
  addresses->Add(address, node.At(L::kSocketmapFieldNumber),
                 absl::StrCat("listener ", Quoted(address)));
  if (address.compare(0, 5, "unix:") == 0) return;
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
  for (int i = 0; i < node->listener_size(); ++i) {
    const Node<L> listener =
        node.Child(node->listener(i), proto::Policy::kListenerFieldNumber, i);
    if (Require(
            listener, "listener",
            {{L::kSocketmapFieldNumber, "unix:/run/mailverdict/socketmap"}})) {
      CheckSocket(listener, &addresses);
    }
    ListenerPolicy result;
    result.socketmap = listener->socketmap();
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
