// Runs rounds of controls. A round shows whether a DNS server, or a DNS list
// that is asked through that server, can be believed at the moment.
//
// A round asks one server for all controls of one kind (DnsControlsFor in
// dns_vouch.h): the controls of names in general, or those of one list. One
// round serves all answers that came before it was sent. An answer that comes
// while a round is under way waits for the next round. So a burst of answers
// costs one round at a time.
//
// DnsControls also sees the answers to ordinary lookups. If a server could not
// answer a lookup, a round finds out whether the server fails for every name or
// only for that one. For a kind without controls, the ordinary lookups alone
// decide. So a server whose lookups fail does not stay in the state "well".

#ifndef MAILVERDICT_LIB_DNS_CONTROLS_H_
#define MAILVERDICT_LIB_DNS_CONTROLS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/loop/executor.h"
#include "lib/policy/policy.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

// Loop's thread only. A `done` may ask again, and may destroy this.
class DnsControls {
 public:
  // The least time from the beginning of a round to the beginning of the next
  // round of the same kind at the same server.
  static constexpr absl::Duration kMinRoundInterval = absl::Milliseconds(100);
  // Like kMinRoundInterval, but for a round that only a failed lookup asks for.
  // Spam brings many names that no server can look up; they cost at most one
  // round a second.
  static constexpr absl::Duration kMinSuspectInterval = absl::Seconds(1);
  // The time from one round to the next if no answer asks for a round. This
  // applies to lists, and to names in general if there is a positive control.
  static constexpr absl::Duration kRetest = absl::Minutes(10);
  // Like kRetest, but while the kind is failing. The time doubles with each
  // failed round, from kFirstRetestFailing to kLastRetestFailing.
  static constexpr absl::Duration kFirstRetestFailing = absl::Seconds(1);
  static constexpr absl::Duration kLastRetestFailing = absl::Seconds(32);
  // For a kind without controls: the server is failing if it could not answer
  // lookups of this many different names in a row. A single name may have
  // broken servers of its own.
  static constexpr int kNamesUnknown = 5;

  struct Round {
    uint64_t random = 0;          // the one of DnsControlsFor and VouchDns
    std::vector<Report> reports;  // in the order of DnsControlsFor
    std::string objection;        // of ObjectionOfControls; "" if all passed
  };
  using Done = std::function<void(const Round&)>;
  using Random = std::function<uint64_t()>;
  static Random BitGen();  // absl::BitGen, seeded by the system
  // Makes the hooks for one kind at one server. The list is one of the policy's
  // lists, or nullptr for names in general.
  using Hooks =
      std::function<HealthHooks(const std::string& server, const DnsList*)>;

  // Sets itself as the listener of `servers` (NameServers::SetListener).
  // `executor` and `servers` outlive this.
  DnsControls(std::shared_ptr<const Policy> policy, Executor* executor,
              NameServers* servers, Random random, const Hooks& hooks);
  ~DnsControls();
  DnsControls(const DnsControls&) = delete;
  DnsControls& operator=(const DnsControls&) = delete;

  // Begins a round of each kind that is tested regularly (see kRetest).
  void StartTests();

  // Asks for a round at `server`, of the kind of `lookup`. Never uses a round
  // that began before this call. Calls `done` once, when the round has ended;
  // this may be before Ask returns. For an unknown server, or a kind without
  // controls, the round is empty and vouches for nothing.
  void Ask(const std::string& server, const DnsLookup& lookup, Done done);

  // Begins a round of `list` at each server, because no server could answer a
  // lookup in the list.
  void Suspect(const DnsList* list);

  // Returns "" if `list` may be asked. A list may not be asked if it is failing
  // at every server; then returns why it is failing.
  std::string ReasonNotAsked(const DnsList* list) const;

  // Returns the state of `list` at each server, or of names in general if
  // `list` is nullptr. `since` is InfinitePast before the first round.
  std::vector<ServerState> states(const DnsList* list) const;

 private:
  struct Target;
  struct Running;

  Target* Find(const std::string& server, const DnsList* list);
  void OnReport(const std::string& server, const Report& report);
  void Count(Target* target, const Report& report);
  void Schedule(Target* target, absl::Time due);
  void SetTimer(Target* target, absl::Time due);
  void Begin(Target* target);
  void End(const std::shared_ptr<Running>& running);

  const std::shared_ptr<const Policy> policy_;
  Executor* const executor_;
  NameServers* const servers_;
  const Random random_;
  std::vector<std::unique_ptr<Target>> targets_;
  // The destructor resets it, so that answers that come later are dropped.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_CONTROLS_H_
