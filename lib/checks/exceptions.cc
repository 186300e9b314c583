#include "lib/checks/exceptions.h"

#include <algorithm>
#include <utility>

#include "lib/mail/signed_address.h"
#include "lib/mail/utf8.h"

namespace mailverdict {
namespace {

const RecipientPolicy& Names(const Policy& policy) {
  static const auto* const kWithoutCheck = new RecipientPolicy;
  const auto* check = policy.FindCheck<RecipientPolicy>();
  return check == nullptr ? *kWithoutCheck : *check;
}

template <typename T>
void AddNew(std::vector<T> more, std::vector<T>* all) {
  for (T& each : more) {
    if (std::find(all->begin(), all->end(), each) == all->end()) {
      all->push_back(std::move(each));
    }
  }
}

}  // namespace

std::vector<mail::Address> CandidateMailboxes(const mail::Address& recipient,
                                              const RealmPolicy& realm) {
  std::vector<mail::Address> meant = {recipient};
  if (!realm.signed_batv) return meant;
  for (mail::Address& each : mail::BatvMailboxes(recipient)) {
    meant.push_back(std::move(each));
  }
  return meant;
}

std::vector<mail::Address> FormsOf(const mail::Address& recipient,
                                   const RealmPolicy* realm, bool* complete) {
  if (complete != nullptr) *complete = true;
  if (realm == nullptr) return {recipient};
  std::vector<mail::Address> forms;
  for (const mail::Address& each : CandidateMailboxes(recipient, *realm)) {
    bool all = true;
    AddNew(each.TagForms(realm->tag_delimiters, &all), &forms);
    if (complete != nullptr && !all) *complete = false;
  }
  return forms;
}

std::vector<std::string> SpellingsOf(const std::vector<mail::Address>& forms) {
  std::vector<std::string> spellings;
  for (const mail::Address& each : forms)
    AddNew(each.Spellings(""), &spellings);
  return spellings;
}

bool IsSrsAddress(const std::vector<mail::Address>& forms,
                  const RealmPolicy& realm) {
  return realm.signed_srs &&
         std::any_of(forms.begin(), forms.end(), [](const mail::Address& each) {
           return mail::IsSrs(each.local());
         });
}

const mail::Address* FindException(const Policy& policy,
                                   const std::vector<mail::Address>& forms) {
  const auto found = std::find_if(
      forms.begin(), forms.end(),
      [&names = Names(policy)](const mail::Address& each) {
        return names.exceptions.contains(mail::FoldUtf8(each.local())) ||
               names.exception_patterns.Matches(each);
      });
  return found == forms.end() ? nullptr : &*found;
}

bool IsException(const Policy& policy,
                 const std::vector<mail::Address>& forms) {
  return FindException(policy, forms) != nullptr;
}

bool IsToException(const Policy& policy, const Facts& facts) {
  if (facts.transaction().stage != Stage::kRcpt) return false;
  const std::vector<mail::Address>& readings = facts.recipient().addresses;
  return std::any_of(
      readings.begin(), readings.end(), [&policy](const mail::Address& each) {
        const RealmPolicy* realm = policy.FindRealm(each.domain());
        return (realm != nullptr || each.domain().empty()) &&
               IsException(policy, FormsOf(each, realm));
      });
}

}  // namespace mailverdict
