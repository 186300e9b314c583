// Rounds of controls: what shows that a DNS server is to be believed just now,
// and a list that is asked through it.
//
// A round is DnsControlsFor (dns_vouch.h) of one kind, names in general or one
// list, at one server. Many answers may wait for it, and it serves them all if
// it was sent after each of them had come: who comes while a round is under way
// waits for the next one. So a storm of answers that would reject costs one
// round at a time.

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
  // Rounds of one kind at one server begin so far apart at least.
  static constexpr absl::Duration kApart = absl::Milliseconds(100);
  // A round without anybody who waits, after the last one: of a list, and of
  // names where there is a positive control.
  static constexpr absl::Duration kRetest = absl::Minutes(10);
  // The same, and of whatever is failing: after the first failure, twice as
  // long after each further one, up to the last.
  static constexpr absl::Duration kFirstRetestFailing = absl::Seconds(1);
  static constexpr absl::Duration kLastRetestFailing = absl::Seconds(32);

  struct Round {
    uint64_t random = 0;          // for VouchDns
    std::vector<Report> reports;  // of all controls, in their order
    std::string objection;        // ObjectionOfControls
  };
  using Done = std::function<void(const Round&)>;
  using Random = std::function<uint64_t()>;
  static Random BitGen();  // absl::BitGen, seeded by the system
  // For one kind at one server; `list` is one of the policy's, or nullptr.
  using Hooks =
      std::function<HealthHooks(const std::string& server, const DnsList*)>;

  // `executor` and `servers` outlive this.
  DnsControls(std::shared_ptr<const Policy> policy, Executor* executor,
              NameServers* servers, Random random, const Hooks& hooks);
  ~DnsControls();
  DnsControls(const DnsControls&) = delete;
  DnsControls& operator=(const DnsControls&) = delete;

  // Begins the first of the rounds that nobody waits for.
  void StartTests();

  // Calls `done` once with a round of the kind of `lookup` at that server that
  // begins after this call; perhaps before it returns. Of a server that is none
  // of those with an empty round, which vouches for nothing.
  void Ask(const std::string& server, const DnsLookup& lookup, Done done);

  // A list could not be asked: begins a round at each server.
  void Suspect(const DnsList* list);

  // Why a list is to be left alone: it has failed its last round at each
  // server. Else empty.
  std::string WhyNot(const DnsList* list) const;

  // Of names (nullptr) or one list, at each server; without any round yet,
  // since InfinitePast.
  std::vector<ServerState> states(const DnsList* list) const;

 private:
  struct Subject;
  struct Running;

  Subject* Find(const std::string& server, const DnsList* list);
  void Schedule(Subject* subject, absl::Time due);
  void Begin(Subject* subject);
  void End(const std::shared_ptr<Running>& running);

  const std::shared_ptr<const Policy> policy_;
  Executor* const executor_;
  NameServers* const servers_;
  const Random random_;
  std::vector<std::unique_ptr<Subject>> subjects_;
  // Gone when this is: an answer that comes later is dropped.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_CONTROLS_H_
