#include "lib/checks/recipient.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/checks/exceptions.h"
#include "lib/checks/unfolded.h"
#include "lib/core/mailbox_seen.h"
#include "lib/core/malformed.h"
#include "lib/core/replies.h"
#include "lib/core/vanished.h"
#include "lib/mail/cursor.h"
#include "lib/mail/domain.h"
#include "lib/mail/utf8.h"

namespace mailverdict {
namespace {

constexpr FixedText kNotOurs = "domain is not ours";

// The record of an address in the history. Its key folds letters beyond ASCII,
// as most directories do, although only the mailbox's host knows which of them
// are equal. In doubt two addresses share one record.
HistoryLookup HistoryLookupOf(const mail::Address& address,
                              const RealmPolicy& realm) {
  return {
      HistoryLookup::Kind::kMailboxSeen,
      absl::StrCat(realm.directory, ":", mail::FoldUtf8(address.ToString()))};
}

// Which of `forms` the directory found: the one with the spelling that matched,
// if the directory shows it, else the address as it came.
const mail::Address& Found(const Answer& mailbox,
                           const std::vector<mail::Address>& forms) {
  if (mailbox.values().size() < 2) return forms.front();
  const std::string found = mail::FoldUtf8(mailbox.values()[1]);
  for (const mail::Address& form : forms) {
    for (const std::string& spelling : form.Spellings("")) {
      // Both are folded, because the mailbox may have been found by an address
      // that folds to this one (unfolded.h).
      if (mail::FoldUtf8(spelling) == found) return form;
    }
  }
  return forms.front();
}

// Whether the directory is held, because many addresses vanished at once, as
// when a replica has lost its data. An answer that is unknown, or cannot be
// read, holds the directory, too.
bool IsHeld(const VanishLimit& limit, const Answer& vanished) {
  if (vanished.absent()) return false;
  const std::optional<Vanished> all = Vanished::From(vanished);
  return !all.has_value() ||
         TooManyVanished(all->times, limit.vanished, limit.within);
}

}  // namespace

RecipientCheck::RecipientCheck(std::shared_ptr<const Policy> policy,
                               const RecipientPolicy& options,
                               Overrides overrides)
    : Check(*policy, options),
      policy_(std::move(policy)),
      options_(options),
      overrides_(std::move(overrides)) {}

// The result for one reading. Of several readings the first that is valid makes
// the mail pass. If none is valid, the first that is unsure defers it.
class RecipientCheck::Reading {
 public:
  enum class State { kPending, kValid, kUnsure, kAbsent };

  static Reading Pending() { return Reading(State::kPending); }
  static Reading Valid(Verdict verdict) {
    return Reading(State::kValid, std::move(verdict));
  }
  static Reading Unsure(Verdict verdict) {
    return Reading(State::kUnsure, std::move(verdict));
  }
  // Proven absent. `gone`: what the history can forget once mail is rejected.
  static Reading Absent(Proof proof, std::vector<HistoryLookup> gone) {
    Reading reading(State::kAbsent);
    reading.proof_ = std::move(proof);
    reading.gone_ = std::move(gone);
    return reading;
  }

  State state() const { return state_; }
  // Of kValid and kUnsure.
  Verdict& verdict() { return *verdict_; }
  // Of kAbsent.
  const Proof& proof() const { return *proof_; }
  const std::vector<HistoryLookup>& gone() const { return gone_; }

 private:
  explicit Reading(State state, std::optional<Verdict> verdict = std::nullopt)
      : state_(state), verdict_(std::move(verdict)) {}

