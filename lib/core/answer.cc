#include "lib/core/answer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/core/history_kind.h"
#include "lib/mail/escape.h"

namespace mailverdict {
namespace {

const char* TextOf(Absence absence) {
  switch (absence) {
    case Absence::kNoEntry:
      return "absent";
    case Absence::kNoName:
      return "absent: no such name";
    case Absence::kNoData:
      return "absent: no such data";
  }
  return "absent";
}

}  // namespace

std::string ToString(DnsType type) {
  switch (type) {
    case DnsType::kA:
      return "A";
    case DnsType::kPtr:
      return "PTR";
    case DnsType::kMx:
      return "MX";
    case DnsType::kTxt:
      return "TXT";
    case DnsType::kAaaa:
      return "AAAA";
  }
  return absl::StrCat("TYPE", static_cast<uint16_t>(type));  // RFC 3597 5
}

std::string ToString(const Lookup& lookup) {
  if (const auto* mailbox = std::get_if<MailboxLookup>(&lookup)) {
    std::string text =
        absl::StrCat("mailbox ", mailbox->directory, ":", mailbox->address());
    if (mailbox->spellings.size() > 1) {
      absl::StrAppend(&text, " (or ",
                      absl::StrJoin(mailbox->spellings.begin() + 1,
                                    mailbox->spellings.end(), ", "),
                      ")");
    }
    return text;
  }
  if (const auto* dns = std::get_if<DnsLookup>(&lookup)) {
    return absl::StrCat("dns ", dns->name, " ", ToString(dns->type),
                        dns->with_controls ? " with controls" : "");
  }
  const auto& history = std::get<HistoryLookup>(lookup);
  return std::string(TextOf(history.kind).view()) + history.key;
}

std::string Origin::ToString() const {
  if (server.empty()) return "nowhere";
  std::string text =
      absl::StrCat(server, " connection ", connection, " exchange ", exchange);
  if (sent > absl::InfinitePast()) {
    const absl::string_view at = "%H:%M:%E3S";
    absl::StrAppend(&text, ", ",
                    absl::FormatTime(at, sent, absl::UTCTimeZone()), "Z +",
                    absl::FormatDuration(received - sent));
  }
  return text;
}

Report Report::Present(Lookup lookup, std::vector<std::string> values,
                       Origin origin) {
  Report report;
  report.lookup = std::move(lookup);
  report.state = AnswerState::kPresent;
  report.values = std::move(values);
  report.origin = std::move(origin);
  return report;
}

Report Report::Absent(Lookup lookup, Origin origin) {
  Report report;
  report.lookup = std::move(lookup);
  report.state = AnswerState::kAbsent;
  report.origin = std::move(origin);
  return report;
}

Report Report::Unknown(Lookup lookup, std::string reason, Origin origin) {
  Report report;
  report.lookup = std::move(lookup);
  report.state = AnswerState::kUnknown;
  report.reason = std::move(reason);
  report.origin = std::move(origin);
  return report;
}

Answer::Answer(Report report)
    : Answer(Data{std::move(report), "", false, ""}) {}

Answer::Answer(Data data)
    : data_(std::make_shared<const Data>(std::move(data))) {}

std::optional<Proof> Answer::ProofOfAbsence() const {
  if (!absent() || !proven()) return std::nullopt;
  if (std::holds_alternative<DnsLookup>(lookup())) return std::nullopt;
  return Proof(*this);
}

std::optional<Proof> Answer::ProofOfPresence() const {
  if (!present() || !proven()) return std::nullopt;
  return Proof(*this);
}

std::string Answer::ToString() const {
  std::string text = present()  ? "present"
                     : absent() ? TextOf(absence())
                                : absl::StrCat("unknown: ", reason());
  if (present() && !values().empty()) {
    absl::StrAppend(&text, ": ", absl::StrJoin(values(), "; "));
  }
  if (controls_passed())
    absl::StrAppend(&text, ", vouched for by ", vouched_by());
  if (!origin().server.empty()) {
    absl::StrAppend(&text, ", from ", origin().ToString());
  }
  if (!data_->confirmed_by.empty()) {
    absl::StrAppend(&text, ", and from ", data_->confirmed_by);
  }
  // DNs, TXT records and servers' messages are text from outside.
  return mail::EscapeLine(text);
}

std::optional<Proof> Proof::OfNoName(const Answer& mx, const Answer& a,
                                     const Answer& aaaa) {
  const auto* asked = std::get_if<DnsLookup>(&mx.lookup());
  if (asked == nullptr) return std::nullopt;
  const auto proves = [asked](const Answer& answer, DnsType type) {
    return answer.absent() && answer.absence() == Absence::kNoName &&
           answer.proven() &&
           answer.lookup() == Lookup(DnsLookup{asked->name, type, true});
  };
  if (!proves(mx, DnsType::kMx) || !proves(a, DnsType::kA) ||
      !proves(aaaa, DnsType::kAaaa)) {
    return std::nullopt;
  }
  return Proof(mx).And(a).And(aaaa);
}

Proof Proof::And(Answer answer) && {
  const auto same = [&answer](const Answer& each) {
    return each.lookup() == answer.lookup();
  };
  if (std::none_of(cited_.begin(), cited_.end(), same)) {
    cited_.push_back(std::move(answer));
  }
  return std::move(*this);
}

std::string Proof::ToString() const {
  std::vector<std::string> grounds;
  if (listed_.has_value()) grounds.push_back(listed_->ToString());
  if (malformed_.has_value()) grounds.push_back(malformed_->ToString());
  for (const Answer& answer : cited_) {
    grounds.push_back(absl::StrCat(mailverdict::ToString(answer.lookup()), ": ",
                                   answer.ToString()));
  }
  for (std::string& ground : grounds) ground = mail::EscapeLine(ground);
  return absl::StrJoin(grounds, "\n");
}

}  // namespace mailverdict
