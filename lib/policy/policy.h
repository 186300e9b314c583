// The configuration as checked and compiled values: the contents of a policy
// file (protobuf text of proto/policy.proto) in the form that the rest of the
// code reads. loader/loader.h loads it. A program that links the library may
// also fill it in by hand.

#ifndef MAILVERDICT_LIB_POLICY_POLICY_H_
#define MAILVERDICT_LIB_POLICY_POLICY_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "lib/mail/address.h"
#include "lib/mail/ip.h"
#include "lib/mail/name_patterns.h"
#include "lib/policy/domain_list.h"
#include "lib/policy/domain_patterns.h"
#include "lib/policy/filter_template.h"

namespace mailverdict {

// What a check does if it cannot decide. There is no third choice: a check that
// is unsure never rejects.
enum class WhenUnsure { kPass, kDefer };

// A positive control: an account that always exists, requested together with
// every recipient. If the server does not find it, the server's answer proves
// nothing.
struct Control {
  std::string arm;        // the arm of the filter that finds it
  std::string address;    // canonical
  std::string dn;         // the DN that identifies its entry
  std::string subtree{};  // one of the directory's subtrees, or ""
};

// The limit above which a directory is held. A held directory rejects nobody. A
// directory is held while more than `vanished` addresses that disappeared
// within the same period of length `within` are still missing.
struct VanishLimit {
  // One less than the number of vanished addresses that are remembered
  // (lib/core/vanished.h). With a larger limit a directory could never be held.
  static constexpr int kMaxVanished = 63;
  int vanished = 5;
  absl::Duration within = absl::Minutes(10);

  // "5/10m", the form that the command takes.
  std::string ToString() const;
};

// One directory: its servers, how to ask them, and when to believe them.
struct DirectoryPolicy {
  enum class Scope { kBase, kOneLevel, kSubtree };

  std::string name;
  // The servers of this directory, the preferred one first: ldap://HOST[:PORT],
  // ldaps://HOST[:PORT] or ldapi://PATH (percent-encoded).
  std::vector<std::string> uris;
  // kSpread: each lookup starts at a different server, to spread the load.
  enum class Order { kPriority, kSpread };
  Order order = Order::kPriority;
  // If a server has not answered after this time, another server is asked as
  // well. 0: another server is asked only when the first has used its share of
  // `timeout`.
  absl::Duration hedge_after;
  // For ldaps:// servers, and for ldap:// servers with start_tls.
  struct Tls {
    bool start_tls = false;
    bool verify = true;       // check the server's certificate and name
    std::string ca_file;      // PEM; "": the system's CA certificates
    std::string certificate;  // PEM, ours: bind with SASL EXTERNAL
    std::string key;
  };
  Tls tls;
  // Whether a rejection needs the same answer from two servers (if there are
  // two). A stale replica shows its controls too, so one server is not enough.
  bool confirm_absent = true;
  // The server is a proxy. A proxy may return a part of the entries, controls
  // included, as if they were all. So an entry that it does not return is
  // Unknown, and never Absent.
  bool proxy = false;
  std::string base;
  Scope scope = Scope::kSubtree;
  // If the policy has several bases (kSubtree only): these are the bases, and
  // `base` is their common ancestor. One search of `base` covers them all, so
  // all results show the directory at the same moment. An entry outside all
  // subtrees is ignored.
  std::vector<std::string> subtrees;
  FilterTemplate filter;
  std::vector<Control> controls;

  // Simple bind: a DN, or one of the two forms that Active Directory also
  // accepts, "svc@ad.example" and "AD\svc". Empty: anonymous. The password file
  // is read at each bind.
  std::string bind_dn;
  std::string bind_password_file;

  // The timeout of each single step: connecting, binding, one search.
  absl::Duration timeout = absl::Seconds(3);
  // A connection that was idle for this time is probed: it is asked for the
  // controls. Zero: never.
  absl::Duration probe_idle = absl::Seconds(30);
  // Continuation references that are ignored, spelled as the server spells
  // them. Any other reference makes the entries that were not found Unknown.
  std::vector<std::string> ignored_references;

