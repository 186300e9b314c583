// The claims for a DNS lookup.

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/core/dns_vouch.h"
#include "lib/mail/ip.h"
#include "lib/policy/dns_list.h"
#include "tests/evidence/claims_of.h"

namespace mailverdict {
namespace {

constexpr uint64_t kRandom = 7;
constexpr absl::Duration kRoundTrip = absl::Milliseconds(1);

using Values = std::vector<std::string>;

// An answer of a server, before its controls are considered.
struct Saying {
  std::string name;
  Report report;
  bool provable = false;  // good controls make it a proof
};

class DnsSayings {
 public:
  DnsSayings(const DnsLookup& lookup, const Policy& policy, absl::Time now)
      : lookup_(lookup),
        policy_(policy),
        list_(policy.FindListOfName(lookup.name)),
        here_{"192.0.2.53", 1, 1, now, now + kRoundTrip} {}

  std::vector<Saying> All() && {
    for (const char* reason : {"timed out after 1s", "it answers SERVFAIL",
                               "it answers REFUSED", "truncated"}) {
      sayings_.push_back(
          {reason, Report::Unknown(lookup_, reason, here_), false});
    }
    AddPresent();
    AddAbsent();
    return std::move(sayings_);
  }

 private:
  void Present(std::string name, Values values, bool provable = true) {
    Report report = Report::Present(lookup_, std::move(values), here_);
    report.dns.ttl = absl::Minutes(5);
    sayings_.push_back({std::move(name), std::move(report), provable});
  }

  void Absent(std::string name, Absence absence, std::string zone,
              std::string alias_target, bool provable) {
    Report report = Report::Absent(lookup_, here_);
    report.absence = absence;
    report.dns = {absl::Minutes(5), std::move(alias_target), std::move(zone)};
    sayings_.push_back({std::move(name), std::move(report), provable});
  }

  void AddPresent() {
    const std::string& d = lookup_.name;
    switch (lookup_.type) {
      case DnsType::kA:
        if (list_ != nullptr) {
          AddListings();
          break;
        }
        Present("a public address", {"198.41.0.4"});
        Present("a private address", {"10.0.0.1"});
        Present("no address", {"nonsense"});
        break;
      case DnsType::kAaaa:
        Present("a public address", {"2606:4700::1"});
        Present("a private address", {"fd00::1"});
        break;
      case DnsType::kMx:
        Present("one host", {"10 mx1." + d});
        Present("two hosts", {"20 mx2." + d, "10 mx1." + d});
        Present("null MX", {"0 ."});
        Present("null MX beside a host", {"0 .", "10 mx1." + d});
        Present("no MX", {"nonsense"});
        break;
      default:
        Present("text", {"listed; see \"http://x/?a=%1\" \r\n550 no"});
    }
  }

  void AddListings() {
    Present("listed", {"127.0.0.2"});
    for (const DnsList::WeightedAnswer& answer : list_->answers) {
      // One address within the network is enough.
      for (int i = 0; i < 256; ++i) {
        const std::string value = absl::StrCat("127.0.0.", i);
        if (!answer.within.Contains(*mail::ParseIp(value))) continue;
        Present("listed by " + value, {value});
        break;
      }
    }
    Present("listed, another answer", {"127.0.0.99"});
    Present("an error", {"127.255.255.254"}, false);
    Present("an error beside a listing", {"127.0.0.2", "127.255.255.255"},
            false);
    Present("a parked zone", {"198.41.0.4"}, false);
    Present("nothing in it", {}, false);
  }

