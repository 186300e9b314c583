#include "lib/core/answer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mailverdict {

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
  const auto& history = std::get<HistoryLookup>(lookup);
  const bool vanished = history.kind == HistoryLookup::Kind::kVanished;
  return absl::StrCat(vanished ? "vanished from " : "history ", history.key);
}

std::string Transcript::ToString() const {
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
                       Transcript transcript) {
  return {std::move(lookup), AnswerState::kPresent, std::move(values), "",
          std::move(transcript)};
}

Report Report::Absent(Lookup lookup, Transcript transcript) {
  return {
      std::move(lookup), AnswerState::kAbsent, {}, "", std::move(transcript)};
}

Report Report::Unknown(Lookup lookup, std::string reason,
                       Transcript transcript) {
  return {std::move(lookup),
          AnswerState::kUnknown,
          {},
          std::move(reason),
          std::move(transcript)};
}

Answer::Answer(Report report)
    : Answer(Data{std::move(report), "", false, ""}) {}

Answer::Answer(Data data)
    : data_(std::make_shared<const Data>(std::move(data))) {}

std::optional<Proof> Answer::ProofOfAbsence() const {
  if (!absent() || !vouched()) return std::nullopt;
  return Proof(*this);
}

std::string Answer::ToString() const {
  std::string text = present()  ? "present"
                     : absent() ? "absent"
                                : absl::StrCat("unknown: ", reason());
  if (present() && !values().empty()) {
    absl::StrAppend(&text, ": ", absl::StrJoin(values(), "; "));
  }
  if (borne_out()) absl::StrAppend(&text, ", vouched for by ", vouched_by());
  if (!transcript().server.empty()) {
    absl::StrAppend(&text, ", from ", transcript().ToString());
  }
  if (!data_->confirmed_by.empty()) {
    absl::StrAppend(&text, ", and from ", data_->confirmed_by);
  }
  return text;
}

Proof Proof::And(Answer answer) && {
  cited_.push_back(std::move(answer));
  return std::move(*this);
}

std::string Proof::ToString() const {
  std::vector<std::string> grounds;
  if (listed_.has_value()) grounds.push_back(listed_->ToString());
  for (const Answer& answer : cited_) {
    grounds.push_back(absl::StrCat(mailverdict::ToString(answer.lookup()), ": ",
                                   answer.ToString()));
  }
  return absl::StrJoin(grounds, "\n");
}

}  // namespace mailverdict