  // How long the cache keeps an answer. Unknown is never cached.
  absl::Duration keep_present = absl::Minutes(5);
  absl::Duration keep_absent = absl::Seconds(30);
  size_t max_cached = 200'000;

  // Grace period: an address that was present and then vanished is Unknown for
  // this time. The default is three days, because senders retry for five days.
  absl::Duration grace = absl::Hours(72);
  VanishLimit hold;

  // Whether an absence needs confirmation by a second server.
  bool NeedsConfirmation() const { return confirm_absent && uris.size() > 1; }
  struct Arm {
    std::string name;
    std::string subtree;  // "": the directory has no subtrees
    // "mail", "mail below ou=staff,dc=example,dc=org"
    std::string ToString() const;
  };
  // The arms without a control, for each subtree. If the result is empty, the
  // directory can prove absences, unless it is a proxy.
  std::vector<Arm> UncoveredArms() const;
  // The arms with exactly one control, for each subtree. Controls in the same
  // entry count as one. The policy loader warns of these arms: an index may
  // lack all old entries, and a replica that is behind lacks the young ones. An
  // old and a young control together detect both.
  std::vector<Arm> ArmsWithOneControl() const;
};

// A realm: domains that are ours, and the rules for which of their addresses
// are valid.
struct RealmPolicy {
  std::string directory;             // a DirectoryPolicy's name
  bool catch_all = false;            // every address is valid; no lookups
  std::string tag_delimiters = "+";  // "": addresses have no tags
  // The addresses of this realm may have local parts beyond ASCII (RFC 6531),
  // and an MTA may fold their case. If false, this is assumed only if the
  // entries of the directory show such addresses.
  bool smtputf8 = false;
  // The names that are valid without a lookup, such as aliases, from the
  // also_valid files. Addresses and local parts are folded (mail::FoldUtf8).
  absl::flat_hash_set<std::string> valid_addresses;
  // Valid in every domain of the realm.
  absl::flat_hash_set<std::string> valid_local_parts;
  // Every address in these domains is valid. Canonical.
  absl::flat_hash_set<std::string> catch_all_domains;
  mail::NamePatterns valid_patterns;
  // Local parts may be signed by BATV (mail/signed_address.h): if one has such
  // a form, the mailbox inside it is looked up as well.
  bool signed_batv = false;
  // Local parts may be addresses that a forwarder has rewritten by SRS
  // (mail/signed_address.h). Such a local part passes, because it encodes a
  // foreign sender.
  bool signed_srs = false;
};

// How DNS is asked, and which controls show that a DNS server can be believed.
struct DnsPolicy {
  // "192.0.2.53", "[2001:db8::53]:5353"; the preferred server first. Empty: the
  // servers of resolv.conf(5).
  std::vector<std::string> servers;
  // The timeout of one query to one server.
  absl::Duration timeout = absl::Seconds(1);

  // A positive control: a name that has an address (A) and that is in no cache.
  // A server that finds it has therefore asked the outside world.
  struct Control {
    std::string name;  // canonical
    // True: a label below `name` that nobody has asked for before. False:
    // `name` itself, and its TTL must be zero.
    bool wildcard = false;
  };
  // Without a positive control, no name is ever proven absent.
  std::vector<Control> controls;
  // Negative controls: a random label below these names does not exist. A
  // server that finds one invents answers.
  std::vector<std::string> absent_below = {"com"};

