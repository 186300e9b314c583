// The controls of a DNS lookup, and the judgement whether an answer is proven
// by them: vouch.h, for DNS. Pure.
//
// A DNS server may be cut off from the world and say that nothing exists, or
// invent addresses for what does not; a list may be dead, or list everybody. An
// answer that would reject is therefore asked for anew
// (DnsLookup::with_controls), and after it has come, of the same server:
//
//   a name of DNS  each positive control of the policy, which no cache knows,
//                  and a random label below each of absent_below, both as A and
//                  as MX
//   a list         of RFC 5782 5: 127.0.0.2 is listed, 127.0.0.1 and a random
//                  documentation address are not (of IPv6 ::FFFF:7F00:2,
//                  ::FFFF:7F00:1 and one of 2001:db8::/32; of domains "test",
//                  "invalid" and one below example.com). Of an allow list each
//                  positive control of the policy, too: not being on it may
//                  count against a client

#ifndef MAILVERDICT_LIB_CORE_DNS_VOUCH_H_
#define MAILVERDICT_LIB_CORE_DNS_VOUCH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "lib/core/answer.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// A lookup whose answer is known beforehand, if the server works.
struct DnsControl {
  DnsLookup lookup;
  bool present = false;  // it has that; else there must be no such name or data
  bool uncached = false;  // present with a TTL of zero
};

// The controls of `lookup`. They depend on the policy and on which list, if
// any, the name is in, so that one round of them serves all lookups of a kind.
// `random` makes the random labels and addresses.
std::vector<DnsControl> DnsControlsFor(const Policy& policy,
                                       const DnsLookup& lookup,
                                       uint64_t random);

// Whether the report would be proven if every control passed. If not, there is
// no need to ask them. REQUIRES: report.lookup is a DnsLookup.
bool CanBeVouchedFor(const Policy& policy, const Report& report);

// What `seen`, of DnsControlsFor(policy, lookup, random), says against the
// server of `before` or against the list that `lookup` is in; empty if every
// control was sent to that server after `before` had been received and came
// back as it should.
std::string ObjectionOfControls(const Policy& policy, const DnsLookup& lookup,
                                uint64_t random, const Transcript& before,
                                const std::vector<Report>& seen);

// Judges what a resolver saw, and what it saw of DnsControlsFor(policy, lookup,
// random). The answer is vouched for when every control was asked of the same
// server, was sent after `report` had been received, and came back as it
// should, and when
//   - `report` is Present, or
//   - it is Absent: no such name, not behind an alias, by the SOA of a zone
//     above it, and the policy has a positive control. So is "no such data"
//     (A) of an allow list. What is not on another list, or of another type,
//     nothing vouches for.
// An answer that a control contradicts becomes Unknown, with the reason, as
// does one whose controls were not all answered, and a list's answer that is an
// error (dns_list.h). Where there is no positive control, and of what no
// control could vouch for ("no such data"), the answer stays what it is, not
// vouched for. REQUIRES: report.lookup is a DnsLookup with_controls.
Answer VouchDns(const Policy& policy, uint64_t random, Report report,
                const std::vector<Report>& controls);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_DNS_VOUCH_H_
