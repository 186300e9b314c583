// The configuration, checked and compiled: what the protobuf text of
// proto/policy.proto says, as values that the rest of the code reads. Loaded by
// loader/loader.h; a program that links the library may also fill it in by
// hand.

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

// What a check does when it does not know. There is no third word.
enum class WhenUnsure { kPass, kDefer };

// A positive control: an account that is always there, asked for together with
// every recipient. If it is not found, what the server says proves nothing.
struct Control {
  std::string arm;        // the arm of the filter through which it is found
  std::string address;    // canonical
  std::string dn;         // how its entry is recognised
  std::string subtree{};  // which of the directory's it is in, if it has any
};

// A directory is held, and nobody is rejected, while more than `vanished`
// addresses are missing that vanished `within` so long.
struct VanishLimit {
  // One less than are remembered as vanished (lib/core/vanished.h).
  static constexpr int kMaxVanished = 63;
  int vanished = 5;
  absl::Duration within = absl::Minutes(10);

  // "5/10m", as it is given to the command.
  std::string ToString() const;
};

struct DirectoryPolicy {
  enum class Scope { kBase, kOneLevel, kSubtree };

  std::string name;
  // The servers that have this directory, the preferred one first:
  // ldap://HOST[:PORT], ldaps://HOST[:PORT] or ldapi://PATH (percent-encoded).
  std::vector<std::string> uris;
  // kSpread: each question begins at another server.
  enum class Order { kPriority, kSpread };
  Order order = Order::kPriority;
  // After so long without an answer another server is asked as well; 0: not
  // before the first has had its share of `timeout`.
  absl::Duration hedge_after;
  // Of ldaps:// servers, and of ldap:// ones with start_tls.
  struct Tls {
    bool start_tls = false;
    bool verify = true;       // the server's certificate and its name
    std::string ca_file;      // PEM; "": the system's
    std::string certificate;  // PEM, of our own: binds by SASL EXTERNAL
    std::string key;
  };
  Tls tls;
  // A rejection wants two servers that say the same, if there are two: one that
  // is stale shows its controls, too.
  bool confirm_absent = true;
  // A proxy may pass on a part of what it was sent as if it were all, controls
  // included. What it does not show is Unknown.
  bool proxy = false;
  std::string base;
  Scope scope = Scope::kSubtree;
  // Several bases (kSubtree): below `base`, which is searched since one search
  // is one moment; what is in none of them is passed over.
  std::vector<std::string> subtrees;
  FilterTemplate filter;
  std::vector<Control> controls;

  // Simple bind: a DN, or what Active Directory takes as well,
  // "svc@ad.example" or "AD\svc". Empty: anonymous. The password is read at
  // each bind.
  std::string bind_dn;
  std::string bind_password_file;

  // For each of: connecting, binding, one search.
  absl::Duration timeout = absl::Seconds(3);
  // A connection that was idle for so long is asked for the controls. Zero:
  // never.
  absl::Duration probe_idle = absl::Seconds(30);
  // Continuation references to be passed over, as the server writes them. Any
  // other makes what was not found Unknown.
  std::vector<std::string> ignored_references;

  // How long an answer is good for. Unknown never is.
  absl::Duration keep_present = absl::Minutes(5);
  absl::Duration keep_absent = absl::Seconds(30);
  size_t max_cached = 200'000;

  // How long after it vanished an address that was once there is Unknown. Three
  // days, since senders retry for five.
  absl::Duration grace = absl::Hours(72);
  VanishLimit hold;

  // Whether an absence wants a second server.
  bool WantsSecond() const { return confirm_absent && uris.size() > 1; }
  struct Arm {
    std::string name;
    std::string subtree;  // "": the directory has none
    // "mail", "mail below ou=staff,dc=example,dc=org"
    std::string ToString() const;
  };
  // The arms that no control covers, in each of the subtrees. None: the
  // directory may vouch, unless it is a proxy.
  std::vector<Arm> UncoveredArms() const;
  // The arms that have one control, in each of the subtrees. Controls of one
  // entry count as one. The policy loader warns of them: it takes an old
  // entry and a young one to notice an index that lacks the entries of before.
  std::vector<Arm> ArmsWithOneControl() const;
};

// Domains that are ours, and who is valid in them.
struct RealmPolicy {
  std::string directory;             // a DirectoryPolicy's name
  bool catch_all = false;            // every address is valid: nothing is asked
  std::string tag_delimiters = "+";  // "": addresses have no tags
  // Its addresses may have local parts beyond ASCII (RFC 6531), and an MTA may
  // fold their case. Without it the directory's own entries show it.
  bool smtputf8 = false;
  // Valid without asking: aliases and the like, from the also_valid files.
  // Addresses and local parts are folded (mail::FoldUtf8).
  absl::flat_hash_set<std::string> valid_addresses;
  absl::flat_hash_set<std::string> valid_local_parts;
  absl::flat_hash_set<std::string> catch_all_domains;
  mail::NamePatterns valid_patterns;
  // Local parts that a gateway or a forwarder has made of an address.
  bool signed_batv = false;  // are asked for as the mailbox in them, too
  bool signed_srs = false;   // pass: they have a foreign sender in them
};

// How DNS is asked, and what shows that a server of it can be believed.
struct DnsPolicy {
  // "192.0.2.53", "[2001:db8::53]:5353"; the preferred one first. Empty: those
  // of resolv.conf(5).
  std::vector<std::string> servers;
  // What one server gets for one question.
  absl::Duration timeout = absl::Seconds(1);

