// What checks read: a transaction, with each of its texts parsed once.

#ifndef MAILVERDICT_LIB_CORE_FACTS_H_
#define MAILVERDICT_LIB_CORE_FACTS_H_

#include <optional>

#include "lib/core/readings.h"
#include "lib/core/transaction.h"
#include "lib/mail/address.h"
#include "lib/mail/ip.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// One object serves one verdict. Every check reads it. A text is parsed when
// the first check asks for it. Keeps references to its arguments. Pure. Not
// thread-safe, because it parses on demand.
class Facts {
 public:
  Facts(const Policy& policy, const Transaction& transaction)
      : policy_(policy), transaction_(transaction) {}
  Facts(const Facts&) = delete;
  Facts& operator=(const Facts&) = delete;

  // The texts as the MTA gave them.
  const Transaction& transaction() const { return transaction_; }

  // The client's address; nullopt if the MTA did not say, or said "unknown".
  const std::optional<mail::IpAddress>& client() const {
    return client_.Get([this] { return mail::ParseIp(transaction_.client); });
  }
  // Whether the client is in one of the policy's local networks.
  bool local() const {
    return !policy_.local_networks.empty() && client().has_value() &&
           policy_.IsLocal(*client());
  }
  // The sender's address; nullopt if it is no address. The null sender <> is an
  // address.
  const std::optional<mail::Address>& sender() const {
    return sender_.Get([this]() -> std::optional<mail::Address> {
      mail::Address address;
      if (mail::ReadAddress(transaction_.sender, &address).has_value()) {
        return std::nullopt;
      }
      return address;
    });
  }
  // All ways to read the recipient.
  const Readings& recipient() const {
    return recipient_.Get([this] { return ReadingsOf(policy_, transaction_); });
  }

 private:
  template <typename T>
  class Lazy {
   public:
    template <typename Make>
    const T& Get(Make make) const {
      if (!value_.has_value()) value_.emplace(make());
      return *value_;
    }

   private:
    mutable std::optional<T> value_;
  };

  const Policy& policy_;
  const Transaction& transaction_;
  Lazy<std::optional<mail::IpAddress>> client_;
  Lazy<std::optional<mail::Address>> sender_;
  Lazy<Readings> recipient_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_FACTS_H_
