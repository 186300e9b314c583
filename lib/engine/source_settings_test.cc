#include "lib/engine/source_settings.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace mailverdict {
namespace {

DirectoryPolicy People() {
  DirectoryPolicy people;
  people.name = "people";
  people.uris = {"ldap://a", "ldap://b"};
  people.filter = *FilterTemplate::Parse("(mail=%a)");
  people.controls = {{"mail", "control@x.test", "uid=control", "ou=a"}};
  return people;
}

TEST(PolicyParts, ACopyOfADirectoryIsTheSame) {
  EXPECT_TRUE(IsSame(People(), People()));
}

TEST(PolicyParts, EachFieldOfADirectoryCounts) {
  using D = DirectoryPolicy;
  const std::vector<std::function<void(D*)>> kChanges = {
      [](D* d) { d->name = "others"; },
      [](D* d) { d->uris.pop_back(); },
      [](D* d) { d->order = D::Order::kSpread; },
      [](D* d) { d->hedge_after = absl::Seconds(1); },
      [](D* d) { d->tls.start_tls = true; },
      [](D* d) { d->tls.verify = false; },
      [](D* d) { d->tls.ca_file = "x"; },
      [](D* d) { d->tls.certificate = "x"; },
      [](D* d) { d->tls.key = "x"; },
      [](D* d) { d->confirm_absent = false; },
      [](D* d) { d->proxy = true; },
      [](D* d) { d->base = "dc=x"; },
      [](D* d) { d->scope = D::Scope::kBase; },
      [](D* d) { d->subtrees = {"ou=a"}; },
      [](D* d) { d->filter = *FilterTemplate::Parse("(uid=%u)"); },
      [](D* d) { d->controls.clear(); },
      [](D* d) { d->controls[0].arm = "x"; },
      [](D* d) { d->controls[0].address = "x"; },
      [](D* d) { d->controls[0].dn = "x"; },
      [](D* d) { d->controls[0].subtree = "x"; },
      [](D* d) { d->bind_dn = "x"; },
      [](D* d) { d->bind_password_file = "x"; },
      [](D* d) { d->timeout = absl::Seconds(9); },
      [](D* d) { d->probe_idle = absl::Seconds(9); },
      [](D* d) { d->ignored_references = {"x"}; },
      [](D* d) { d->keep_present = absl::Seconds(9); },
      [](D* d) { d->keep_absent = absl::Seconds(9); },
      [](D* d) { d->max_cached = 9; },
      [](D* d) { d->grace = absl::Seconds(9); },
      [](D* d) { d->hold.vanished = 9; },
      [](D* d) { d->hold.within = absl::Seconds(9); },
  };
  for (size_t i = 0; i < kChanges.size(); ++i) {
    DirectoryPolicy other = People();
    kChanges[i](&other);
    EXPECT_FALSE(IsSame(People(), other)) << "change " << i;
    EXPECT_FALSE(IsSame(other, People())) << "change " << i;
  }
}

Policy World() {
  Policy policy;
  policy.dns.servers = {"192.0.2.53"};
  policy.dns.controls = {{"wild.test", true}};
  DnsblCheckPolicy dnsbl;
  DnsList& list = dnsbl.lists.emplace_back();
  list.zone = "list.test";
  list.answers = {{*mail::IpNetwork::Parse("127.0.0.2"), 2}};
  policy.checks = {dnsbl, DomainCheckPolicy()};
  return policy;
}

DnsblCheckPolicy* Dnsbl(Policy* policy) {
  return &std::get<DnsblCheckPolicy>(policy->checks[0]);
}
DomainCheckPolicy* Domain(Policy* policy) {
  return &std::get<DomainCheckPolicy>(policy->checks[1]);
}
DnsList* List(Policy* policy) { return &Dnsbl(policy)->lists[0]; }

TEST(PolicyParts, EachFieldOfDnsAndOfItsListsCounts) {
  const std::vector<std::function<void(Policy*)>> kChanges = {
      [](Policy* p) { p->dns.servers.push_back("192.0.2.54"); },
      [](Policy* p) { p->dns.timeout = absl::Seconds(9); },
      [](Policy* p) { p->dns.controls.clear(); },
      [](Policy* p) { p->dns.controls[0].name = "x"; },
      [](Policy* p) { p->dns.controls[0].wildcard = false; },
      [](Policy* p) { p->dns.absent_below = {"net"}; },
      [](Policy* p) { p->dns.keep_present = absl::Seconds(9); },
      [](Policy* p) { p->dns.keep_absent = absl::Seconds(9); },
      [](Policy* p) { p->dns.max_cached = 9; },
      [](Policy* p) { Dnsbl(p)->lists.clear(); },
      [](Policy* p) { List(p)->zone = "x"; },
      [](Policy* p) { List(p)->ipv4 = false; },
      [](Policy* p) { List(p)->ipv6 = true; },
      [](Policy* p) { List(p)->domains = true; },
      [](Policy* p) { List(p)->weight = 9; },
      [](Policy* p) { List(p)->answers.clear(); },
      [](Policy* p) { List(p)->answers[0].weight = 9; },
      [](Policy* p) {
        List(p)->answers[0].within = *mail::IpNetwork::Parse("127.0.0.0/24");
      },
      [](Policy* p) { Domain(p)->ask_dns = false; },
  };
  const auto settings = DnsSettingsOf(World());
  for (size_t i = 0; i < kChanges.size(); ++i) {
    Policy other = World();
    kChanges[i](&other);
    EXPECT_FALSE(IsSameDnsSettings(*settings, *DnsSettingsOf(other)))
        << "change " << i;
    EXPECT_FALSE(IsSameDnsSettings(*DnsSettingsOf(other), *settings))
        << "change " << i;
  }
}

TEST(PolicyParts, WhatDnsIsNotAskedByDoesNotCount) {
  const auto settings = DnsSettingsOf(World());
  Policy other = World();
  other.directories = {People()};
  other.deadline = absl::Seconds(9);
  other.shadow = true;
  Dnsbl(&other)->threshold = 9;
  Dnsbl(&other)->budget = absl::Seconds(9);
  Domain(&other)->lists.push_back(*DomainList::Parse("wrong.test\n", "wrong"));
  EXPECT_TRUE(IsSameDnsSettings(*settings, *DnsSettingsOf(other)));
  // It is not there, either.
  EXPECT_TRUE(DnsSettingsOf(other)->directories.empty());
  EXPECT_EQ(DnsSettingsOf(other)->FindCheck<DnsblCheckPolicy>()->threshold,
            DnsblCheckPolicy().threshold);
  EXPECT_TRUE(
      DnsSettingsOf(other)->FindCheck<DomainCheckPolicy>()->lists.empty());
}

TEST(PolicyParts, APartAsksWhatItsPolicyAsks) {
  for (const bool lists : {false, true}) {
    for (const bool names : {false, true}) {
      Policy policy;
      DomainCheckPolicy domain;
      domain.ask_dns = names;
      policy.checks = {domain};
      if (lists) policy.checks.push_back(DnsblCheckPolicy());
      const auto settings = DnsSettingsOf(policy);
      EXPECT_EQ(settings->AsksForNames(), names);
      EXPECT_EQ(settings->AsksDns(), lists || names);
    }
  }
}

}  // namespace
}  // namespace mailverdict
