#include "lib/checks/exceptions.h"

#include <algorithm>
#include <vector>

namespace mailverdict {
namespace {

const RecipientPolicy& Names(const Policy& policy) {
  static const auto* const kWithoutCheck = new RecipientPolicy;
  const auto* check = policy.FindCheck<RecipientPolicy>();
  return check == nullptr ? *kWithoutCheck : *check;
}

}  // namespace

bool IsException(const Policy& policy, const mail::Address& recipient) {
  const auto is_named = [&names = Names(policy)](const mail::Address& each) {
    return names.exceptions.contains(each.local());
  };
  if (recipient.domain().empty()) return is_named(recipient);
  const std::optional<size_t> realm =
      policy.realm_by_domain.Find(recipient.domain());
  if (!realm.has_value()) return false;
  const std::vector<mail::Address> forms =
      recipient.TagForms(policy.realms[*realm].tag_delimiters);
  return std::any_of(forms.begin(), forms.end(), is_named);
}

}  // namespace mailverdict
