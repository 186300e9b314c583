#include "lib/cases/case_reader.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/cases/case_words.h"
#include "lib/core/history_kind.h"
#include "lib/mail/cursor.h"
#include "lib/policy/loader/overrides_reader.h"

namespace mailverdict {
namespace {

using mail::Cursor;

absl::string_view Absl(std::string_view s) { return {s.data(), s.size()}; }

// A parser with one function for each first word of a line. The state is the
// case and the step under way.
class Reader {
 public:
  CaseComplaint Line(size_t number, std::string_view line) {
    number_ = number;
    Cursor in(line);
    const std::string_view word = TakeWord(in);
    for (const Rule& rule : Rules()) {
      if (rule.word != word) continue;
      if (rule.of_case && cases_.empty()) {
        return absl::StrCat("\"", Absl(word),
                            "\" belongs to a case; begin one by \"case NAME\"");
      }
      return (this->*rule.read)(in);
    }
    return absl::StrCat("\"", Absl(word), "\" is no word of a case; write ",
                        Words());
  }

  CaseComplaint End() const {
    if (cases_.empty()) return "no case: begin one by \"case NAME\"";
    return Unfinished();
  }

  std::vector<Case> Take() && { return std::move(cases_); }

 private:
  struct Rule {
    std::string_view word;
    CaseComplaint (Reader::*read)(Cursor& in);
    bool of_case = true;
  };
  static const std::vector<Rule>& Rules();

  static std::string Words() {
    std::string words;
    for (const Rule& rule : Rules()) {
      absl::StrAppend(&words, words.empty() ? "" : ", ", Absl(rule.word));
    }
    return words;
  }

  // Complains about facts of the last case that no verdict follows.
  CaseComplaint Unfinished() const {
    if (!cases_.empty() && (cases_.back().steps.empty() || dirty_)) {
      return absl::StrCat("the case \"", cases_.back().name,
                          "\" does not end with a verdict");
    }
    return std::nullopt;
  }

  CaseComplaint Policy(Cursor& in) {
    if (!cases_.empty()) return "the policy stands before the first case";
    policy_ = TakeRest(in);
    if (policy_.empty()) return "write \"policy FILE\"";
    return std::nullopt;
  }
  CaseComplaint NewCase(Cursor& in) {
    if (CaseComplaint complaint = Unfinished()) return complaint;
    Case next;
    next.line = number_;
    next.name = TakeRest(in);
    next.policy = policy_;
    if (next.name.empty()) return "a case has a name: \"case NAME\"";
    cases_.push_back(std::move(next));
    // Nothing carries over from the case before, so cases can be read and moved
    // one by one.
    step_ = CaseStep();
    step_.transaction.now = kCaseTime;
    return std::nullopt;
  }
  CaseComplaint Time(Cursor& in) {
    dirty_ = true;
    absl::Time& now = step_.transaction.now;
    std::string text = TakeRest(in);
    const absl::string_view later =
        Absl(std::string_view(text)).substr(text.empty() ? 0 : 1);
    absl::Duration passed;
    std::string why;
    if (!text.empty() && text[0] == '+' &&
        absl::ParseDuration(later, &passed) && passed >= absl::ZeroDuration() &&
        passed < absl::InfiniteDuration()) {
      now += passed;
    } else if (!absl::ParseTime("%Y-%m-%dT%H:%M:%E*SZ", text, &now, &why)) {
      return "write \"time 2026-01-31T23:59:59Z\", or \"time +3h\" for later";
    }
    return std::nullopt;
  }

  CaseComplaint Connect(Cursor& in) {
    Transaction next;
    // A new connection forgets everything except the time.
    next.now = step_.transaction.now;
    next.client = TakeRest(in);
    step_.transaction = std::move(next);
    return To(Stage::kConnect);
  }
  CaseComplaint Helo(Cursor& in) {
    step_.transaction.helo = TakeRest(in);
    return To(Stage::kHelo);
  }
  CaseComplaint Login(Cursor& in) {
    dirty_ = true;
    step_.transaction.authenticated = true;
    return NothingMore(in);
  }
  CaseComplaint Mail(Cursor& in) {
    step_.transaction.sender = TakeRest(in);
    // A new message has no recipient yet; the connection stays.
    step_.transaction.recipient.clear();
    return To(Stage::kMail);
  }
  CaseComplaint Rcpt(Cursor& in) {
    step_.transaction.recipient = TakeRest(in);
    step_.transaction.resolved.reset();
    return To(Stage::kRcpt);
  }
  CaseComplaint Resolved(Cursor& in) {
    if (step_.transaction.stage != Stage::kRcpt) {
      return "what the MTA resolved follows its \"rcpt RECIPIENT\"";
    }
    dirty_ = true;
    step_.transaction.resolved = TakeRest(in);
    return std::nullopt;
  }
  CaseComplaint To(Stage stage) {
    dirty_ = true;
    step_.transaction.stage = stage;
    return std::nullopt;
  }

  CaseComplaint Grace(Cursor& in) {
    dirty_ = true;
    const std::string directory(TakeWord(in));
    const absl::StatusOr<absl::Duration> grace = ReadGrace(TakeRest(in));
    if (!grace.ok()) return std::string(grace.status().message());
    step_.overrides[directory].grace = *grace;
    return std::nullopt;
  }
  CaseComplaint Vanished(Cursor& in) {
    dirty_ = true;
    const std::string directory(TakeWord(in));
    const absl::StatusOr<VanishLimit> limit = ReadVanishLimit(TakeRest(in));
    if (!limit.ok()) return std::string(limit.status().message());
    step_.overrides[directory].hold = *limit;
    return std::nullopt;
  }

