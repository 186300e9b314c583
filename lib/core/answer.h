// The answer to a Lookup: Present, Absent or Unknown. These three are never
// merged. Beside this state, an answer records whether controls have proven it.
//
// A Report is what a resolver saw. Any code can make one, and it proves
// nothing. An Answer is a Report that Vouch() (vouch.h) or VouchDns()
// (dns_vouch.h) has judged. Only an Answer whose controls passed yields a
// Proof. Where the policy wants two servers, Confirm() must also have joined
// the answers of both.

#ifndef MAILVERDICT_LIB_CORE_ANSWER_H_
#define MAILVERDICT_LIB_CORE_ANSWER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "lib/core/lookup.h"
#include "lib/core/malformed.h"
#include "lib/policy/domain_list.h"

namespace mailverdict {

// The source of a report: server, connection, exchange and time. Two reports
// with the same exchange of the same connection come from one moment.
struct Origin {
  std::string server;  // as the Policy names it: "ldap://ldap1.example.org"
  uint64_t connection = 0;  // counted over the life of the program, from 1
  uint64_t exchange = 0;    // the LDAP message id; DNS: counted, from 1
  absl::Time sent = absl::InfinitePast();
  absl::Time received = absl::InfinitePast();

  // "ldap://ldap1.example.org connection 3 exchange 17, 12:34:56.789 +0.8ms"
  std::string ToString() const;
};

enum class AnswerState { kPresent, kAbsent, kUnknown };

// The kind of an absence. Each kind needs a different proof.
enum class Absence {
  kNoEntry,  // the directory or the history has no entry
  kNoName,   // DNS: NXDOMAIN, the name does not exist with any type
  kNoData,   // DNS: the name exists, but has no record of this type
};

// Details of a DNS answer. Empty for every other kind of lookup.
struct DnsSource {
  // How long the answer may be cached, counted from the origin's
  // `received`: the lowest TTL of its records or, for an absence, the TTL of
  // RFC 2308 5. Zero: not at all.
  absl::Duration ttl;
  // The name that a CNAME led to; empty if there was no CNAME. If it is set, an
  // absence is about this name, and the name that was asked for exists.
  std::string alias_target;
  // Absent: the owner name of the SOA record in the answer. It is the name
  // itself or an ancestor of it, "." for the root. Empty if there was no SOA
  // record.
  std::string zone;
};

// What a resolver saw for one lookup.
struct Report {
  Lookup lookup;
  AnswerState state = AnswerState::kUnknown;
  // Present: what was found. For a mailbox: the DN of its entry and, if known,
  // the spelling that matched.
  std::vector<std::string> values;
  // Unknown: the reason, for people, such as "search timed out after 3s".
  std::string reason;
  Origin origin;
  Absence absence = Absence::kNoEntry;  // Absent: which kind
  DnsSource dns;

  static Report Present(Lookup lookup, std::vector<std::string> values,
                        Origin origin = {});
  static Report Absent(Lookup lookup, Origin origin = {});
  static Report Unknown(Lookup lookup, std::string reason, Origin origin = {});
};

class Proof;
struct DirectoryPolicy;
struct Policy;

// An immutable value. Copies are cheap, because they share their contents.
// Thread-safe.
class Answer {
 public:
  // An answer that no control has proven. It can make mail pass or be deferred,
  // but not be rejected.
  explicit Answer(Report report);

  // What a resolver saw. If Vouch() or VouchDns() did not believe it: Unknown,
  // with the reason.
  const Report& report() const { return data_->report; }
  const Lookup& lookup() const { return data_->report.lookup; }
  AnswerState state() const { return data_->report.state; }
  bool present() const { return state() == AnswerState::kPresent; }
  bool absent() const { return state() == AnswerState::kAbsent; }
  bool unknown() const { return state() == AnswerState::kUnknown; }
  // Whether the controls of this answer passed. They are sent to the server
  // that gave the answer.
  bool controls_passed() const { return !data_->vouched_by.empty(); }
  // Whether it can be a proof: the controls passed and, if the directory's
  // policy wants a second server, that server has confirmed it.
  bool proven() const {
    return controls_passed() && !data_->needs_confirmation;
  }
  const std::vector<std::string>& values() const {
    return data_->report.values;
  }
  const std::string& reason() const { return data_->report.reason; }
  // REQUIRES: absent().
  Absence absence() const { return data_->report.absence; }
  const Origin& origin() const { return data_->report.origin; }
  const DnsSource& dns() const { return data_->report.dns; }
  // The controls that passed, for people; empty if they did not pass.
  const std::string& vouched_by() const { return data_->vouched_by; }

  // Returns the proof for a rejection because something is missing. nullopt
  // unless the answer is absent and proven. Always nullopt for DNS, where three
  // absences make one proof: Proof::OfNoName.
  std::optional<Proof> ProofOfAbsence() const;
  // Returns the proof for a rejection because something exists, such as a
  // listing or a null MX. nullopt unless the answer is present and proven.
  std::optional<Proof> ProofOfPresence() const;

  // "absent, vouched for by control@example.org (mail), from ldap://... ",
  // "absent: no such name, from 192.0.2.53 ...". Escaped (lib/mail/escape.h).
  std::string ToString() const;

 private:
  // Only these functions make an answer whose controls passed (vouch.h,
  // dns_vouch.h).
  friend Answer Vouch(const DirectoryPolicy& directory, Report report,
                      const std::vector<Report>& controls);
  friend Answer Confirm(const Answer& first, const Answer& second);
  friend Answer VouchDns(const Policy& policy, uint64_t random, Report report,
                         const std::vector<Report>& controls);  // dns_vouch.h
  friend class PackedAnswer;  // restores the answer that it was made from
  struct Data {
    Report report;
    std::string vouched_by;
    bool needs_confirmation = false;
    std::string confirmed_by;  // the origin of the second answer, for people
  };
  explicit Answer(Data data);

  std::shared_ptr<const Data> data_;
};

// The grounds for a rejection. A proof is made only from a proven answer, from
// a line of a list that matched, or from the message itself.
class Proof {
 public:
  explicit Proof(ListEntry listed) : listed_(std::move(listed)) {}
  explicit Proof(Malformed malformed) : malformed_(std::move(malformed)) {}
  // Proves that a domain does not exist: MX, A and AAAA each say NXDOMAIN.
  // nullopt unless all three answers are proven and about the same name.
  static std::optional<Proof> OfNoName(const Answer& mx, const Answer& a,
                                       const Answer& aaaa);

  // The answers that the proof rests on. If one of them were Unknown, there
  // would be no proof.
  const std::vector<Answer>& cited() const { return cited_; }
  // Adds `answer` to the cited answers, unless its lookup is cited already.
  Proof And(Answer answer) &&;
  // The matching line of a list, if that is the proof.
  const std::optional<ListEntry>& listed() const { return listed_; }
  // The malformed part of the message, if that is the proof.
  const std::optional<Malformed>& malformed() const { return malformed_; }

  // "mailbox people:joe@example.org: absent, vouched by ...": one line for each
  // answer or line of a list. All but the line ends is escaped
  // (lib/mail/escape.h).
  std::string ToString() const;

 private:
  friend class Answer;
  explicit Proof(Answer answer) { cited_.push_back(std::move(answer)); }
  std::optional<ListEntry> listed_;
  std::optional<Malformed> malformed_;
  std::vector<Answer> cited_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_ANSWER_H_