  // How long the cache keeps an answer, unless DNS itself allows less. Unknown
  // is never cached.
  absl::Duration keep_present = absl::Hours(1);
  absl::Duration keep_absent = absl::Minutes(5);
  size_t max_cached = 100'000;
};

// A DNS list of addresses or of domains: a block list or an allow list (RFC
// 5782).
struct DnsList {
  std::string zone;  // canonical
  // The kinds of keys that are looked up in the list.
  bool ipv4 = true;
  bool ipv6 = false;
  bool domains = false;
  // The weight of a listing. The weights of all lists that have the client or
  // the sender's domain are added up. A list with a weight below zero is an
  // allow list.
  int weight = 1;
  // Answers with their own weights. If there are any, no other answer counts as
  // a listing.
  struct WeightedAnswer {
    mail::IpNetwork within;
    int weight = 1;
  };
  std::vector<WeightedAnswer> answers;
};

// What a check does when it cannot decide.
enum class UnsureRule {
  kByPolicy,     // what `when_unsure` says
  kAlwaysPass,   // it passes
  kNeverUnsure,  // it can always decide
};

// What can be set for every check. Each check's struct begins with it, and has
// `UnsureRule unsure_rule() const`.
struct CheckOptions {
  bool shadow = false;  // its verdict is only logged
  WhenUnsure when_unsure = WhenUnsure::kDefer;
};

// The check `dnsbl` (lib/checks/dnsbl.h).
struct DnsblCheckPolicy : CheckOptions {
  UnsureRule unsure_rule() const { return UnsureRule::kAlwaysPass; }
  std::vector<DnsList> lists;
  int threshold = 1;  // the least sum of weights that rejects
  // A list that has not answered within this time counts as Unknown.
  absl::Duration budget = absl::Seconds(1);
};

// The check `recipient` (lib/checks/recipient.h).
struct RecipientPolicy : CheckOptions {
  UnsureRule unsure_rule() const { return UnsureRule::kByPolicy; }
  // Local parts that are valid in every realm, folded (mail::FoldUtf8). RFC
  // 5321 4.5.1 demands the first, RFC 2142 the second.
  absl::flat_hash_set<std::string> exceptions = {"postmaster", "abuse"};
  mail::NamePatterns exception_patterns;  // without domains
};

// The check `domain` (lib/checks/domain.h).
struct DomainCheckPolicy : CheckOptions {
  UnsureRule unsure_rule() const {
    return ask_dns ? UnsureRule::kByPolicy : UnsureRule::kNeverUnsure;
  }
  // The operator's lists. The first that has the domain counts.
  std::vector<DomainList> lists;
  bool shipped_list = true;  // after them, the one in shipped_domains.h
  bool ask_dns = true;

  // How missing domains are learned (lib/core/missing_domain.h). A domain is
  // learned when learn_messages messages have found it proven missing, the
  // first of them at least learn_over ago. kOn: its mail is rejected when it is
  // proven missing once more. kShadow: only the log says so. kOff: no domain is
  // learned.
  enum class Learn { kOff, kShadow, kOn };
  Learn learn = Learn::kShadow;
  static constexpr int kMaxLearnMessages = 32;  // no more are counted
  int learn_messages = 3;
  absl::Duration learn_over = absl::Hours(24);
};

// One of the checks. Everything that depends on the kind visits this
// exhaustively, so that a new kind is not forgotten.
using CheckPolicy =
    std::variant<RecipientPolicy, DomainCheckPolicy, DnsblCheckPolicy>;

struct Policy {
  std::vector<DirectoryPolicy> directories;
  DnsPolicy dns;
  std::vector<RealmPolicy> realms;
  DomainPatterns realm_by_domain;               // indexes in `realms`
  std::vector<CheckPolicy> checks;              // in chain order
  std::vector<mail::IpNetwork> local_networks;  // clients there are ours
  bool shadow = false;                          // for all checks
  absl::Duration deadline = absl::Seconds(4);   // per verdict

  // Returns nullptr if there is no directory of that name.
  const DirectoryPolicy* FindDirectory(std::string_view name) const;
  // The realm of the canonical `domain`, or nullptr.
  const RealmPolicy* FindRealm(std::string_view domain) const;
  // The check of type Kind, or nullptr. A policy has at most one check of each
  // kind.
  template <typename Kind>
  const Kind* FindCheck() const {
    for (const CheckPolicy& check : checks) {
      if (const auto* kind = std::get_if<Kind>(&check)) return kind;
    }
    return nullptr;
  }
  // The list of the check `dnsbl` whose zone contains the DNS name `name`, or
  // nullptr.
  const DnsList* FindListOfName(std::string_view name) const;
  // Whether a check looks up ordinary names in DNS (AsksForNames), or anything
  // in DNS, lists included (AsksDns).
  bool AsksForNames() const;
  bool AsksDns() const;
  // Whether the client's address is in a local network. False for text that is
  // not an address ("192.0.2.1").
  bool IsLocal(const mail::IpAddress& client) const;
  bool IsLocal(std::string_view client) const;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_POLICY_H_