  CaseComplaint Asked(Cursor& in) {
    dirty_ = true;
    GivenAnswer given;
    given.line = number_;
    given.lookup = TakeRest(in);
    const auto begins = [&given](std::string_view kind) {
      return Cursor(given.lookup).Skip(kind);
    };
    bool known = begins("mailbox ") || begins("dns ");
    for (const HistoryKind& history : kHistoryKinds) {
      known |= begins(history.text);
    }
    if (!known) {
      return "write what is asked as `mailverdict explain` does: \"asked "
             "mailbox people:joe@example.org\", \"asked dns example.org MX\"";
    }
    step_.given.push_back(std::move(given));
    return std::nullopt;
  }

  // Sets the state of the answer to the last `asked` line, which must have none
  // yet.
  CaseComplaint Answered(AnswerState state, GivenAnswer** answer) {
    if (step_.given.empty()) return "an answer follows its \"asked LOOKUP\"";
    *answer = &step_.given.back();
    if ((*answer)->state.has_value()) return "one question has one answer";
    (*answer)->state = state;
    return std::nullopt;
  }
  CaseComplaint Present(Cursor& in) {
    GivenAnswer* answer = nullptr;
    if (CaseComplaint complaint = Answered(AnswerState::kPresent, &answer))
      return complaint;
    return TakeValues(in, &answer->values);
  }
  CaseComplaint Absent(Cursor& in) {
    GivenAnswer* answer = nullptr;
    if (CaseComplaint complaint = Answered(AnswerState::kAbsent, &answer))
      return complaint;
    return TakeAbsence(in, answer);
  }
  CaseComplaint Unknown(Cursor& in) {
    GivenAnswer* answer = nullptr;
    if (CaseComplaint complaint = Answered(AnswerState::kUnknown, &answer))
      return complaint;
    answer->reason = TakeRest(in);
    return std::nullopt;
  }
  CaseComplaint Exception(Cursor& in) {
    if (step_.given.empty() || !step_.given.back().state.has_value()) {
      return "a \"but\" follows an answer";
    }
    Deviation deviation;
    deviation.line = number_;
    if (CaseComplaint complaint = TakeDeviation(in, &deviation))
      return complaint;
    step_.given.back().deviations.push_back(std::move(deviation));
    return std::nullopt;
  }

  CaseComplaint Verdict(Cursor& in) {
    for (const GivenAnswer& given : step_.given) {
      if (!given.state.has_value()) {
        return absl::StrCat("what is asked in line ", given.line,
                            " has no answer");
      }
    }
    step_.line = number_;
    step_.verdict = TakeRest(in);
    // A copy: the next step goes on with the same transaction and overrides,
    // but answers are given anew for each verdict.
    cases_.back().steps.push_back(step_);
    step_.given.clear();
    dirty_ = false;
    return std::nullopt;
  }
  CaseComplaint Remember(Cursor& in) {
    if (dirty_ || cases_.back().steps.empty()) {
      return "what is remembered follows a verdict";
    }
    auto& remembered = cases_.back().steps.back().remembered;
    if (!remembered.has_value()) remembered.emplace();
    std::string what = TakeRest(in);
    if (what != "nothing") remembered->push_back(std::move(what));
    return std::nullopt;
  }

  std::string policy_;
  std::vector<Case> cases_;
  CaseStep step_;       // of the next verdict
  bool dirty_ = false;  // facts since the last verdict
  size_t number_ = 0;
};

const std::vector<Reader::Rule>& Reader::Rules() {
  static const auto* const kRules = new std::vector<Rule>{
      {"policy", &Reader::Policy, false},
      {"case", &Reader::NewCase, false},
      {"time", &Reader::Time},
      {"connect", &Reader::Connect},
      {"helo", &Reader::Helo},
      {"login", &Reader::Login},
      {"mail", &Reader::Mail},
      {"rcpt", &Reader::Rcpt},
      {"resolved", &Reader::Resolved},
      {"grace", &Reader::Grace},
      {"vanished", &Reader::Vanished},
      {"asked", &Reader::Asked},
      {"present", &Reader::Present},
      {"absent", &Reader::Absent},
      {"unknown", &Reader::Unknown},
      {"but", &Reader::Exception},
      {"verdict", &Reader::Verdict},
      {"remember", &Reader::Remember},
  };
  return *kRules;
}

}  // namespace

absl::StatusOr<std::vector<Case>> ReadCases(std::string_view text,
                                            std::string_view file_name) {
  Reader reader;
  CaseComplaint complaint;
  size_t number = 0;
  // Stops at the first fault. The lines after it would be read in a wrong state
  // and give misleading faults.
  for (Cursor lines(text); !complaint.has_value() && !lines.done();) {
    ++number;
    const std::string_view line =
        Trimmed(lines.TakeWhile([](char c) { return c != '\n'; }));
    lines.Skip('\n');
    if (line.empty() || line.front() == '#') continue;
    complaint = reader.Line(number, line);
  }
  if (!complaint.has_value()) complaint = reader.End();
  if (complaint.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(Absl(file_name), ":", number, ": ", *complaint));
  }
  return std::move(reader).Take();
}

}  // namespace mailverdict