  // A positive control: a name that has an address (A) and that no cache can
  // know, so that who finds it has asked the world.
  struct Control {
    std::string name;       // canonical
    bool wildcard = false;  // below it: a label that nobody asked for before.
                            // Else its TTL must be zero.
  };
  // Without any, nothing is ever proven not to exist.
  std::vector<Control> controls;
  // Negative controls: below these a random label does not exist. Who finds one
  // invents answers.
  std::vector<std::string> absent_below = {"com"};

  // How long an answer is good for, if DNS itself does not say less. Unknown
  // never is.
  absl::Duration keep_present = absl::Hours(1);
  absl::Duration keep_absent = absl::Minutes(5);
  size_t max_cached = 100'000;
};

// A list in DNS of addresses or of domains (RFC 5782).
struct DnsList {
  std::string zone;  // canonical
  // What is looked up in it.
  bool ipv4 = true;
  bool ipv6 = false;
  bool domains = false;
  // Of a listing. The weights of all lists that have it are added up; below
  // zero: an allow list.
  int weight = 1;
  // Answers with weights of their own. If there are any, no other answer
  // counts.
  struct Answers {
    mail::IpNetwork within;
    int weight = 1;
  };
  std::vector<Answers> answers;
};

// What a check that does not know may do.
enum class Doubt {
  kByPolicy,  // what `when_unsure` says
  kPasses,    // it always passes
  kNone,      // it always knows
};

// What can be set for every check. Each check's struct begins with it, and has
// `Doubt doubt() const`.
struct CheckOptions {
  bool shadow = false;  // what it finds is logged, and the mail passes
  WhenUnsure when_unsure = WhenUnsure::kDefer;
};

// The check `dnsbl` (lib/checks/dnsbl.h).
struct DnsblCheckPolicy : CheckOptions {
  Doubt doubt() const { return Doubt::kPasses; }
  std::vector<DnsList> lists;
  int threshold = 1;  // rejected from this sum of weights on
  // What has not answered by then lists nobody.
  absl::Duration budget = absl::Seconds(1);
};

// The check `recipient` (lib/checks/recipient.h).
struct RecipientPolicy : CheckOptions {
  Doubt doubt() const { return Doubt::kByPolicy; }
  // Local parts that are valid in every realm, folded (mail::FoldUtf8). RFC
  // 5321 4.5.1 demands the first, RFC 2142 the second.
  absl::flat_hash_set<std::string> exceptions = {"postmaster", "abuse"};
  mail::NamePatterns exception_patterns;  // without domains
};

// The check `domain` (lib/checks/domain.h).
struct DomainCheckPolicy : CheckOptions {
  Doubt doubt() const { return ask_dns ? Doubt::kByPolicy : Doubt::kNone; }
  std::vector<DomainList>
      lists;                 // the operator's; the first that has it counts
  bool shipped_list = true;  // after them, the one in shipped_domains.h
  bool ask_dns = true;

  // A domain that so many messages have met as proven missing, the first of
  // them so long ago, is rejected when it is proven missing once more.
  enum class Learn { kOff, kShadow, kOn };
  Learn learn = Learn::kShadow;
  static constexpr int kMaxLearnMessages = 32;  // as many are remembered
  int learn_messages = 3;
  absl::Duration learn_over = absl::Hours(24);
};

// One of the checks. Everything that depends on the kind visits this
// exhaustively, so that a new kind is not forgotten.
using CheckPolicy =
    std::variant<RecipientPolicy, DomainCheckPolicy, DnsblCheckPolicy>;

// Where the daemon listens.
struct ListenerPolicy {
  enum class Protocol { kSocketmap, kMilter, kControl };

  Protocol protocol = Protocol::kSocketmap;
  std::string address;  // "unix:/path" or "inet:HOST:PORT"
  int mode = 0660;      // of a unix socket
  std::string owner;    // of a unix socket; "" for the daemon's own
  std::string group;
};

enum class LogTarget { kStderr, kSyslog };

struct Policy {
  std::vector<DirectoryPolicy> directories;
  DnsPolicy dns;
  std::vector<RealmPolicy> realms;
  DomainPatterns realm_by_domain;               // numbers of `realms`
  std::vector<CheckPolicy> checks;              // in chain order
  std::vector<mail::IpNetwork> local_networks;  // their clients are ours
  bool shadow = false;                          // all checks
  absl::Duration deadline = absl::Seconds(4);   // per verdict

  // The daemon's part.
  std::vector<ListenerPolicy> listeners;
  size_t max_connections = 4096;
  std::string history_file;  // "": in memory only
  size_t history_max = 1'000'000;
  // A version of a file of addresses that lacks more than so many percent of
  // the entries in force, or all of them, is held (list_loss.h). 0 to 100.
  int max_list_loss_percent = 50;
  std::string user;  // to run as when started as root; "" to stay
  LogTarget log = LogTarget::kStderr;

  // nullptr when there is none of that name.
  const DirectoryPolicy* FindDirectory(std::string_view name) const;
  // The realm that the canonical domain is in, or nullptr.
  const RealmPolicy* FindRealm(std::string_view domain) const;
  // The check of that kind, or nullptr: a policy has one of each at most.
  template <typename Kind>
  const Kind* FindCheck() const {
    for (const CheckPolicy& check : checks) {
      if (const auto* kind = std::get_if<Kind>(&check)) return kind;
    }
    return nullptr;
  }
  // The list of the check `dnsbl` in whose zone a name of DNS is, or nullptr.
  const DnsList* FindList(std::string_view name) const;
  // Whether a check asks DNS for names in general; for those or for lists.
  bool AsksForNames() const;
  bool AsksDns() const;
  // Whether a client of that address is in a local network. A text that is no
  // address is not.
  bool IsLocal(const mail::IpAddress& client) const;
  bool IsLocal(std::string_view client) const;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_POLICY_H_
