// An LDAP search filter (RFC 4515) with placeholders for an address.
//
//   (&(objectClass=person)(|(mail=%a)(mailAlternateAddress=%a)(uid=%u)))
//
//   %a the whole address, %u its local part, %d its domain, %% a percent sign.
//
// An *arm* is one way in which an address can match: here mail,
// mailAlternateAddress and uid. If a server does not know an attribute, or does
// not show it, only that arm of the OR finds nothing. So every arm needs a
// control that is found through it. A template *reduced to an arm* is the
// filter without the other arms.
//
// An OR of comparisons with fixed values makes arms as well, for the same
// reason:
//
//   (&(mail=%a)(|(accountStatus=active)(groupMail=TRUE)))
//
// This filter has the arms mail(accountStatus=active) and mail(groupMail=TRUE),
// because a control of one arm says nothing about the other. Alternatives that
// differ only in the values with placeholders are one arm, as in
// (|(mail=%a)(mail=%u@old.example)). An OR within a NOT makes no arms.

#ifndef MAILVERDICT_LIB_POLICY_FILTER_TEMPLATE_H_
#define MAILVERDICT_LIB_POLICY_FILTER_TEMPLATE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace mailverdict {

// A value; immutable and thread-safe.
class FilterTemplate {
 public:
  // An equality whose value contains a placeholder.
  struct Assertion {
    std::string attribute;  // lower case
    std::string value;      // with placeholders; filter escapes undone
  };
  struct Arm {
    // Its attributes, joined by '+': "mail", "uid+domain". If another arm has
    // the same attributes, the fixed parts of the filter follow:
    // "mail(accountStatus=active)".
    std::string name;
    // The template reduced to this arm: one filter for each alternative of the
    // arm. These differ only in the values of `assertions`.
    std::vector<std::string> filters;
    // For each filter, the equalities that an entry must satisfy, all of them.
    std::vector<std::vector<Assertion>> assertions;
  };

  // Parses a template. An InvalidArgument status says what is wrong, at which
  // byte of `text`, and what to write instead.
  //
  // The template must meet these conditions. Parentheses are balanced. At least
  // one equality has a placeholder. Placeholders are only in equalities without
  // '*', and never under a NOT. An attribute with a placeholder has the name
  // that the server sends, because returned entries are attributed to addresses
  // by it. Either all operands of an OR have a placeholder or none has: an
  // operand without one would match entries of any address. All ORs together
  // give at most 32 alternatives.
  static absl::StatusOr<FilterTemplate> Parse(std::string_view text);

  FilterTemplate() = default;

  const std::string& text() const { return text_; }
  const std::vector<Arm>& arms() const { return arms_; }
  // Returns nullptr if there is no arm of that name.
  const Arm* FindArm(std::string_view name) const;
  // The attributes of all arms, without duplicates. A search must request them.
  const std::vector<std::string>& attributes() const { return attributes_; }

  // Appends to `out` the filter for one spelling of an address. If `arm` is not
  // empty, the filter is reduced to that arm. Values are escaped by RFC 4515
  // section 3. REQUIRES: `arm` is empty or the name of an arm.
  void ExpandTo(std::string_view address, std::string_view arm,
                std::string* out) const;
  // Like ExpandTo, but returns the filter.
  std::string Expand(std::string_view address, std::string_view arm = "") const;

 private:
  // Removes the fixed parts from the names that are unique without them.
  void ShortenNames();

  std::string text_;
  std::vector<Arm> arms_;
  std::vector<std::string> attributes_;
};

// Returns `value` with its placeholders replaced by the parts of `address`
// ("local@domain", split at the last '@'). Does not escape.
std::string FillIn(std::string_view value, std::string_view address);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_FILTER_TEMPLATE_H_
