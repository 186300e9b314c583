// A directory with many mailboxes and no server. It makes search results here,
// and lets lib/ldap turn them into answers.

#ifndef MAILVERDICT_LIB_ENGINE_CROWD_TESTING_H_
#define MAILVERDICT_LIB_ENGINE_CROWD_TESTING_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/core/vouch.h"
#include "lib/ldap/attribution.h"
#include "lib/policy/policy.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

class Crowd final : public MailboxResolver {
 public:
  explicit Crowd(bool present) : present_(present) {
    policy_.name = "people";
    policy_.uris = {"ldap://ldap1.example.org"};
    policy_.base = "ou=people,dc=example,dc=org";
    policy_.filter = *FilterTemplate::Parse("(|(mail=%a)(uid=%u))");
    policy_.controls = {{"mail", "control-mail@example.org", Dn("cn=mail")},
                        {"uid", "control-uid@example.org", Dn("cn=uid")}};
  }

  DirectoryPolicy& policy() { return policy_; }

  // The i-th mailbox: "marie.hernandez4711@example.org".
  static MailboxLookup Member(int i) {
    static constexpr const char* kFirst[] = {"anna",  "john",   "marie",
                                             "peter", "thomas", "elizabeth"};
    static constexpr const char* kLast[] = {"li", "smith", "mueller", "okafor",
                                            "hernandez"};
    return {"people",
            {absl::StrCat(kFirst[i % 6], ".", kLast[i % 5], i, "@example.org")},
            ""};
  }

  // Answers at once: each mailbox is present, or each is proven absent.
  void Resolve(const MailboxLookup& lookup, Done done) override {
    const std::string& address = lookup.address();
    const std::string user = address.substr(0, address.rfind('@'));
    SearchResult result;
    result.entries = {{Dn("cn=mail"), {{"mail", {"control-mail@example.org"}}}},
                      {Dn("cn=uid"), {{"uid", {"control-uid"}}}}};
    if (present_) {
      result.entries.push_back({Dn(absl::StrCat("uid=", user)),
                                {{"uid", {user}}, {"mail", {address}}}});
    }
    // From a real server several lookups share an exchange; here each has its
    // own.
    ++exchange_;
    const absl::Time sent = absl::FromUnixMicros(1'800'000'000'000'000) +
                            exchange_ * absl::Nanoseconds(61'803);
    result.origin = {policy_.uris.front(), 3, exchange_, sent,
                     sent + absl::Nanoseconds(812'345)};
    const Attribution attribution =
        AssignEntries(policy_, {lookup}, ControlsFor(policy_, lookup), result);
    done(*attribution.answers.front());
  }

 private:
  std::string Dn(const std::string& rdn) const {
    return absl::StrCat(rdn, ",", policy_.base);
  }

  const bool present_;
  DirectoryPolicy policy_;
  uint64_t exchange_ = 0;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_ENGINE_CROWD_TESTING_H_
