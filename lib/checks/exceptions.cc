#include "lib/checks/exceptions.h"

#include <algorithm>

#include "lib/mail/utf8.h"

namespace mailverdict {
namespace {

const RecipientPolicy& Names(const Policy& policy) {
  static const auto* const kWithoutCheck = new RecipientPolicy;
  const auto* check = policy.FindCheck<RecipientPolicy>();
  return check == nullptr ? *kWithoutCheck : *check;
}

}  // namespace

std::vector<mail::Address> FormsOf(const mail::Address& recipient,
                                   const RealmPolicy* realm, bool* complete) {
  if (complete != nullptr) *complete = true;
  if (realm == nullptr) return {recipient};
  return recipient.TagForms(realm->tag_delimiters, complete);
}

bool IsException(const Policy& policy,
                 const std::vector<mail::Address>& forms) {
  return std::any_of(
      forms.begin(), forms.end(),
      [&names = Names(policy)](const mail::Address& each) {
        return names.exceptions.contains(mail::FoldUtf8(each.local()));
      });
}

}  // namespace mailverdict
