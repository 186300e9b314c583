#include "lib/checks/unfolded.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/checks/exceptions.h"
#include "lib/core/mailbox_seen.h"
#include "lib/mail/bytes.h"
#include "lib/mail/folding.h"

namespace mailverdict {
namespace {

// The record that the directory has local parts beyond ASCII. Its key is no
// mailbox's key, because every address of a realm has a domain.
HistoryLookup BeyondAsciiIn(const RealmPolicy& realm) {
  return {HistoryLookup::Kind::kMailboxSeen,
          absl::StrCat(realm.directory, ":", kBeyondAsciiKey)};
}

Unfolded Unsure(FixedText why) {
  return {Unfolded::State::kUnsure, why, nullptr};
}

}  // namespace

Unfolded AskUnfolded(const mail::Address& address, const RealmPolicy& realm,
                     Inquiry& ask, Proof* proof) {
  bool complete = true;
  std::vector<std::string> spellings;
  for (const mail::Address& each : CandidateMailboxes(address, realm)) {
    bool all = true;
    for (std::string& spelling :
         mail::UnfoldedSpellings(each, realm.tag_delimiters, &all)) {
      spellings.push_back(std::move(spelling));
    }
    complete &= all;
  }
  if (complete && spellings.empty()) return {};
  if (!realm.smtputf8) {
    const Answer* seen = ask.Ask(BeyondAsciiIn(realm));
    if (seen == nullptr) return {Unfolded::State::kPending, "", nullptr};
    const bool readable =
        seen->absent() ||
        (seen->present() && MailboxSeen::From(*seen).has_value());
    if (!readable) return Unsure("the memory did not answer");
    *proof = std::move(*proof).And(*seen);
    if (seen->absent()) return {};
  }
  if (!complete) {
    return Unsure("case folding may have made it of too many addresses");
  }
  const Answer* mailbox =
      ask.Ask(MailboxLookup{realm.directory, std::move(spellings), ""});
  if (mailbox == nullptr) return {Unfolded::State::kPending, "", nullptr};
  if (mailbox->present()) return {Unfolded::State::kPresent, "", mailbox};
  if (!mailbox->ProofOfAbsence().has_value()) {
    return Unsure("the directory gave no proof");
  }
  *proof = std::move(*proof).And(*mailbox);
  return {};
}

std::vector<HistoryLookup> BeyondAsciiRecords(const Answer& mailbox,
                                              const mail::Address& asked,
                                              const RealmPolicy& realm) {
  const std::string_view spelling = mailbox.values().size() < 2
                                        ? std::string_view(asked.local())
                                        : std::string_view(mailbox.values()[1]);
  if (mail::IsAscii(spelling.substr(0, spelling.rfind('@')))) return {};
  return {BeyondAsciiIn(realm)};
}

}  // namespace mailverdict
