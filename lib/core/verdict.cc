#include "lib/core/verdict.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "lib/mail/escape.h"

namespace mailverdict {
namespace {

absl::string_view Absl(std::string_view s) { return {s.data(), s.size()}; }

// "reject 550 5.1.1 User unknown" or "pass".
std::string Say(Disposition disposition, const Reply& reply) {
  std::string text(ToString(disposition));
  if (disposition != Disposition::kPass) {
    absl::StrAppend(&text, " ", ToString(reply));
  }
  return text;
}

}  // namespace

std::string_view ToString(Disposition disposition) {
  switch (disposition) {
    case Disposition::kPass:
      return "pass";
    case Disposition::kDefer:
      return "defer";
    case Disposition::kReject:
      return "reject";
  }
  return "";
}

std::string ToString(const Observation& observation) {
  const std::string about = ToString(Lookup(observation.about));
  switch (observation.kind) {
    case Observation::Kind::kPresent:
      return "present " + about;
    case Observation::Kind::kMissed:
      return "missed " + about;
    case Observation::Kind::kGone:
      return "gone " + about;
  }
  return about;
}

std::string ToString(const Reply& reply) {
  return absl::StrCat(reply.code, " ", reply.status_class(), ".",
                      reply.status_subject, ".", reply.status_detail, " ",
                      reply.text);
}

Verdict Verdict::Pass(FixedText why) {
  Verdict verdict;
  verdict.why_ = why;
  return verdict;
}

Verdict Verdict::Defer(DeferReply reply, FixedText why) {
  Verdict verdict;
  verdict.disposition_ = Disposition::kDefer;
  verdict.reply_ = reply.reply();
  verdict.why_ = why;
  return verdict;
}

Verdict Verdict::Reject(RejectReply reply, Proof proof, FixedText why) {
  Verdict verdict;
  verdict.disposition_ = Disposition::kReject;
  verdict.reply_ = reply.reply();
  verdict.proof_ = std::move(proof);
  verdict.why_ = why;
  return verdict;
}

Verdict Verdict::WithText(std::string_view more) && {
  if (disposition_ != Disposition::kPass) {
    reply_.text = HarmlessText(reply_.text.append(more));
  }
  return std::move(*this);
}

Verdict Verdict::WithObservation(Observation observation) && {
  observations_.push_back(std::move(observation));
  return std::move(*this);
}

Verdict Verdict::WithObservation(Observation::Kind kind,
                                 const std::vector<HistoryLookup>& about,
                                 absl::Time when) && {
  for (const HistoryLookup& each : about) {
    observations_.push_back({kind, each, when});
  }
  return std::move(*this);
}

std::string Verdict::Line() const {
  std::string line = Say(disposition_, reply_);
  if (!check_.empty()) line = absl::StrCat(Absl(check_), " ", line);
  std::string remarks(why_.view());
  for (const Step& step : steps_) {
    if (step.shadow && step.found != Disposition::kPass) {
      absl::StrAppend(&remarks, remarks.empty() ? "" : "; ", "in shadow, ",
                      Absl(step.check), " would ", Say(step.found, step.reply));
    }
    std::string_view said;
    for (const Answer& answer : step.answers) {
      if (!answer.unknown() || answer.reason() == said) continue;
      said = answer.reason();
      absl::StrAppend(&remarks, remarks.empty() ? "" : "; ",
                      mail::EscapeLine(answer.reason()));
    }
  }
  if (!remarks.empty()) absl::StrAppend(&line, " [", remarks, "]");
  return line;
}

std::string Verdict::Tree() const {
  std::string tree = absl::StrCat(Line(), "\n");
  for (const Step& step : steps_) {
    absl::StrAppend(&tree, "  ", Absl(step.check), ": ",
                    Say(step.found, step.reply),
                    step.shadow ? " (in shadow)" : "");
    if (!step.why.empty()) absl::StrAppend(&tree, " [", Absl(step.why), "]");
    tree += '\n';
    for (const Answer& answer : step.answers) {
      absl::StrAppend(&tree, "    asked ",
                      mail::EscapeLine(ToString(answer.lookup())), "\n      ",
                      answer.ToString(), "\n");
    }
    if (step.proof.has_value()) {
      absl::StrAppend(
          &tree, "    proof\n      ",
          absl::StrReplaceAll(step.proof->ToString(), {{"\n", "\n      "}}),
          "\n");
    }
  }
  return tree;
}

}  // namespace mailverdict
