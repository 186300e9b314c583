// What came back for a Lookup. Present, Absent and Unknown are three things and
// are never merged; whether an answer is *vouched* for by controls is a fourth.
//
// A Report is what a resolver saw: anyone can make one, and it proves nothing.
// An Answer is a Report that Vouch() (vouch.h) or, of DNS, VouchDns()
// (dns_vouch.h) has judged; only one that was found borne out by controls, and
// that Confirm() made of two such where two servers are wanted, yields a Proof.

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

// Which server said it, on which connection, in which exchange, and when.
// Two reports with one exchange of one connection come from one moment.
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

// What it is that is absent: not everything can be proven in the same way.
enum class Absence {
  kNoEntry,  // a directory or the history has none
  kNoName,   // DNS: NXDOMAIN, there is no such name of any type
  kNoData,   // DNS: there is such a name, and nothing of this type at it
};

// How DNS said what it said. Empty for every other kind of lookup.
struct DnsSource {
  // How long it may be believed, as of `received` of the transcript: the least
  // of the records' TTLs, or that of the absence (RFC 2308 5); zero for not at
  // all.
  absl::Duration ttl;
  // The name that an alias (CNAME) led to; empty if there was none. Then it is
  // that name which is absent: the one that was asked for is there.
  std::string alias_target;
  // Absent: the zone that says so, by its SOA record: the name, or an ancestor
  // of it, "." for the root. Empty if none came with it.
  std::string zone;
};

// What a resolver saw for one lookup.
struct Report {
  Lookup lookup;
  AnswerState state = AnswerState::kUnknown;
  // Present: what was found. Of a mailbox, its entry's name and, if that is
  // known, the spelling by which it was found.
  std::vector<std::string> values;
  // Unknown: why, for people: "search timed out after 3s".
  std::string reason;
  Transcript transcript;
  Absence absence = Absence::kNoEntry;  // Absent: of what
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
  // An answer that nothing vouches for. It can let mail pass and can defer it.
  explicit Answer(Report report);

  // What a resolver saw. Of an answer that Vouch() found wanting, what it made
  // of that.
  const Report& report() const { return data_->report; }
  const Lookup& lookup() const { return data_->report.lookup; }
  AnswerState state() const { return data_->report.state; }
  bool present() const { return state() == AnswerState::kPresent; }
  bool absent() const { return state() == AnswerState::kAbsent; }
  bool unknown() const { return state() == AnswerState::kUnknown; }
  // Borne out by the controls that came with it, from one server.
  bool controls_passed() const { return !data_->vouched_by.empty(); }
  // That, and by a second server, where the directory's policy wants one.
  bool proven() const { return controls_passed() && !data_->wants_second; }
  const std::vector<std::string>& values() const {
    return data_->report.values;
  }
  const std::string& reason() const { return data_->report.reason; }
  // Of what; means something only when absent().
  Absence absence() const { return data_->report.absence; }
  const Transcript& transcript() const { return data_->report.transcript; }
  const DnsSource& dns() const { return data_->report.dns; }
  // The controls that came with it, for people; empty when not borne out.
  const std::string& vouched_by() const { return data_->vouched_by; }

  // The only way from a service's "no" to a rejection. nullopt unless the
  // answer is Absent and vouched. Of DNS always nullopt: see Proof::OfNoName.
  std::optional<Proof> ProofOfAbsence() const;
  // The way from what a service has to a rejection: a listing, a null MX.
  // nullopt unless the answer is Present and vouched.
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

// The grounds of a rejection. Made only from a vouched answer, from a line of a
// list that has matched, or from the message itself; printable.
class Proof {
 public:
  explicit Proof(ListEntry listed) : listed_(std::move(listed)) {}
  explicit Proof(Malformed malformed) : malformed_(std::move(malformed)) {}
  // That there is no such domain, since there is no such name (NXDOMAIN),
  // whichever of MX, A and AAAA is asked for. nullopt unless all three answers
  // are vouched and about one name.
  static std::optional<Proof> OfNoName(const Answer& mx, const Answer& a,
                                       const Answer& aaaa);

  // The answers that it rests on: were one of them Unknown, it would not stand.
  const std::vector<Answer>& cited() const { return cited_; }
  // This proof, resting on `answer` as well. A lookup is cited once.
  Proof And(Answer answer) &&;
  // The line of a list, where there is one.
  const std::optional<ListEntry>& listed() const { return listed_; }
  // The part of the message, where there is one.
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
