#include "lib/checks/exceptions.h"

#include <algorithm>

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

const mail::Address* FindException(const Policy& policy,
                                   const std::vector<mail::Address>& forms) {
  const auto found =
      std::find_if(forms.begin(), forms.end(),
                   [&names = Names(policy)](const mail::Address& each) {
                     return names.exceptions.contains(each.local());
                   });
  return found == forms.end() ? nullptr : &*found;
}

bool IsException(const Policy& policy,
                 const std::vector<mail::Address>& forms) {
  return FindException(policy, forms) != nullptr;
}

}  // namespace mailverdict
