#include "lib/checks/mail_hosts.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "lib/mail/ip.h"

namespace mailverdict {
namespace {

bool IsPublic(std::string_view address) {
  const std::optional<mail::IpAddress> ip = mail::ParseIp(address);
  return ip.has_value() && mail::IsPublic(*ip);
}

struct MailHost {
  int preference = 0;
  std::string name;
};

// Parses the values of an MX answer, such as "10 mx.example.org". The preferred
// host comes first.
std::vector<MailHost> HostsOf(const Answer& mx) {
  std::vector<MailHost> hosts;
  for (const std::string& value : mx.values()) {
    const size_t blank = value.find(' ');
    if (blank == std::string::npos) continue;
    MailHost host{0, value.substr(blank + 1)};
    const absl::string_view preference(value.data(), blank);
    if (absl::SimpleAtoi(preference, &host.preference)) hosts.push_back(host);
  }
  std::stable_sort(
      hosts.begin(), hosts.end(),
      [](const auto& a, const auto& b) { return a.preference < b.preference; });
  return hosts;
}

// Looks up one host after the other, and keeps what was found.
class Search {
 public:
  explicit Search(Inquiry& ask) : ask_(ask) {}

  // Returns true if the search is over: the host has a public address, or an
  // answer is missing.
  bool Look(const std::string& host) {
    for (const DnsType type : {DnsType::kA, DnsType::kAaaa}) {
      const Answer* answer = ask_.Ask(DnsLookup{host, type});
      if (answer == nullptr) return End(MailHosts::kPending);
      unknown_ |= answer->unknown();
      private_ |= answer->present();
      const auto& addresses = answer->values();
      if (answer->present() &&
          std::any_of(addresses.begin(), addresses.end(), IsPublic)) {
        return End(MailHosts::kSome);
      }
    }
    return false;
  }

  MailHosts found() const {
    if (found_.has_value()) return *found_;
    if (unknown_) return MailHosts::kHostsUnknown;
    return private_ ? MailHosts::kPrivate : MailHosts::kNoHost;
  }

 private:
  bool End(MailHosts found) {
    found_ = found;
    return true;
  }

  Inquiry& ask_;
  bool unknown_ = false;
  bool private_ = false;
  std::optional<MailHosts> found_;
};

}  // namespace

MailHosts FindMailHosts(const std::string& domain, Inquiry& ask) {
  const Answer* mx = ask.Ask(DnsLookup{domain, DnsType::kMx});
  if (mx == nullptr) return MailHosts::kPending;
  if (mx->unknown()) return MailHosts::kUnknown;
  Search search(ask);
  if (mx->absent()) {
    if (mx->absence() == Absence::kNoName) return MailHosts::kNoName;
    search.Look(domain);  // RFC 5321 5.1: the implicit MX
    return search.found();
  }
  const std::vector<MailHost> hosts = HostsOf(*mx);
  if (hosts.size() == 1 && hosts[0].name == "." && hosts[0].preference == 0) {
    return MailHosts::kNullMx;
  }
  size_t looked = 0;
  for (const MailHost& host : hosts) {
    if (host.name == ".") continue;
    if (looked++ == kMaxMailHosts) return MailHosts::kSome;
    if (search.Look(host.name)) break;
  }
  return search.found();
}

}  // namespace mailverdict