  State state_;
  std::optional<Verdict> verdict_;
  std::optional<Proof> proof_;
  std::vector<HistoryLookup> gone_;
};

Finding RecipientCheck::Examine(const Facts& facts, Inquiry& ask) const {
  const Transaction& transaction = facts.transaction();
  const Readings& readings = facts.recipient();
  std::vector<RealmAddress> realm_addresses;
  for (const mail::Address& address : readings.addresses) {
    if (address.domain().empty()) {
      // RFC 5321 4.5.1: <postmaster>, without a domain, is always ours.
      if (IsException(*policy_, {address})) return Verdict::Pass("exception");
      continue;
    }
    const RealmPolicy* realm = policy_->FindRealm(address.domain());
    if (realm == nullptr) continue;
    if (realm->catch_all) return Verdict::Pass("catch-all");
    realm_addresses.push_back({address, *realm});
    if (std::optional<Verdict> valid =
            PassWithoutLookup(realm_addresses.back(), transaction)) {
      return *std::move(valid);
    }
  }
  if (realm_addresses.empty()) return JudgeForeign(readings, transaction);

  // Starts the lookups of all readings before it waits for any of them.
  std::vector<Reading> found;
  for (const RealmAddress& each : realm_addresses) {
    found.push_back(ReadingOf(each, transaction, ask));
  }
  const auto first = [&found](Reading::State state) {
    return std::find_if(
        found.begin(), found.end(),
        [state](const Reading& each) { return each.state() == state; });
  };
  // Waits for all readings, because one that is pending may be the first that
  // is valid. So the verdict is the same in whatever order the answers come.
  if (first(Reading::State::kPending) != found.end()) return Finding::Pending();
  for (const Reading::State state :
       {Reading::State::kValid, Reading::State::kUnsure}) {
    const auto decides = first(state);
    if (decides != found.end()) return std::move(decides->verdict());
  }
  if (readings.unclear) {
    return Unsure(replies::kAddressNotUnderstood,
                  "what the MTA resolved it to is no address");
  }
  Proof proof = found.front().proof();
  std::vector<HistoryLookup> gone = found.front().gone();
  for (size_t i = 1; i < found.size(); ++i) {
    for (const Answer& cited : found[i].proof().cited()) {
      proof = std::move(proof).And(cited);
    }
    gone.insert(gone.end(), found[i].gone().begin(), found[i].gone().end());
  }
  return Verdict::Reject(replies::kUserUnknown, std::move(proof))
      .WithObservation(Observation::Kind::kGone, gone, transaction.now);
}

RecipientCheck::Reading RecipientCheck::ReadingOf(
    const RealmAddress& recipient, const Transaction& transaction,
    Inquiry& ask) const {
  const RealmPolicy& realm = recipient.realm;
  const Answer* mailbox =
      ask.Ask(MailboxLookup{realm.directory, SpellingsOf(recipient.forms), ""});
  if (mailbox == nullptr) return Reading::Pending();
  const auto present = [&](const Answer& found) {
    return Reading::Valid(
        Verdict::Pass()
            .WithObservation(
                {Observation::Kind::kPresent,
                 HistoryLookupOf(Found(found, recipient.forms), realm),
                 transaction.now})
            .WithObservation(
                Observation::Kind::kPresent,
                BeyondAsciiRecords(found, recipient.address, realm),
                transaction.now));
  };
  if (mailbox->present()) return present(*mailbox);
  std::optional<Proof> proof = mailbox->ProofOfAbsence();
  if (!proof.has_value()) {
    return Reading::Unsure(
        Unsure(replies::kDirectoryUnsure, "the directory gave no proof"));
  }
  if (!recipient.all_forms) {
    return Reading::Unsure(
        Unsure(replies::kDirectoryUnsure, "too many tags to ask for all"));
  }
  const Unfolded before = AskUnfolded(recipient.address, realm, ask, &*proof);
  switch (before.state) {
    case Unfolded::State::kPending:
      return Reading::Pending();
    case Unfolded::State::kPresent:
      return present(*before.mailbox);
    case Unfolded::State::kUnsure:
      return Reading::Unsure(Unsure(replies::kDirectoryUnsure, before.why));
    case Unfolded::State::kAbsent:
      break;
  }
  return JudgeAbsence(recipient, transaction, *std::move(proof), ask);
}

// Controls that are old entries cannot show that a replica is half-loaded or
// stale. So the absence of an address that was present lately is not believed.
RecipientCheck::Reading RecipientCheck::JudgeAbsence(
    const RealmAddress& recipient, const Transaction& transaction, Proof proof,
    Inquiry& ask) const {
  const RealmPolicy& realm = recipient.realm;
  const DirectoryPolicy& directory = *policy_->FindDirectory(realm.directory);
  const absl::Duration grace = GraceOf(directory, overrides_);
  std::vector<HistoryLookup> doubted;
  std::vector<HistoryLookup> gone;
  bool pending = false;
  for (const mail::Address& form : recipient.forms) {
    HistoryLookup about = HistoryLookupOf(form, realm);
    const Answer* memory = ask.Ask(about);
    if (memory == nullptr) {
      pending = true;
      continue;
    }
    if (memory->unknown()) {
      return Reading::Unsure(
          Unsure(replies::kDirectoryUnsure, "the memory did not answer"));
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
  if (pending || vanished == nullptr) return Reading::Pending();
  if (!doubted.empty()) {
    return Reading::Unsure(
        Unsure(replies::kDirectoryUnsure,
               "absent, but was present within the grace period")
            .WithObservation(Observation::Kind::kMissed, doubted,
                             transaction.now));
  }
  if (IsHeld(VanishLimitOf(directory, overrides_), *vanished)) {
    return Reading::Unsure(
        Unsure(replies::kDirectoryUnsure,
               "the directory is held: too many addresses have vanished"));
  }
  return Reading::Absent(std::move(proof).And(*vanished), std::move(gone));
}

Verdict RecipientCheck::JudgeForeign(const Readings& readings,
                                     const Transaction& transaction) const {
  if (!readings.addresses.empty()) {
    const bool bare = readings.addresses.back().domain().empty();
    return Verdict::Pass(bare ? FixedText("has no domain") : kNotOurs);
  }
  if (IsForeign(transaction.recipient)) return Verdict::Pass(kNotOurs);
  if (!readings.fault.has_value()) {
    return Unsure(replies::kAddressNotUnderstood, "the null path");
  }
  const std::string where = absl::StrCat(
      ": ", readings.fault->what, ", at character ", readings.fault->at + 1);
  // Our parser alone never rejects, because an MTA may understand an address
  // that it does not. If the MTA sends an empty string, it has found no address
  // either.
  if (transaction.resolved.has_value() && transaction.resolved->empty()) {
    if (std::optional<Malformed> malformed =
            Malformed::Of(transaction.recipient)) {
      return Verdict::Reject(replies::kNoAddress, Proof(*std::move(malformed)))
          .WithText(where);
    }
  }
  return Unsure(replies::kAddressNotUnderstood, "not an address")
      .WithText(where);
}

std::optional<Verdict> RecipientCheck::PassWithoutLookup(
    const RealmAddress& recipient, const Transaction& transaction) const {
  const RealmPolicy& realm = recipient.realm;
  if (realm.catch_all_domains.contains(recipient.address.domain())) {
    // Remembered in the form without tags, which stands for all tags.
    return PassListed(recipient.forms.back(), realm, transaction, "catch-all");
  }
  if (const mail::Address* form = FindException(*policy_, recipient.forms)) {
    return PassListed(*form, realm, transaction, "exception");
  }
  for (const mail::Address& each : recipient.forms) {
    if (realm.valid_local_parts.contains(mail::FoldUtf8(each.local())) ||
        realm.valid_addresses.contains(mail::FoldUtf8(each.ToString())) ||
        realm.valid_patterns.Matches(each)) {
      return PassListed(each, realm, transaction, "listed as valid");
    }
  }
  if (IsSrsAddress(recipient.forms, realm)) {
    return Verdict::Pass("SRS, of a foreign sender");
  }
  return std::nullopt;
}

Verdict RecipientCheck::PassListed(const mail::Address& form,
                                   const RealmPolicy& realm,
                                   const Transaction& transaction,
                                   FixedText why) const {
  // postmaster and abuse need no memory, because they never leave a list. With
  // them strangers could fill the history, at every name below a wildcard
  // domain.
  static const auto* const kAlways = new RecipientPolicy;
  const DirectoryPolicy* directory = policy_->FindDirectory(realm.directory);
  const bool remembered =
      directory != nullptr && !kAlways->exceptions.contains(form.local()) &&
      GraceOf(*directory, overrides_) > absl::ZeroDuration();
  if (!remembered) return Verdict::Pass(why);
  return Verdict::Pass(why).WithObservation({Observation::Kind::kPresent,
                                             HistoryLookupOf(form, realm),
                                             transaction.now});
}

bool RecipientCheck::IsForeign(std::string_view recipient) const {
  const size_t at = recipient.rfind('@');
  if (at == std::string_view::npos) return false;
  // Text behind the domain, such as the '>' of a path, does not change which
  // domain it is.
  mail::Cursor in(recipient.substr(at + 1));
  if (in.done() || in.Peek() == '>') return false;
  std::string domain;
  return mail::ReadDomain(in, &domain).has_value() ||
         policy_->FindRealm(domain) == nullptr;
}

}  // namespace mailverdict
