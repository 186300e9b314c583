// A MailboxResolver that gives the answers that a test tells it to, when and as often
// as it
// does.

#ifndef MAILVERDICT_LIB_RESOLVER_SCRIPTED_RESOLVER_TESTING_H_
#define MAILVERDICT_LIB_RESOLVER_SCRIPTED_RESOLVER_TESTING_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/vouch.h"
#include "lib/policy/policy.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

class ScriptedResolver final : public MailboxResolver {
 public:
  struct Call {
    MailboxLookup lookup;
    Done done;
  };

  // If it returns an answer, that is given at once.
  std::function<std::optional<Answer>(const MailboxLookup&)> instant;

  void Resolve(const MailboxLookup& lookup, Done done) override {
    if (instant) {
      if (const std::optional<Answer> answer = instant(lookup)) {
        ++instants;
        done(*answer);
        return;
      }
    }
    calls.push_back({lookup, std::move(done)});
  }

  // The directory's answers to its `i`-th call.
  void Present(size_t i) {
    calls[i].done(Answer(Report::Present(calls[i].lookup, {"cn=entry"})));
  }
  void Unknown(size_t i) {
    calls[i].done(Answer(Report::Unknown(calls[i].lookup, "scripted")));
  }
  void Unvouched(size_t i) {
    calls[i].done(Answer(Report::Absent(calls[i].lookup)));
  }
  void Absent(size_t i, const DirectoryPolicy& policy) {
    calls[i].done(VouchedAbsent(policy, calls[i].lookup));
  }

  static Answer VouchedAbsent(const DirectoryPolicy& policy,
                              const MailboxLookup& lookup) {
    const Origin moment{"ldap://scripted", 1, 1, absl::UnixEpoch(),
                        absl::UnixEpoch()};
    std::vector<Report> controls;
    for (const MailboxLookup& control : ControlsFor(policy, lookup)) {
      controls.push_back(Report::Present(control, {"cn=control"}, moment));
    }
    return Vouch(policy, Report::Absent(lookup, moment), controls);
  }

  std::vector<Call> calls;
  size_t instants = 0;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVER_SCRIPTED_RESOLVER_TESTING_H_
