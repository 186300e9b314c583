// The check `domain` of the policy.

#include "absl/strings/substitute.h"
#include "lib/policy/loader/read_policy.h"

namespace mailverdict {
namespace {

using C = proto::Check;
using D = proto::Domain;

constexpr uint32_t kMaxLearnMessages = DomainCheckPolicy::kMaxLearnMessages;
// A resolver may keep "no such name" for some hours (RFC 2308 5).
constexpr absl::Duration kMinLearnOver = absl::Hours(6);
// Senders try for five days (RFC 5321 4.5.4.1).
constexpr absl::Duration kMaxLearnOver = absl::Hours(120);

// When a domain counts as learned to be missing.
void ReadLearning(const Node<D>& node, const DnsPolicy& dns,
                  DomainCheckPolicy* check) {
  using Learn = DomainCheckPolicy::Learn;
  check->learn = node->learn() == D::ON    ? Learn::kOn
                 : node->learn() == D::OFF ? Learn::kOff
                                           : Learn::kShadow;
  if (node->learn_messages() < 1 ||
      node->learn_messages() > kMaxLearnMessages) {
    node.Error(D::kLearnMessagesFieldNumber,
               absl::Substitute("learn_messages is $0; write 1 to $1",
                                node->learn_messages(), kMaxLearnMessages));
  }
  check->learn_messages = static_cast<int>(node->learn_messages());
  ReadDurationField(node, D::kLearnOverFieldNumber, node->has_learn_over(),
                    "learn_over", node->learn_over(), "24h",
                    &check->learn_over);
  CheckBetween(node, D::kLearnOverFieldNumber, "learn_over", check->learn_over,
               kMinLearnOver, kMaxLearnOver,
               ": in less a resolver's cache could outlive a fault, and after "
               "more senders have given up");
  if (check->learn != Learn::kOn) return;
  if (!check->ask_dns) {
    node.Warning(D::kLearnFieldNumber,
                 "learn says nothing here: without dns nothing is missing; "
                 "remove it");
  } else if (dns.controls.empty()) {
    node.Warning(D::kLearnFieldNumber,
                 "learn: ON, and dns has no control: nothing is ever proven "
                 "missing, and nothing learned; add dns { control: "
                 "\"*.control.example.org\" }");
  }
}

}  // namespace

DomainCheckPolicy ReadDomain(const Node<C>& check, const DnsPolicy& dns,
                             const ListReaders& lists) {
  const Node<D> node = check.Child(check->domain(), C::kDomainFieldNumber);
  DomainCheckPolicy result;
  result.shipped_list = node->shipped_list();
  result.lists = ReadDomainLists(node, D::kInstantRejectFileFieldNumber,
                                 node->instant_reject_file(), lists);
  result.ask_dns = node->dns();
  ReadLearning(node, dns, &result);
  if (!result.ask_dns && result.lists.empty() && !result.shipped_list) {
    check.Warning(C::kDomainFieldNumber,
                  "check domain has no list and no dns, so everything passes; "
                  "write instant_reject_file, or remove shipped_list or dns");
  }
  return result;
}

}  // namespace mailverdict
