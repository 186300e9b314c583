#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/substitute.h"
#include "lib/policy/dns_server.h"
#include "lib/policy/loader/read_policy.h"
#include "lib/policy/loader/values.h"

namespace mailverdict {
namespace {

using D = proto::Dns;

constexpr absl::Duration kMinTimeout = absl::Milliseconds(100);
constexpr absl::Duration kMaxTimeout = absl::Seconds(5);

// The space for a random label that nobody has asked for before (dns_vouch.h).
constexpr size_t kRoomForLabel = 32;

void ReadDnsServers(const Node<D>& node, DnsPolicy* dns) {
  UniqueValues servers(&node.faults());
  for (int i = 0; i < node->server_size(); ++i) {
    const absl::StatusOr<DnsServer> server = DnsServer::Parse(node->server(i));
    if (!server.ok()) {
      node.Error(D::kServerFieldNumber,
                 absl::StrCat("server ", server.status().message()), i);
      continue;
    }
    // The canonical spelling finds one server that is listed in two spellings.
    dns->servers.push_back(server->ToString());
    servers.Add(dns->servers.back(), node.At(D::kServerFieldNumber, i),
                absl::StrCat("server ", Quoted(dns->servers.back())));
  }
}

void ReadPositiveControls(const Node<D>& node, DnsPolicy* dns) {
  UniqueValues controls(&node.faults());
  for (int i = 0; i < node->control_size(); ++i) {
    const std::string& text = node->control(i);
    const bool wildcard = absl::StartsWith(text, "*.");
    std::string name = ReadZone(node, D::kControlFieldNumber, "control", text,
                                i, wildcard ? 2 : 0, kRoomForLabel);
    if (name.empty()) continue;
    controls.Add(absl::StrCat(wildcard ? "*." : "", name),
                 node.At(D::kControlFieldNumber, i),
                 absl::StrCat("control ", Quoted(text)));
    dns->controls.push_back({std::move(name), wildcard});
  }
}

void ReadNegativeControls(const Node<D>& node, DnsPolicy* dns) {
  if (node->absent_below_size() == 0) return;
  // Names in the policy replace the default.
  dns->absent_below.clear();
  UniqueValues names(&node.faults());
  for (int i = 0; i < node->absent_below_size(); ++i) {
    const std::string& text = node->absent_below(i);
    std::string name = ReadZone(node, D::kAbsentBelowFieldNumber,
                                "absent_below", text, i, 0, kRoomForLabel);
    if (name.empty()) continue;
    names.Add(name, node.At(D::kAbsentBelowFieldNumber, i),
              absl::StrCat("absent_below ", Quoted(text)));
    for (const DnsPolicy::Control& control : dns->controls) {
      // Below a wildcard every name exists, so this control could never pass.
      if (!control.wildcard || control.name != name) continue;
      node.Error(D::kAbsentBelowFieldNumber,
                 absl::Substitute("absent_below $0 is below a wildcard by "
                                  "control, so every name is there; write "
                                  "another",
                                  Quoted(text)),
                 i);
    }
    dns->absent_below.push_back(std::move(name));
  }
}

void ReadDnsCache(const Node<proto::Cache>& node, DnsPolicy* dns) {
  using H = proto::Cache;
  ReadDurationField(node, H::kPresentFieldNumber, node->has_present(),
                    "present", node->present(), "1h", &dns->keep_present);
  ReadDurationField(node, H::kAbsentFieldNumber, node->has_absent(), "absent",
                    node->absent(), "5m", &dns->keep_absent);
  if (node->has_max_entries()) dns->max_cached = node->max_entries();
  CheckMaxEntries(node);
}

}  // namespace

void ReadDns(const Node<proto::Policy>& policy_node, Policy* policy) {
  if (!policy_node->has_dns()) return;
  const Node<D> node =
      policy_node.Child(policy_node->dns(), proto::Policy::kDnsFieldNumber);
  DnsPolicy& dns = policy->dns;
  ReadDnsServers(node, &dns);
  ReadDurationField(node, D::kTimeoutFieldNumber, node->has_timeout(),
                    "timeout", node->timeout(), "1s", &dns.timeout);
  CheckBetween(node, D::kTimeoutFieldNumber, "timeout", dns.timeout,
               kMinTimeout, kMaxTimeout, "");
  WarnIfBeyondDeadline(node, D::kTimeoutFieldNumber, dns.timeout,
                       policy->deadline);
  ReadPositiveControls(node, &dns);
  ReadNegativeControls(node, &dns);
  if (node->has_cache()) {
    ReadDnsCache(node.Child(node->cache(), D::kCacheFieldNumber), &dns);
  }
}

}  // namespace mailverdict
