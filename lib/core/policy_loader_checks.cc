#include <utility>

#include "absl/strings/substitute.h"
#include "lib/core/policy_loader_parts.h"
#include "lib/core/policy_loader_values.h"
#include "lib/mail/utf8.h"

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

// Local parts, from the policy itself and from files.
void ReadExceptions(const Node<proto::Recipient>& node, AddressFiles* files,
                    RecipientPolicy* check) {
  using E = proto::Recipient;
  for (int i = 0; i < node->exception_size(); ++i) {
    const absl::StatusOr<mail::Address> name =
        mail::ParseAddress(node->exception(i));
    if (!name.ok()) {
      const absl::string_view message = name.status().message();
      node.faults().ErrorInString(
          node.At(E::kExceptionFieldNumber, i),
          absl::StrCat("exception ", Quoted(node->exception(i)),
                       " is no local part"),
          {message.data(), message.size()}, 0);
    } else if (name->null()) {
      node.Error(E::kExceptionFieldNumber,
                 "exception \"<>\" is nobody; write a local part", i);
    } else if (!name->domain().empty()) {
      node.Error(
          E::kExceptionFieldNumber,
          absl::Substitute("exception $0 has a domain; write $1 for "
                           "every realm, or list the address in a file "
                           "of its realm's also_valid",
                           Quoted(node->exception(i)), Quoted(name->local())),
          i);
    } else {
      check->exceptions.insert(mail::FoldUtf8(name->local()));
    }
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
    for (const std::string& local : file->local_parts) {
      check->exceptions.insert(mail::FoldUtf8(local));
    }
    if (file->addresses.empty() && file->catch_all.empty()) continue;
    node.Warning(E::kExceptionFileFieldNumber,
                 absl::Substitute("exception_file $0 has addresses with a "
                                  "domain, which are passed over; list it as "
                                  "also_valid in their realm",
                                  Quoted(path)),
                 i);
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
                                          const FileReader& read) {
  if (const Complaint complaint = CheckPath(path, "/etc/mailverdict/wrong")) {
    return absl::InvalidArgumentError(*complaint);
  }
  const absl::StatusOr<std::string> text = read(path);
  if (!text.ok()) {
    return absl::InvalidArgumentError(absl::Substitute(
        "$0 cannot be read: $1", Quoted(path), text.status().message()));
  }
  return DomainList::Parse(*text, path);
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
                             const FileReader& read) {
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
    absl::StatusOr<DomainList> list = ReadDomainList(path, read);
    if (list.ok()) {
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
                const FileReader& read, Policy* policy) {
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
        result = ReadDomain(check, policy->dns, read);
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
