#include "lib/checks/readings.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "lib/mail/cursor.h"
#include "lib/mail/domain.h"

namespace mailverdict {
namespace {

// sendmail's class O: what separates a name from a domain, or a domain from the
// next.
constexpr std::string_view kRouting = "@%!";

bool IsRouted(std::string_view argument) {
  return argument.find_first_of(kRouting) != std::string_view::npos;
}

void Add(mail::Address address, std::vector<mail::Address>* addresses) {
  if (std::find(addresses->begin(), addresses->end(), address) ==
      addresses->end()) {
    addresses->push_back(std::move(address));
  }
}

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// Whether `c` may stand in a domain, as far as it takes to find one's ends.
bool IsInDomain(char c) {
  return !IsBlank(c) &&
         std::string_view("@%!<>()[]\",:;\\").find(c) == std::string_view::npos;
}

// The domains of ours that `argument` names outside of comments, in its
// innermost brackets: there an MTA looks for the address. It has understood the
// text, so its syntax is not checked here.
std::vector<std::string> DomainsNamed(std::string_view argument,
                                      const Policy& policy) {
  std::vector<std::string> domains;
  size_t comments = 0;  // that are open: they nest
  mail::Cursor in(argument);
  while (!in.done() && domains.size() < kMaxDomainsNamed) {
    const std::string_view word = in.TakeWhile(IsInDomain);
    absl::StatusOr<std::string> domain = mail::CanonicalDomain(word);
    if (comments == 0 && domain.ok() && policy.FindRealm(*domain) != nullptr) {
      domains.push_back(*std::move(domain));
    }
    const std::optional<char> end = in.Next();
    if (end == '(') ++comments;
    if (end == ')' && comments > 0) --comments;
    if (end == '<' && comments == 0) domains.clear();
  }
  return domains;
}

}  // namespace

Readings ReadingsOf(const Policy& policy, const Transaction& transaction) {
  Readings readings;
  const std::string& argument = transaction.recipient;
  mail::Address address;
  readings.fault = mail::ReadAddress(argument, &address);
  if (!readings.fault.has_value() && !address.null()) {
    Add(address, &readings.addresses);
  }
  if (!IsRouted(argument) || !transaction.resolved.has_value()) return readings;

  mail::Address resolved;
  if (mail::ReadAddress(*transaction.resolved, &resolved).has_value() ||
      resolved.null()) {
    return readings;
  }
  if (!resolved.domain().empty()) {
    Add(std::move(resolved), &readings.addresses);
    return readings;
  }
  // sendmail's local mailer: the same mailbox in each of its own domains.
  for (std::string& domain : DomainsNamed(argument, policy)) {
    Add(resolved.InDomain(std::move(domain)), &readings.addresses);
  }
  return readings;
}

}  // namespace mailverdict
