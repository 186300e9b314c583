// The controls of a DNS lookup, and the judgement whether they prove its
// answer. (vouch.h does this for mailboxes.) Pure.
//
// A DNS server that is cut off from the world may say that nothing exists.
// Another may invent addresses for names that do not exist. A DNS list may be
// dead, or list everybody. So a check that would reject because of an answer
// repeats the lookup with DnsLookup::with_controls. After the new answer has
// come, the same server is asked for the controls:
//
//                  must be present         must be absent
//   a name         each positive control   a random label below each domain
//                  of the policy, which    of absent_below, as A and as MX
//                  is in no cache
//   a list of      127.0.0.2               127.0.0.1, and a random
//   IPv4                                   documentation address
//   a list of      ::FFFF:7F00:2           ::FFFF:7F00:1, and a random address
//   IPv6                                   of 2001:db8::/32
//   a list of      "test"                  "invalid", and a random name below
//   domains                                example.com
//
// The first row is for "names in general": all names that are in no DNS list.
// The test entries of lists are those of RFC 5782 5. For an allow list the
// policy's positive controls are asked for, too, because an absence from the
// list may count against the client.

#ifndef MAILVERDICT_LIB_CORE_DNS_VOUCH_H_
#define MAILVERDICT_LIB_CORE_DNS_VOUCH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "lib/core/answer.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// A lookup whose answer is known beforehand if the server works.
struct DnsControl {
  DnsLookup lookup;
  // The expected answer: Present, or else Absent (no such name, or no data).
  bool present = false;
  // The answer must have a TTL of zero, which shows that no cache gave it.
  bool uncached = false;
};

// Returns the controls of `lookup`. They depend only on the policy and on the
// list, if any, that the name is in. So one round of controls serves all
// lookups in the same list, or all lookups of names in general. The random
// labels and addresses are made from `random`.
std::vector<DnsControl> DnsControlsFor(const Policy& policy,
                                       const DnsLookup& lookup,
                                       uint64_t random);

// Whether `report` would be proven if every control passed. If not, there is no
// need to ask for the controls. REQUIRES: report.lookup is a DnsLookup.
bool CanBeVouchedFor(const Policy& policy, const Report& report);

// Judges the controls of `lookup` alone. `seen` has the reports for
// DnsControlsFor(policy, lookup, random); `before` is the origin of the answer
// that the controls have to prove. Returns an empty text if every control was
// sent to the server of `before` after that answer had been received, and has
// the expected answer. Otherwise returns what is wrong with the server, or with
// the list that `lookup` is in.
std::string ObjectionOfControls(const Policy& policy, const DnsLookup& lookup,
                                uint64_t random, const Origin& before,
                                const std::vector<Report>& seen);

// Judges `report`. `controls` has the reports for DnsControlsFor(policy,
// lookup, random). The answer is proven if the controls pass
// (ObjectionOfControls) and the report is one of these (CanBeVouchedFor):
//   - Present.
//   - Absent, no such name (NXDOMAIN), for a name that is in no DNS list.
//   - Absent, for a lookup of type A in an allow list.
// An absence must also come without a CNAME and with the SOA of a zone above
// the name, and the policy must have a positive control. No other absence is
// ever proven: neither "no such data" for a name, nor an absence from a block
// list.
//
// The answer becomes Unknown, with the reason, if a control fails or was not
// answered, or if a list answers with an error (dns_list.h). A report that
// controls cannot prove stays as it is, not proven. So does a Present if the
// lookup has no controls.
// REQUIRES: report.lookup is a DnsLookup with_controls.
Answer VouchDns(const Policy& policy, uint64_t random, Report report,
                const std::vector<Report>& controls);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_DNS_VOUCH_H_
