// An LDAP search filter (RFC 4515) with placeholders for an address.
//
//   (&(objectClass=person)(|(mail=%a)(mailAlternateAddress=%a)(uid=%u)))
//
//   %a the whole address, %u its local part, %d its domain, %% a percent sign.
//
// An *arm* is one way in which an address can match: here mail,
// mailAlternateAddress and uid. If a server does not know or does not show an
// attribute, just that arm of the OR falls silent, so every arm needs a control
// that is found through it. Reduced to an arm, the template is the same filter
// without the other arms.
//
// The same is true of an attribute that is compared with something fixed, so
// an OR of these makes arms as well:
//
//   (&(mail=%a)(|(accountStatus=active)(groupMail=TRUE)))
//
// has the arms mail(accountStatus=active) and mail(groupMail=TRUE): a control
// of the one says nothing about the other. What differs in nothing but the
// values with placeholders, as (|(mail=%a)(mail=%u@old.example)), is one arm. A
// NOT stays whole.

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
  // "Attribute equals value", for a value that an address is put into.
  struct Assertion {
    std::string attribute;  // lower case
    std::string value;      // with placeholders; filter escapes undone
  };
  struct Arm {
    // Its attributes, joined by '+': "mail", "uid+domain". Where that is not
    // the only one of that name, its fixed parts follow as they are written:
    // "mail(accountStatus=active)".
    std::string name;
    // The template reduced to this arm; more than one when several alternatives
    // of the template differ in the values of `assertions` only.
    std::vector<std::string> filters;
    // For each filter what it asserts of an entry; all of it must hold.
    std::vector<std::vector<Assertion>> assertions;
  };

  // An InvalidArgument error says what is wrong, at which byte of `text`, and
  // what to write instead. Wanted: balanced parentheses; a placeholder in at
  // least one equality, and in equalities without '*' only, with the name that
  // the server sends for the attribute (an entry must be attributable to the
  // address that asked for it); none under a NOT; no OR that mixes arms with
  // what holds for entries of any address; 32 ways through all ORs at most.
  static absl::StatusOr<FilterTemplate> Parse(std::string_view text);

  FilterTemplate() = default;

  const std::string& text() const { return text_; }
  const std::vector<Arm>& arms() const { return arms_; }
  // nullptr when there is none of that name.
  const Arm* FindArm(std::string_view name) const;
  // Every attribute of every arm, none twice: what a search has to ask for.
  const std::vector<std::string>& attributes() const { return attributes_; }

  // Adds to `out` the filter for one spelling of an address, reduced to `arm`
  // unless that is empty. Values are escaped by RFC 4515 section 3. REQUIRES:
  // `arm` is empty or names one.
  void ExpandTo(std::string_view address, std::string_view arm,
                std::string* out) const;
  // The same by itself.
  std::string Expand(std::string_view address, std::string_view arm = "") const;

 private:
  // Takes the fixed parts from the names that need none.
  void ShortenNames();

  std::string text_;
  std::vector<Arm> arms_;
  std::vector<std::string> attributes_;
};

// `value` with the placeholders of an assertion replaced by the parts of
// `address` ("local@domain", divided at the last '@'). Not escaped.
std::string FillIn(std::string_view value, std::string_view address);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_FILTER_TEMPLATE_H_
