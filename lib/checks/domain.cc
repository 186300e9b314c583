#include "lib/checks/domain.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/checks/mail_hosts.h"
#include "lib/checks/shipped_domains.h"
#include "lib/core/missing_domain.h"
#include "lib/core/replies.h"
#include "lib/mail/address.h"
#include "lib/mail/ip.h"

namespace mailverdict {
namespace {

// Identifies a message by what its attempts have in common. A sender with many
// hosts mostly retries from the same network.
std::string MessageOf(const Facts& facts) {
  const std::optional<mail::IpAddress>& client = facts.client();
  return absl::StrCat(
      facts.transaction().sender, " ", facts.transaction().recipient, " ",
      client.has_value() ? mail::NetworkKeyOf(*client) : std::string());
}

// The address whose domain is judged; nullptr if the argument is no address.
const mail::Address* AddressOf(DomainCheck::Of of, const Facts& facts) {
  if (of == DomainCheck::Of::kSender) {
    return facts.sender().has_value() ? &*facts.sender() : nullptr;
  }
  const Readings& recipient = facts.recipient();
  return recipient.fault.has_value() ? nullptr : &recipient.argument;
}

// Whether this answer shows that the name exists.
bool IsThere(const Answer& answer) {
  return answer.present() ||
         (answer.absent() && answer.absence() == Absence::kNoData &&
          answer.dns().alias_target.empty());
}

}  // namespace

// The replies of one side, the sender's or the recipient's.
struct DomainCheck::Replies {
  RejectReply listed, null_mx, missing;
  DeferReply not_found, no_host;
};

DomainCheck::DomainCheck(std::shared_ptr<const Policy> policy,
                         const DomainCheckPolicy& options, Of of)
    : Check(*policy, options),
      policy_(std::move(policy)),
      options_(options),
      of_(of) {}

const DomainCheck::Replies& DomainCheck::replies() const {
  static constexpr Replies kSender{
      replies::kSenderDomainListed, replies::kSenderNullMx,
      replies::kSenderDomainMissing, replies::kSenderDomainNotFound,
      replies::kSenderDomainNoHost};
  static constexpr Replies kRecipient{
      replies::kRecipientDomainListed, replies::kRecipientNullMx,
      replies::kRecipientDomainMissing, replies::kRecipientDomainNotFound,
      replies::kRecipientDomainNoHost};
  return of_ == Of::kSender ? kSender : kRecipient;
}

Finding DomainCheck::Examine(const Facts& facts, Inquiry& ask) const {
  const mail::Address* const address = AddressOf(of_, facts);
  if (address == nullptr) return Verdict::Pass("not an address");
  if (address->domain().empty()) return Verdict::Pass("has no domain");
  if (address->literal()) return Verdict::Pass("an address literal");
  if (IsOurs(*address, facts)) return Verdict::Pass("domain is ours");
  if (std::optional<ListEntry> listed = FindListed(address->domain())) {
    const std::string& meant = listed->suggestion();
    const std::string more =
        meant.empty() ? "" : absl::StrCat(", did you mean ", meant, "?");
    return Verdict::Reject(replies().listed, Proof(*std::move(listed)))
        .WithText(more);
  }
  if (!options_.ask_dns) return Verdict::Pass();
  return JudgeByDns(address->domain(), facts, ask);
}

// Our own domains win over every list. All readings of the recipient count,
// because the MTA may route it to a domain of ours that the argument of RCPT TO
// does not show.
bool DomainCheck::IsOurs(const mail::Address& address,
                         const Facts& facts) const {
  if (of_ == Of::kSender) {
    return policy_->FindRealm(address.domain()) != nullptr;
  }
  const std::vector<mail::Address>& readings = facts.recipient().addresses;
  return std::any_of(readings.begin(), readings.end(),
                     [this](const mail::Address& each) {
                       return policy_->FindRealm(each.domain()) != nullptr;
                     });
}

Finding DomainCheck::JudgeByDns(const std::string& domain, const Facts& facts,
                                Inquiry& ask) const {
  const Transaction& transaction = facts.transaction();
  switch (FindMailHosts(domain, ask)) {
    case MailHosts::kPending:
      return Finding::Pending();
    case MailHosts::kSome:
      return DomainExists(Verdict::Pass(), domain, transaction);
    case MailHosts::kNullMx:
      return JudgeNullMx(domain, transaction, ask);
    case MailHosts::kNoName:
      return JudgeNotFound(domain, facts, ask);
    case MailHosts::kNoHost:
      return DomainExists(
          Verdict::Defer(replies().no_host, "no host has an address"), domain,
          transaction);
    case MailHosts::kPrivate:
      return DomainExists(Verdict::Defer(replies().no_host,
                                         "the hosts' addresses are not public"),
                          domain, transaction);
    case MailHosts::kHostsUnknown:
      return DomainExists(DnsUnsure("DNS could not be asked for its hosts"),
                          domain, transaction);
    case MailHosts::kUnknown:
      break;
  }
  return DnsUnsure("DNS could not be asked");
}

Finding DomainCheck::JudgeNullMx(const std::string& domain,
                                 const Transaction& transaction,
                                 Inquiry& ask) const {
  const Answer* mx = ask.Ask(DnsLookup{domain, DnsType::kMx, true});
  if (mx == nullptr) return Finding::Pending();
  std::optional<Proof> proof = mx->ProofOfPresence();
  if (!proof.has_value() || mx->values() != std::vector<std::string>{"0 ."}) {
    return DnsUnsure("DNS gave no proof of the null MX");
  }
  return DomainExists(Verdict::Reject(replies().null_mx, *std::move(proof)),
                      domain, transaction);
}

// A domain that looks missing is not rejected at once: the resolver may be cut
// off, the registry may fail, or the owner may have forgotten to pay. It is
// rejected only after it was proven missing again and again (missing_domain.h).
Finding DomainCheck::JudgeNotFound(const std::string& domain,
                                   const Facts& facts, Inquiry& ask) const {
  const Transaction& transaction = facts.transaction();
  if (!Learns()) return Verdict::Defer(replies().not_found, "no such name");
  const Answer* mx = ask.Ask(DnsLookup{domain, DnsType::kMx, true});
  const Answer* a = ask.Ask(DnsLookup{domain, DnsType::kA, true});
  const Answer* aaaa = ask.Ask(DnsLookup{domain, DnsType::kAaaa, true});
  if (mx == nullptr || a == nullptr || aaaa == nullptr) {
    return Finding::Pending();
  }
  if (IsThere(*mx) || IsThere(*a) || IsThere(*aaaa)) {
    return DomainExists(
        DnsUnsure("DNS says by turns that it is there and is not"), domain,
        transaction);
  }
  if (mx->unknown() || a->unknown() || aaaa->unknown()) {
    return DnsUnsure(
        "DNS says that there is no such name, and is not believed");
  }
  std::optional<Proof> proof = Proof::OfNoName(*mx, *a, *aaaa);
  if (!proof.has_value()) {
    return Verdict::Defer(replies().not_found, "no such name, not proven");
  }
  const HistoryLookup about = HistoryLookupOf(domain);
  const Answer* memory = ask.Ask(about);
  if (memory == nullptr) return Finding::Pending();
  const std::optional<MissingDomain> known = MissingDomain::From(*memory);
  const bool learned =
      known.has_value() && known->Learned(options_, transaction.now);
  Verdict verdict = Verdict::Defer(
      replies().not_found,
      learned ? FixedText("no such name, proven; learned, in shadow")
              : FixedText("no such name, proven; not learned yet"));
  if (learned && options_.learn == DomainCheckPolicy::Learn::kOn) {
    verdict = Verdict::Reject(replies().missing, std::move(*proof).And(*memory),
                              "learned");
  }
  return std::move(verdict).WithObservation(
      {Observation::Kind::kMissed, about, transaction.now, MessageOf(facts)});
}

Verdict DomainCheck::DomainExists(Verdict verdict, const std::string& domain,
                                  const Transaction& transaction) const {
  if (!Learns()) return verdict;
  return std::move(verdict).WithObservation(
      {Observation::Kind::kPresent, HistoryLookupOf(domain), transaction.now});
}

Verdict DomainCheck::DnsUnsure(FixedText why) const {
  return Unsure(replies::kDomainUnsure, why);
}

bool DomainCheck::Learns() const {
  return options_.learn != DomainCheckPolicy::Learn::kOff &&
         !policy_->dns.controls.empty();
}

HistoryLookup DomainCheck::HistoryLookupOf(const std::string& domain) {
  return {HistoryLookup::Kind::kMissingDomain, domain};
}

std::optional<ListEntry> DomainCheck::FindListed(
    std::string_view domain) const {
  for (const DomainList& list : options_.lists) {
    if (std::optional<ListEntry> entry = list.Find(domain)) return entry;
  }
  if (!options_.shipped_list) return std::nullopt;
  return ShippedDomains().Find(domain);
}

}  // namespace mailverdict
