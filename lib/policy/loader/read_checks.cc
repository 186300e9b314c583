#include <utility>

#include "absl/strings/substitute.h"
#include "lib/mail/listed_name.h"
#include "lib/mail/utf8.h"
#include "lib/policy/loader/parts.h"
#include "lib/policy/loader/values.h"

namespace mailverdict {
namespace {

using C = proto::Check;
using D = proto::Domain;

// As many as are told apart: MissingDomain::kMaxMessages.
constexpr uint32_t kMaxLearnMessages = 32;
// A resolver may keep "no such name" for some hours (RFC 2308 5).
constexpr absl::Duration kMinLearnOver = absl::Hours(6);
// Senders try for five days (RFC 5321 4.5.4.1).
constexpr absl::Duration kMaxLearnOver = absl::Hours(120);

using E = proto::Recipient;

// A local part or a pattern, as `index` of the policy's own has it.
void ReadException(const Node<E>& node, int index, RecipientPolicy* check) {
  const std::string& text = node->exception(index);
  mail::ListedName name;
  if (const auto fault = mail::ReadListedName(text, &name)) {
    const std::string message(mail::ToStatus(*fault).message());
    node.faults().ErrorInString(
        node.At(E::kExceptionFieldNumber, index),
        absl::StrCat("exception ", Quoted(text),
                     " is no local part, prefix* or *suffix"),
        message, 0);
    return;
  }
  std::string without;  // the same without its domain
  for (const mail::Address& each : name.addresses) {
    if (!each.domain().empty()) without = each.local();
  }
  for (mail::NamePattern each : name.patterns) {
    if (each.domain.empty()) continue;
    each.domain.clear();
    without = each.ToString();
  }
  if (!name.all_of.empty() || !without.empty()) {
    const std::string instead =
        without.empty() ? "list it in a file of its realm's also_valid"
                        : absl::Substitute(
                              "write $0 for every realm, or list the address "
                              "in a file of its realm's also_valid",
                              Quoted(without));
    node.Error(E::kExceptionFieldNumber,
               absl::Substitute("exception $0 has a domain; $1", Quoted(text),
                                instead),
               index);
    return;
  }
  for (const mail::Address& each : name.addresses) {
    check->exceptions.insert(mail::FoldUtf8(each.local()));
  }
  for (const mail::NamePattern& each : name.patterns) {
    check->exception_patterns.Add(each);
  }
}

// What a file says of exceptions. Names with a domain are passed over.
void AddExceptionFile(const Node<E>& node, int index,
                      const mail::AddressFile& file, RecipientPolicy* check) {
  for (const std::string& local : file.local_parts) {
    check->exceptions.insert(mail::FoldUtf8(local));
  }
  bool domains = !file.addresses.empty() || !file.catch_all.empty();
  for (const mail::NamePattern& each : file.patterns) {
    if (each.domain.empty()) {
      check->exception_patterns.Add(each);
    } else {
      domains = true;
    }
  }
  if (!domains) return;
  node.Warning(E::kExceptionFileFieldNumber,
               absl::Substitute("exception_file $0 has addresses with a "
                                "domain, which are passed over; list it as "
                                "also_valid in their realm",
                                Quoted(node->exception_file(index))),
               index);
}

// Local parts, from the policy itself and from files.
void ReadExceptions(const Node<E>& node, AddressFiles* files,
                    RecipientPolicy* check) {
  for (int i = 0; i < node->exception_size(); ++i) {
    ReadException(node, i, check);
  }
  Unique paths(&node.faults());
  for (int i = 0; i < node->exception_file_size(); ++i) {
    const size_t offset = node.At(E::kExceptionFileFieldNumber, i);
    const std::string& path = node->exception_file(i);
    if (!paths.Add(path, offset,
                   absl::StrCat("exception_file ", Quoted(path)))) {
      continue;
    }
    const auto& file = files->Get(path);
    if (!file.ok()) {
      node.Error(E::kExceptionFileFieldNumber,
                 absl::StrCat("exception_file ", file.status().message()), i);
      continue;
    }
    for (const std::string& warning : file->warnings) {
      node.Warning(E::kExceptionFileFieldNumber,
                   absl::StrCat("exception_file ", warning), i);
    }
    AddExceptionFile(node, i, *file, check);
  }
}

RecipientPolicy ReadRecipient(const Node<C>& check, AddressFiles* files) {
  RecipientPolicy result;
  result.when_unsure =
      check->when_unsure() == C::PASS ? WhenUnsure::kPass : WhenUnsure::kDefer;
  ReadExceptions(check.Child(check->recipient(), C::kRecipientFieldNumber),
                 files, &result);
  return result;
}

absl::StatusOr<DomainList> ReadDomainList(const std::string& path,
                                          const ListReaders& lists) {
  if (const Complaint complaint = CheckPath(path, "/etc/mailverdict/wrong")) {
    return absl::InvalidArgumentError(*complaint);
  }
  return lists.domains(path);
}

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

DomainCheckPolicy ReadDomain(const Node<C>& check, const DnsPolicy& dns,
                             const ListReaders& lists) {
  const Node<D> node = check.Child(check->domain(), C::kDomainFieldNumber);
  DomainCheckPolicy result;
  result.shipped_list = node->shipped_list();
  Unique paths(&node.faults());
  for (int i = 0; i < node->instant_reject_file_size(); ++i) {
    const std::string& path = node->instant_reject_file(i);
    if (!paths.Add(path, node.At(D::kInstantRejectFileFieldNumber, i),
                   absl::StrCat("instant_reject_file ", Quoted(path)))) {
      continue;
    }
    absl::StatusOr<DomainList> list = ReadDomainList(path, lists);
    if (list.ok()) {
      if (!list->warning().empty()) {
        node.Warning(D::kInstantRejectFileFieldNumber,
                     absl::StrCat("instant_reject_file ", list->warning()), i);
      }
      result.lists.push_back(*std::move(list));
    } else {
      node.Error(D::kInstantRejectFileFieldNumber,
                 absl::StrCat("instant_reject_file ", list.status().message()),
                 i);
    }
  }
  result.when_unsure =
      check->when_unsure() == C::PASS ? WhenUnsure::kPass : WhenUnsure::kDefer;
  result.ask_dns = node->dns();
  ReadLearning(node, dns, &result);
  if (result.ask_dns) return result;
  if (check->has_when_unsure()) {
    check.Warning(C::kWhenUnsureFieldNumber,
                  "when_unsure says nothing here: without dns the check domain "
                  "always knows; remove it");
  }
  if (result.lists.empty() && !result.shipped_list) {
    check.Warning(C::kDomainFieldNumber,
                  "check domain has no list and no dns, so everything passes; "
                  "write instant_reject_file, or remove shipped_list or dns");
  }
  return result;
}

}  // namespace

void ReadChecks(const Node<proto::Policy>& node, AddressFiles* files,
                const ListReaders& lists, Policy* policy) {
  Unique kinds(&node.faults());
  for (int i = 0; i < node->check_size(); ++i) {
    const Node<C> check =
        node.Child(node->check(i), proto::Policy::kCheckFieldNumber, i);
    CheckPolicy result;
    switch (check->kind_case()) {
      case C::kRecipient:
        kinds.Add("recipient", check.At(C::kRecipientFieldNumber),
                  "check recipient");
        result = ReadRecipient(check, files);
        break;
      case C::kDomain:
        kinds.Add("domain", check.At(C::kDomainFieldNumber), "check domain");
        result = ReadDomain(check, policy->dns, lists);
        break;
      case C::kDnsbl:
        kinds.Add("dnsbl", check.At(C::kDnsblFieldNumber), "check dnsbl");
        result = ReadDnsbl(check, *policy);
        break;
      case C::KIND_NOT_SET:
        node.faults().Error(check.begin(),
                            "check has no kind; write check { recipient { } }, "
                            "check { domain { } } or check { dnsbl { ... } }");
        continue;
    }
    const bool shadow = check->shadow() || node->shadow();
    std::visit([&](auto& kind) { kind.shadow = shadow; }, result);
    policy->checks.push_back(std::move(result));
  }
}

}  // namespace mailverdict
