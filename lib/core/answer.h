// The answer to a Lookup: Present, Absent or Unknown. These three are never
// merged. A fourth property is whether controls have proven the answer.
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
struct Transcript {
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
  // How long the answer is valid, from the transcript's `received` on: the
  // least TTL of its records, or the TTL of the absence (RFC 2308 5). Zero: it
  // must not be cached.
  absl::Duration ttl;
  // The name that a CNAME led to; empty if there was none. An absence is then
  // that of this name: the name that was asked for exists.
  std::string alias_target;
  // Absent: the owner of the SOA record that came with the answer: the name or
  // an ancestor of it, "." for the root. Empty if no SOA came.
  std::string zone;
};

// What a resolver saw for one lookup.
struct Report {
  Lookup lookup;
  AnswerState state = AnswerState::kUnknown;
  // Present: what was found. For a mailbox: the DN of its entry and, if known,
  // the spelling that matched.
  std::vector<std::string> values;
  // Unknown: why, for people: "search timed out after 3s".
  std::string reason;
  Transcript transcript;
  Absence absence = Absence::kNoEntry;  // Absent: which kind
  DnsSource dns;

  static Report Present(Lookup lookup, std::vector<std::string> values,
                        Transcript transcript = {});
  static Report Absent(Lookup lookup, Transcript transcript = {});
  static Report Unknown(Lookup lookup, std::string reason,
                        Transcript transcript = {});
};

class Proof;
struct DirectoryPolicy;
struct Policy;

// An immutable value, cheap to copy (it shares its contents). Thread-safe.
class Answer {
 public:
  // An answer that no control has proven. It can let mail pass, and defer it.
  explicit Answer(Report report);

  // What a resolver saw; Unknown with a reason if Vouch() did not accept it.
  const Report& report() const { return data_->report; }
  const Lookup& lookup() const { return data_->report.lookup; }
  AnswerState state() const { return data_->report.state; }
  bool present() const { return state() == AnswerState::kPresent; }
  bool absent() const { return state() == AnswerState::kAbsent; }
  bool unknown() const { return state() == AnswerState::kUnknown; }
  // Whether the controls that came with it, from the same server, passed.
  bool controls_passed() const { return !data_->vouched_by.empty(); }
  // Whether it can be a proof: the controls passed, and a second server agreed
  // where the directory's policy wants one.
  bool proven() const { return controls_passed() && !data_->wants_second; }
  const std::vector<std::string>& values() const {
    return data_->report.values;
  }
  const std::string& reason() const { return data_->report.reason; }
  // REQUIRES: absent().
  Absence absence() const { return data_->report.absence; }
  const Transcript& transcript() const { return data_->report.transcript; }
  const DnsSource& dns() const { return data_->report.dns; }
  // The controls that passed, for people; empty if they did not.
  const std::string& vouched_by() const { return data_->vouched_by; }

  // The only way from a service's "no" to a rejection. nullopt unless the
  // answer is absent and proven. Always nullopt for DNS: see Proof::OfNoName.
  std::optional<Proof> ProofOfAbsence() const;
  // The way from something that a service has, such as a listing or a null MX,
  // to a rejection. nullopt unless the answer is present and proven.
  std::optional<Proof> ProofOfPresence() const;

  // "absent, vouched for by control@example.org (mail), from ldap://... ",
  // "absent: no such name, from 192.0.2.53 ...". Escaped (lib/mail/escape.h).
  std::string ToString() const;

 private:
  // The only makers of a vouched answer: vouch.h, dns_vouch.h.
  friend Answer Vouch(const DirectoryPolicy& directory, Report report,
                      const std::vector<Report>& controls);
  friend Answer Confirm(const Answer& first, const Answer& second);
  friend Answer VouchDns(const Policy& policy, uint64_t random, Report report,
                         const std::vector<Report>& controls);  // dns_vouch.h
  friend class PackedAnswer;  // makes again what it was made of
  struct Data {
    Report report;
    std::string vouched_by;
    bool wants_second = false;
    std::string confirmed_by;  // the second server's transcript, for people
  };
  explicit Answer(Data data);

  std::shared_ptr<const Data> data_;
};

// The grounds of a rejection. Made only from a proven answer, from a line of a
// list that matched, or from the message itself.
class Proof {
 public:
  explicit Proof(ListEntry listed) : listed_(std::move(listed)) {}
  explicit Proof(Malformed malformed) : malformed_(std::move(malformed)) {}
  // Proves that a domain does not exist: MX, A and AAAA each say NXDOMAIN.
  // nullopt unless all three answers are proven and about the same name.
  static std::optional<Proof> OfNoName(const Answer& mx, const Answer& a,
                                       const Answer& aaaa);

  // The answers that the proof rests on. It would not hold if one were Unknown.
  const std::vector<Answer>& cited() const { return cited_; }
  // Adds `answer` to what the proof rests on. A lookup is cited once.
  Proof And(Answer answer) &&;
  // The line of a list, if the proof is one.
  const std::optional<ListEntry>& listed() const { return listed_; }
  // The part of the message, if the proof is one.
  const std::optional<Malformed>& malformed() const { return malformed_; }

  // "mailbox people:joe@example.org: absent, vouched by ...", one line an
  // answer or entry. Escaped (lib/mail/escape.h), but for the line ends.
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
