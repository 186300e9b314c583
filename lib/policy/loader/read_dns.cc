#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/substitute.h"
#include "lib/policy/dns_server.h"
#include "lib/policy/loader/read_policy.h"
#include "lib/policy/loader/values.h"

namespace mailverdict {
namespace {

using D = proto::Dns;

constexpr absl::Duration kMinTimeout = absl::Milliseconds(100);
constexpr absl::Duration kMaxTimeout = absl::Seconds(5);

// The space for a random label that nobody has asked for before (dns_vouch.h).
constexpr size_t kRoomForLabel = 32;

void ReadDnsServers(const ParsedMessage<D>& parsed, DnsPolicy* dns) {
  UniqueValues servers(&parsed.faults());
  for (int i = 0; i < parsed->server_size(); ++i) {
    const absl::StatusOr<DnsServer> server =
        DnsServer::Parse(parsed->server(i));
    if (!server.ok()) {
      parsed.Error(D::kServerFieldNumber,
                   absl::StrCat("server ", server.status().message()), i);
      continue;
    }
    // The canonical spelling finds one server that is listed in two spellings.
    dns->servers.push_back(server->ToString());
    servers.Add(dns->servers.back(), parsed.At(D::kServerFieldNumber, i),
                absl::StrCat("server ", Quoted(dns->servers.back())));
  }
}

void ReadPositiveControls(const ParsedMessage<D>& parsed, DnsPolicy* dns) {
  UniqueValues controls(&parsed.faults());
  for (int i = 0; i < parsed->control_size(); ++i) {
    const std::string& text = parsed->control(i);
    const bool wildcard = absl::StartsWith(text, "*.");
    std::string name = ReadZone(parsed, D::kControlFieldNumber, "control", text,
                                i, wildcard ? 2 : 0, kRoomForLabel);
    if (name.empty()) continue;
    controls.Add(absl::StrCat(wildcard ? "*." : "", name),
                 parsed.At(D::kControlFieldNumber, i),
                 absl::StrCat("control ", Quoted(text)));
    dns->controls.push_back({std::move(name), wildcard});
  }
}

void ReadNegativeControls(const ParsedMessage<D>& parsed, DnsPolicy* dns) {
  if (parsed->absent_below_size() == 0) return;
  // Names in the policy replace the default.
  dns->absent_below.clear();
  UniqueValues names(&parsed.faults());
  for (int i = 0; i < parsed->absent_below_size(); ++i) {
    const std::string& text = parsed->absent_below(i);
    std::string name = ReadZone(parsed, D::kAbsentBelowFieldNumber,
                                "absent_below", text, i, 0, kRoomForLabel);
    if (name.empty()) continue;
    names.Add(name, parsed.At(D::kAbsentBelowFieldNumber, i),
              absl::StrCat("absent_below ", Quoted(text)));
    for (const DnsPolicy::Control& control : dns->controls) {
      // Below a wildcard every name exists, so this control could never pass.
      if (!control.wildcard || control.name != name) continue;
      parsed.Error(D::kAbsentBelowFieldNumber,
                   absl::Substitute("absent_below $0 is below a wildcard by "
                                    "control, so every name is there; write "
                                    "another",
                                    Quoted(text)),
                   i);
    }
    dns->absent_below.push_back(std::move(name));
  }
}

void ReadDnsCache(const ParsedMessage<proto::Cache>& parsed, DnsPolicy* dns) {
  using H = proto::Cache;
  ReadDurationField(parsed, H::kPresentFieldNumber, parsed->has_present(),
                    "present", parsed->present(), "1h", &dns->keep_present);
  ReadDurationField(parsed, H::kAbsentFieldNumber, parsed->has_absent(),
                    "absent", parsed->absent(), "5m", &dns->keep_absent);
  if (parsed->has_max_entries()) dns->max_cached = parsed->max_entries();
  CheckMaxEntries(parsed);
}

}  // namespace

void ReadDns(const ParsedMessage<proto::Policy>& parsed_policy,
             Policy* policy) {
  if (!parsed_policy->has_dns()) return;
  const ParsedMessage<D> parsed =
      parsed_policy.Child(parsed_policy->dns(), proto::Policy::kDnsFieldNumber);
  DnsPolicy& dns = policy->dns;
  ReadDnsServers(parsed, &dns);
  ReadDurationField(parsed, D::kTimeoutFieldNumber, parsed->has_timeout(),
                    "timeout", parsed->timeout(), "1s", &dns.timeout);
  CheckBetween(parsed, D::kTimeoutFieldNumber, "timeout", dns.timeout,
               kMinTimeout, kMaxTimeout, "");
  WarnIfBeyondDeadline(parsed, D::kTimeoutFieldNumber, dns.timeout,
                       policy->deadline);
  ReadPositiveControls(parsed, &dns);
  ReadNegativeControls(parsed, &dns);
  if (parsed->has_cache()) {
    ReadDnsCache(parsed.Child(parsed->cache(), D::kCacheFieldNumber), &dns);
  }
}

}  // namespace mailverdict