  // An absence from a block list proves nothing, neither against the client nor
  // for it. An absence from an allow list is proven like that of any other
  // name.
  void AddAbsent() {
    const std::string parent = lookup_.name.substr(lookup_.name.find('.') + 1);
    const bool allow = list_ != nullptr && WeightsOf(*list_).least < 0;
    const bool provable = (list_ == nullptr || allow) &&
                          !policy_.dns.controls.empty() &&
                          (list_ == nullptr || lookup_.type == DnsType::kA);
    Absent("no such name", Absence::kNoName, parent, "", provable);
    Absent("no such name, by the root", Absence::kNoName, ".", "", provable);
    Absent("no such name, by nobody", Absence::kNoName, "", "", false);
    Absent("no such name, by itself", Absence::kNoName, lookup_.name, "",
           false);
    Absent("no such name, by a stranger", Absence::kNoName, "x.example", "",
           false);
    Absent("no such name, behind an alias", Absence::kNoName, parent, "x.net",
           false);
    Absent("no such data", Absence::kNoData, parent, "", allow && provable);
  }

  const DnsLookup& lookup_;
  const Policy& policy_;
  const DnsList* const list_;
  const Origin here_;
  std::vector<Saying> sayings_;
};

// What may have happened to the controls that were asked after the answer.
class DnsControlStories {
 public:
  struct Story {
    std::string name;
    std::vector<Report> controls;
    bool good = false;
  };

  DnsControlStories(const DnsLookup& lookup, const Policy& policy,
                    absl::Time now)
      : asked_(DnsControlsFor(policy, lookup, kRandom)),
        moment_{"192.0.2.53", 1, 1, now + kRoundTrip, now + 2 * kRoundTrip} {}

  std::vector<Story> All() && {
    stories_.push_back(
        {"with its controls", AsTheyShouldBe(), !asked_.empty()});
    stories_.push_back({"no control was asked", {}, false});
    for (size_t i = 0; i < asked_.size(); ++i) Break(i);
    return std::move(stories_);
  }

 private:
  std::vector<Report> AsTheyShouldBe() const {
    std::vector<Report> reports;
    Origin moment = moment_;
    for (const DnsControl& control : asked_) {
      ++moment.exchange;
      reports.push_back(
          control.present
              ? Report::Present(control.lookup, {"127.0.0.2"}, moment)
              : Report::Absent(control.lookup, moment));
    }
    return reports;
  }

  void Break(size_t i) {
    const auto add = [&](const char* name, auto change) {
      Story story{name, AsTheyShouldBe(), false};
      change(&story.controls[i]);
      stories_.push_back(std::move(story));
    };
    add("a control says the contrary", [&](Report* control) {
      if (asked_[i].present) {
        *control = Report::Absent(control->lookup, control->origin);
      } else {
        *control =
            Report::Present(control->lookup, {"127.0.0.2"}, control->origin);
      }
    });
    add("a control unknown", [](Report* control) {
      *control = Report::Unknown(control->lookup, "timed out", control->origin);
    });
    add("a control of another server",
        [](Report* control) { control->origin.server = "192.0.2.54"; });
    add("a control of no server",
        [](Report* control) { control->origin.server.clear(); });
    add("a control sent before the answer came",
        [](Report* control) { control->origin.sent -= absl::Microseconds(1); });
    add("a control of another name", [](Report* control) {
      std::get<DnsLookup>(control->lookup).name += ".x";
    });
    if (asked_[i].uncached) {
      add("a control out of a cache",
          [](Report* control) { control->dns.ttl = absl::Seconds(1); });
    }
  }

  const std::vector<DnsControl> asked_;
  const Origin moment_;
  std::vector<Story> stories_;
};

}  // namespace

std::vector<Claim> ClaimsOf(const DnsLookup& lookup, const Policy& policy,
                            absl::Time now) {
  std::vector<Claim> claims;
  for (Saying& saying : DnsSayings(lookup, policy, now).All()) {
    // The answer without vouching, as from a cache or from a resolver without
    // controls.
    claims.push_back({saying.name, Answer(saying.report), false});
    if (!lookup.with_controls) continue;
    for (auto& story : DnsControlStories(lookup, policy, now).All()) {
      claims.push_back(
          {saying.name + ", " + story.name,
           VouchDns(policy, kRandom, saying.report, story.controls),
           saying.provable && story.good});
    }
  }
  return claims;
}

}  // namespace mailverdict
