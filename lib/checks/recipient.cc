#include "lib/checks/recipient.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/checks/exceptions.h"
#include "lib/checks/unfolded.h"
#include "lib/core/mailbox_seen.h"
#include "lib/core/vanished.h"
#include "lib/mail/cursor.h"
#include "lib/mail/domain.h"
#include "lib/mail/utf8.h"

namespace mailverdict {
namespace {

constexpr std::string_view kNotOurs = "domain is not ours";

// Only the mailbox's host knows which letters beyond ASCII are equal, and most
// directories take them so: in doubt, two addresses have one memory.
HistoryLookup MemoryOf(const mail::Address& address, const RealmPolicy& realm) {
  return {
      HistoryLookup::Kind::kMailboxSeen,
      absl::StrCat(realm.directory, ":", mail::FoldUtf8(address.ToString()))};
}

// The mailbox that was found, when `forms` were asked for: the one whose
// spelling the directory says has matched, else the address as it came.
const mail::Address& Found(const Answer& mailbox,
                           const std::vector<mail::Address>& forms) {
  if (mailbox.values().size() < 2) return forms.front();
  const std::string found = mail::FoldUtf8(mailbox.values()[1]);
  for (const mail::Address& form : forms) {
    for (const std::string& spelling : form.Spellings("")) {
      // Folded: it may have been found by what it was before (unfolded.h).
      if (mail::FoldUtf8(spelling) == found) return form;
    }
  }
  return forms.front();
}

// A replica that has lost its data loses many at once. What is not known, or
// cannot be read, holds too.
bool Held(const HoldLimit& limit, const Answer& vanished) {
  if (vanished.absent()) return false;
  const std::optional<Vanished> all = Vanished::From(vanished);
  return !all.has_value() ||
         TooManyVanished(all->times, limit.vanished, limit.within);
}

}  // namespace

RecipientCheck::RecipientCheck(std::shared_ptr<const Policy> policy,
                               const RecipientPolicy& options,
                               Overrides overrides)
    : Check(options.shadow || policy->shadow),
      policy_(std::move(policy)),
      options_(options),
      overrides_(std::move(overrides)) {}

Finding RecipientCheck::Examine(const Transaction& transaction,
                                Inquiry& ask) const {
  const absl::StatusOr<mail::Address> address =
      mail::ParseAddress(transaction.recipient);
  if (!address.ok() || address->null()) {
    if (IsForeign(transaction.recipient)) return Verdict::Pass(kNotOurs);
    return Unsure(replies::kAddressNotUnderstood, "not an address");
  }
  const RealmPolicy* realm = policy_->FindRealm(address->domain());
  bool all_forms = true;
  const std::vector<mail::Address> forms = FormsOf(*address, realm, &all_forms);
  const std::string_view valid = KnownValid(forms, realm);
  if (!valid.empty()) return Verdict::Pass(valid);

  const Answer* mailbox = ask.Ask(MailboxLookup{
      realm->directory, address->Spellings(realm->tag_delimiters), ""});
  if (mailbox == nullptr) return Finding::Pending();
  const auto present = [&](const Answer& found) {
    return Verdict::Pass()
        .Noting({Observation::Kind::kPresent,
                 MemoryOf(Found(found, forms), *realm), transaction.now})
        .Noting(Observation::Kind::kPresent,
                BeyondAsciiSeen(found, *address, *realm), transaction.now);
  };
  if (mailbox->present()) return present(*mailbox);
  std::optional<Proof> proof = mailbox->ProofOfAbsence();
  if (!proof.has_value()) {
    return Unsure(replies::kDirectoryUnsure, "the directory gave no proof");
  }
  if (!all_forms) {
    return Unsure(replies::kDirectoryUnsure, "too many tags to ask for all");
  }
  const Unfolded before = AskUnfolded(*address, *realm, ask, &*proof);
  switch (before.state) {
    case Unfolded::State::kPending:
      return Finding::Pending();
    case Unfolded::State::kPresent:
      return present(*before.mailbox);
    case Unfolded::State::kUnsure:
      return Unsure(replies::kDirectoryUnsure, before.why);
    case Unfolded::State::kAbsent:
      break;
  }
  return Absent(transaction, *realm, forms, *std::move(proof), ask);
}

// An old control cannot see that a replica is half-loaded or stale, so whoever
// was there lately is doubted to be gone. All forms were asked for and are
// absent.
Finding RecipientCheck::Absent(const Transaction& transaction,
                               const RealmPolicy& realm,
                               const std::vector<mail::Address>& forms,
                               Proof proof, Inquiry& ask) const {
  const DirectoryPolicy& directory = *policy_->FindDirectory(realm.directory);
  const absl::Duration grace = GraceOf(directory, overrides_);
  std::vector<HistoryLookup> doubted;
  std::vector<HistoryLookup> gone;
  bool pending = false;
  for (const mail::Address& form : forms) {
    HistoryLookup about = MemoryOf(form, realm);
    const Answer* memory = ask.Ask(about);
    if (memory == nullptr) {
      pending = true;
      continue;
    }
    if (memory->unknown()) {
      return Unsure(replies::kDirectoryUnsure, "the memory did not answer");
    }
    proof = std::move(proof).And(*memory);
    if (memory->absent()) continue;
    const std::optional<MailboxSeen> seen = MailboxSeen::From(*memory);
    const bool lately =
        !seen.has_value() ||
        transaction.now - seen->MissingSince(transaction.now) < grace;
    (lately ? doubted : gone).push_back(std::move(about));
  }
  const Answer* vanished =
      ask.Ask(HistoryLookup{HistoryLookup::Kind::kVanished, realm.directory});
  if (pending || vanished == nullptr) return Finding::Pending();
  if (!doubted.empty()) {
    return Unsure(replies::kDirectoryUnsure,
                  "absent, but was present within the grace period")
        .Noting(Observation::Kind::kMissed, doubted, transaction.now);
  }
  if (Held(HoldLimitOf(directory, overrides_), *vanished)) {
    return Unsure(replies::kDirectoryUnsure,
                  "the directory is held: too many addresses have vanished");
  }
  proof = std::move(proof).And(*vanished);
  return Verdict::Reject(replies::kUserUnknown, std::move(proof))
      .Noting(Observation::Kind::kGone, gone, transaction.now);
}

std::string_view RecipientCheck::KnownValid(
    const std::vector<mail::Address>& forms, const RealmPolicy* realm) const {
  const std::string& domain = forms.front().domain();
  // RFC 5321 4.5.1: <postmaster>, without a domain, is always ours.
  if (domain.empty()) {
    return IsException(*policy_, forms) ? "exception" : "has no domain";
  }
  if (realm == nullptr) return kNotOurs;
  if (realm->catch_all || realm->catch_all_domains.contains(domain)) {
    return "catch-all";
  }
  if (IsException(*policy_, forms)) return "exception";
  for (const mail::Address& each : forms) {
    if (realm->valid_local_parts.contains(mail::FoldUtf8(each.local())) ||
        realm->valid_addresses.contains(mail::FoldUtf8(each.ToString()))) {
      return "listed as valid";
    }
  }
  return "";
}

bool RecipientCheck::IsForeign(std::string_view recipient) const {
  const size_t at = recipient.rfind('@');
  if (at == std::string_view::npos) return false;
  // What follows the domain, such as the '>' of a path, makes it no other.
  mail::Cursor in(recipient.substr(at + 1));
  if (in.done() || in.Peek() == '>') return false;
  std::string domain;
  return mail::ReadDomain(in, &domain).has_value() ||
         policy_->FindRealm(domain) == nullptr;
}

Verdict RecipientCheck::Unsure(DeferReply reply, std::string_view why) const {
  if (options_.when_unsure == WhenUnsure::kPass) return Verdict::Pass(why);
  return Verdict::Defer(reply, why);
}

}  // namespace mailverdict
