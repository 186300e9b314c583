// Rounds of controls. A round shows whether a DNS server can be believed just
// now, or a list that is asked through it.
//
// A round asks one server for all controls of one kind (DnsControlsFor in
// dns_vouch.h): those of names in general, or those of one list. Many answers
// may wait for a round. It serves the answers that had come before it was sent;
// an answer that comes while a round is under way waits for the next one. So a
// burst of answers that would reject costs one round at a time.
//
// Ordinary lookups are listened to as well. When a server could not answer one,
// a round finds out whether the server fails or only that name. Where there is
// no control to ask for, the lookups alone decide. So the state of a server is
// not "well" while its lookups fail.

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
  // The least time from the beginning of one round to that of the next one of
  // its kind at its server.
  static constexpr absl::Duration kApart = absl::Milliseconds(100);
  // The same before a round that only a failed lookup asks for. Spam brings
  // many names that no server can look up; each second of them costs one round.
  static constexpr absl::Duration kSuspectApart = absl::Seconds(1);
  // From one round to the next when no answer asks for one: for a list, and for
  // names where there is a positive control.
  static constexpr absl::Duration kRetest = absl::Minutes(10);
  // The same while a kind is failing. The pause doubles with each failure, from
  // the first to the last.
  static constexpr absl::Duration kFirstRetestFailing = absl::Seconds(1);
  static constexpr absl::Duration kLastRetestFailing = absl::Seconds(32);
  // Without controls: a server is failing when it could not answer lookups of
  // this many names in a row. One name may have broken servers of its own.
  static constexpr int kNamesUnknown = 5;

  struct Round {
    uint64_t random = 0;          // for VouchDns
    std::vector<Report> reports;  // of all controls, in their order
    std::string objection;        // ObjectionOfControls
  };
  using Done = std::function<void(const Round&)>;
  using Random = std::function<uint64_t()>;
  static Random BitGen();  // absl::BitGen, seeded by the system
  // Makes the hooks for one kind at one server; `list` is one of the policy's,
  // or nullptr for names in general.
  using Hooks =
      std::function<HealthHooks(const std::string& server, const DnsList*)>;

  // Becomes the listener of `servers` (NameServers::Listen). `executor` and
  // `servers` outlive this.
  DnsControls(std::shared_ptr<const Policy> policy, Executor* executor,
              NameServers* servers, Random random, const Hooks& hooks);
  ~DnsControls();
  DnsControls(const DnsControls&) = delete;
  DnsControls& operator=(const DnsControls&) = delete;

  // Begins the first round of each kind that is retested.
  void StartTests();

  // Calls `done` once with a round of the kind of `lookup` at `server` that
  // begins after this call; perhaps before it returns. An unknown server gives
  // an empty round, which vouches for nothing.
  void Ask(const std::string& server, const DnsLookup& lookup, Done done);

  // No server could answer a lookup in `list`: begins a round at each server.
  void Suspect(const DnsList* list);

  // Why `list` is not to be asked: at each server it has failed its last round.
  // Empty if it may be asked.
  std::string WhyNot(const DnsList* list) const;

  // The state of `list` at each server, or of names in general for nullptr. Its
  // `since` is InfinitePast before the first round.
  std::vector<ServerState> states(const DnsList* list) const;

 private:
  struct Subject;
  struct Running;

  Subject* Find(const std::string& server, const DnsList* list);
  void Hear(const std::string& server, const Report& report);
  void Count(Subject* subject, const Report& report);
  void Schedule(Subject* subject, absl::Time due);
  void SetTimer(Subject* subject, absl::Time due);
  void Begin(Subject* subject);
  void End(const std::shared_ptr<Running>& running);

  const std::shared_ptr<const Policy> policy_;
  Executor* const executor_;
  NameServers* const servers_;
  const Random random_;
  std::vector<std::unique_ptr<Subject>> subjects_;
  // Reset by the destructor, so that later answers are dropped.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_CONTROLS_H_
