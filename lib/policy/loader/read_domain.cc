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
void ReadLearning(const ParsedMessage<D>& parsed, const DnsPolicy& dns,
                  DomainCheckPolicy* check) {
  using Learn = DomainCheckPolicy::Learn;
  check->learn = parsed->learn() == D::ON    ? Learn::kOn
                 : parsed->learn() == D::OFF ? Learn::kOff
                                             : Learn::kShadow;
  if (parsed->learn_messages() < 1 ||
      parsed->learn_messages() > kMaxLearnMessages) {
    parsed.Error(D::kLearnMessagesFieldNumber,
                 absl::Substitute("learn_messages is $0; write 1 to $1",
                                  parsed->learn_messages(), kMaxLearnMessages));
  }
  check->learn_messages = static_cast<int>(parsed->learn_messages());
  ReadDurationField(parsed, D::kLearnOverFieldNumber, parsed->has_learn_over(),
                    "learn_over", parsed->learn_over(), "24h",
                    &check->learn_over);
  CheckBetween(parsed, D::kLearnOverFieldNumber, "learn_over",
               check->learn_over, kMinLearnOver, kMaxLearnOver,
               ": in less a resolver's cache could outlive a fault, and after "
               "more senders have given up");
  if (check->learn != Learn::kOn) return;
  if (!check->ask_dns) {
    parsed.Warning(D::kLearnFieldNumber,
                   "learn says nothing here: without dns nothing is missing; "
                   "remove it");
  } else if (dns.controls.empty()) {
    parsed.Warning(D::kLearnFieldNumber,
                   "learn: ON, and dns has no control: nothing is ever proven "
                   "missing, and nothing learned; add dns { control: "
                   "\"*.control.example.org\" }");
  }
}

}  // namespace

DomainCheckPolicy ReadDomain(const ParsedMessage<C>& check,
                             const DnsPolicy& dns, const ListReaders& lists) {
  const ParsedMessage<D> parsed =
      check.Child(check->domain(), C::kDomainFieldNumber);
  DomainCheckPolicy result;
  result.shipped_list = parsed->shipped_list();
  result.lists = ReadDomainLists(parsed, D::kInstantRejectFileFieldNumber,
                                 parsed->instant_reject_file(), lists);
  result.ask_dns = parsed->dns();
  ReadLearning(parsed, dns, &result);
  if (!result.ask_dns && result.lists.empty() && !result.shipped_list) {
    check.Warning(C::kDomainFieldNumber,
                  "check domain has no list and no dns, so everything passes; "
                  "write instant_reject_file, or remove shipped_list or dns");
  }
  return result;
}

}  // namespace mailverdict
