#include "lib/engine/source_settings.h"

#include <algorithm>
#include <tuple>
#include <vector>

namespace mailverdict {
namespace {

// Each FieldsOf names all fields of its type in a structured binding. The
// compiler demands as many names as the type has fields, so no field can be
// forgotten. The tuples refer to the fields.

auto FieldsOf(const Control& control) {
  const auto& [arm, address, dn, subtree] = control;
  return std::tie(arm, address, dn, subtree);
}

auto FieldsOf(const DirectoryPolicy::Tls& tls) {
  const auto& [start_tls, verify, ca_file, certificate, key] = tls;
  return std::tie(start_tls, verify, ca_file, certificate, key);
}

auto FieldsOf(const VanishLimit& hold) {
  const auto& [vanished, within] = hold;
  return std::tie(vanished, within);
}

auto FieldsOf(const DnsPolicy::Control& control) {
  const auto& [name, wildcard] = control;
  return std::tie(name, wildcard);
}

template <typename T>
bool HasSameFields(const T& a, const T& b) {
  return FieldsOf(a) == FieldsOf(b);
}

template <typename T, typename Same>
bool AreSame(const std::vector<T>& a, const std::vector<T>& b, Same same) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

bool IsSameAnswer(const DnsList::WeightedAnswer& a,
                  const DnsList::WeightedAnswer& b) {
  const auto& [within, weight] = a;
  return within.Contains(b.within) && b.within.Contains(within) &&
         weight == b.weight;
}

bool IsSameList(const DnsList& a, const DnsList& b) {
  const auto& [zone, ipv4, ipv6, domains, weight, answers] = a;
  return std::tie(zone, ipv4, ipv6, domains, weight) ==
             std::tie(b.zone, b.ipv4, b.ipv6, b.domains, b.weight) &&
         AreSame(answers, b.answers, IsSameAnswer);
}

bool IsSameDns(const DnsPolicy& a, const DnsPolicy& b) {
  const auto& [servers, timeout, controls, absent_below, keep_present,
               keep_absent, max_cached] = a;
  return std::tie(servers, timeout, absent_below, keep_present, keep_absent,
                  max_cached) == std::tie(b.servers, b.timeout, b.absent_below,
                                          b.keep_present, b.keep_absent,
                                          b.max_cached) &&
         AreSame(controls, b.controls, HasSameFields<DnsPolicy::Control>);
}

const std::vector<DnsList>& ListsOf(const Policy& policy) {
  static const auto* const kNone = new std::vector<DnsList>;
  const auto* dnsbl = policy.FindCheck<DnsblCheckPolicy>();
  return dnsbl == nullptr ? *kNone : dnsbl->lists;
}

}  // namespace

bool IsSame(const DirectoryPolicy& a, const DirectoryPolicy& b) {
  const auto& [name, uris, order, hedge_after, tls, confirm_absent, proxy, base,
               scope, subtrees, filter, controls, bind_dn, bind_password_file,
               timeout, probe_idle, ignored_references, keep_present,
               keep_absent, max_cached, grace, hold] = a;
  return std::tie(name, uris, order, hedge_after, confirm_absent, proxy, base,
                  scope, subtrees, bind_dn, bind_password_file, timeout,
                  probe_idle, ignored_references, keep_present, keep_absent,
                  max_cached, grace) ==
             std::tie(b.name, b.uris, b.order, b.hedge_after, b.confirm_absent,
                      b.proxy, b.base, b.scope, b.subtrees, b.bind_dn,
                      b.bind_password_file, b.timeout, b.probe_idle,
                      b.ignored_references, b.keep_present, b.keep_absent,
                      b.max_cached, b.grace) &&
         // A template is made from its text and nothing else.
         filter.text() == b.filter.text() && HasSameFields(tls, b.tls) &&
         HasSameFields(hold, b.hold) &&
         AreSame(controls, b.controls, HasSameFields<Control>);
}

std::shared_ptr<const Policy> DnsSettingsOf(const Policy& policy) {
  auto settings = std::make_shared<Policy>();
  settings->dns = policy.dns;
  if (const auto* dnsbl = policy.FindCheck<DnsblCheckPolicy>()) {
    DnsblCheckPolicy lists;
    lists.lists = dnsbl->lists;
    settings->checks.push_back(std::move(lists));
  }
  DomainCheckPolicy names;
  names.ask_dns = policy.AsksForNames();
  settings->checks.push_back(std::move(names));
  return settings;
}

bool IsSameDnsSettings(const Policy& a, const Policy& b) {
  return IsSameDns(a.dns, b.dns) && a.AsksForNames() == b.AsksForNames() &&
         a.AsksDns() == b.AsksDns() &&
         AreSame(ListsOf(a), ListsOf(b), IsSameList);
}

}  // namespace mailverdict
