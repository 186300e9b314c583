#include "lib/core/readings.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "lib/mail/cursor.h"
#include "lib/mail/domain.h"

namespace mailverdict {
namespace {

// sendmail's class O: what separates a name from a domain, or a domain from the
// next.
constexpr std::string_view kRouting = "@%!";

std::string WithoutQuotes(std::string_view local) {
  std::string plain(local);
  plain.erase(std::remove_if(plain.begin(), plain.end(),
                             [](char c) { return c == '"' || c == '\\'; }),
              plain.end());
  return plain;
}

bool IsRouted(std::string_view argument) {
  return argument.find_first_of(kRouting) != std::string_view::npos;
}

void Add(mail::Address address, std::vector<mail::Address>* addresses) {
  if (std::find(addresses->begin(), addresses->end(), address) ==
      addresses->end()) {
    addresses->push_back(std::move(address));
  }
}

// Whether `c` may be part of a domain. This only has to be exact enough to find
// the ends of a domain.
bool IsInDomain(char c) {
  return std::string_view(" \t@%!<>()[]\",:;\\").find(c) ==
         std::string_view::npos;
}

// The domains of ours that `argument` names in its innermost angle brackets and
// outside of comments, which is where an MTA looks for the address. A word
// behind '@' or '%', or ahead of '!', is a domain; any other word is a local
// part. The MTA has understood the text, so its syntax is not checked here.
std::vector<std::string> DomainsNamed(std::string_view argument,
                                      const Policy& policy) {
  std::vector<std::string> domains;
  size_t comments = 0;  // how many are open, since comments nest
  char before = ' ';    // the last mark ahead of a word
  mail::Cursor in(argument);
  while (!in.done() && domains.size() < kMaxDomainsNamed) {
    const std::string_view word = in.TakeWhile(IsInDomain);
    const std::optional<char> end = in.Next();
    if (!word.empty() && comments == 0) {
      const bool is_domain = before == '@' || before == '%' || end == '!';
      absl::StatusOr<std::string> domain = mail::CanonicalDomain(word);
      if (is_domain && domain.ok() && policy.FindRealm(*domain) != nullptr) {
        domains.push_back(*std::move(domain));
      }
      before = ' ';
    }
    if (end == '(') ++comments;
    if (end == ')' && comments > 0) --comments;
    if (comments > 0 || end == ')' || end == ' ' || end == '\t') continue;
    before = end.value_or(' ');
    if (end == '<') domains.clear();
  }
  return domains;
}

}  // namespace

Readings ReadingsOf(const Policy& policy, const Transaction& transaction) {
  Readings readings;
  const std::string& argument = transaction.recipient;
  mail::Address& address = readings.argument;
  readings.fault = mail::ReadAddress(argument, &address);
  if (!readings.fault.has_value() && !address.null()) {
    Add(address, &readings.addresses);
  }
  if (!IsRouted(argument) || !transaction.resolved.has_value()) return readings;

  mail::Address resolved;
  if (mail::ReadAddress(*transaction.resolved, &resolved).has_value()) {
    // For local delivery sendmail resolves to the argument's local part without
    // quotes. That is no new reading.
    const bool same =
        !readings.fault.has_value() &&
        absl::EqualsIgnoreCase(WithoutQuotes(*transaction.resolved),
                               WithoutQuotes(address.local()));
    readings.unclear = !transaction.resolved->empty() && !same;
    return readings;
  }
  if (resolved.null()) return readings;
  if (!resolved.domain().empty()) {
    Add(std::move(resolved), &readings.addresses);
    return readings;
  }
  // Local delivery by sendmail: the name is the same mailbox in each of the
  // MTA's own domains.
  for (std::string& domain : DomainsNamed(argument, policy)) {
    Add(resolved.InDomain(std::move(domain)), &readings.addresses);
  }
  return readings;
}

}  // namespace mailverdict
