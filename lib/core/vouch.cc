#include "lib/core/vouch.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

bool AsksFor(const MailboxLookup& lookup, const Control& control) {
  return std::find(lookup.spellings.begin(), lookup.spellings.end(),
                   control.address) != lookup.spellings.end();
}

bool SameMoment(const Origin& a, const Origin& b) {
  return !a.server.empty() && a.server == b.server &&
         a.connection == b.connection && a.exchange == b.exchange &&
         a.sent == b.sent && a.received == b.received && a.sent <= a.received;
}

const Report* FindControl(const std::vector<Report>& controls,
                          const DirectoryPolicy& directory,
                          const Control& control) {
  for (const Report& report : controls) {
    const auto* asked = std::get_if<MailboxLookup>(&report.lookup);
    if (asked != nullptr && asked->directory == directory.name &&
        asked->arm == control.arm && asked->spellings.size() == 1 &&
        asked->address() == control.address) {
      return &report;
    }
  }
  return nullptr;
}

// Why `controls` do not prove the absence in `report`; empty if they do.
std::string Objection(const DirectoryPolicy& directory, const Report& report,
                      const std::vector<Report>& controls) {
  if (directory.proxy) {
    return "it was asked through a proxy, which may show a part for the whole";
  }
  if (directory.filter.arms().empty()) return "the filter has no arms";
  const std::vector<DirectoryPolicy::Arm> uncovered = directory.UncoveredArms();
  if (!uncovered.empty()) {
    return absl::StrCat("no control covers arm ", uncovered.front().ToString());
  }
  for (const Control& control : directory.controls) {
    const auto objection = [&control](const auto&... why) {
      return absl::StrCat("control ", control.address, " (", control.arm, ") ",
                          why...);
    };
    const Report* seen = FindControl(controls, directory, control);
    if (seen == nullptr) return objection("was not asked with it");
    if (seen->state == AnswerState::kAbsent) return objection("is missing");
    if (seen->state == AnswerState::kUnknown) {
      return objection("is unknown: ", seen->reason);
    }
    if (!SameMoment(report.origin, seen->origin)) {
      return objection("comes from another moment");
    }
  }
  return "";
}

}  // namespace

bool AsksForAControl(const DirectoryPolicy& directory,
                     const MailboxLookup& lookup) {
  return std::any_of(
      directory.controls.begin(), directory.controls.end(),
      [&](const Control& control) { return AsksFor(lookup, control); });
}

std::vector<MailboxLookup> ControlsFor(const DirectoryPolicy& directory,
                                       const MailboxLookup& lookup) {
  std::vector<MailboxLookup> controls;
  for (const Control& control : directory.controls) {
    if (AsksFor(lookup, control)) continue;
    controls.push_back({directory.name, {control.address}, control.arm});
  }
  return controls;
}

Answer Vouch(const DirectoryPolicy& directory, Report report,
             const std::vector<Report>& controls) {
  if (report.state != AnswerState::kAbsent) return Answer(std::move(report));
  std::string objection = Objection(directory, report, controls);
  if (!objection.empty()) {
    return Answer(Report::Unknown(std::move(report.lookup),
                                  std::move(objection), report.origin));
  }
  std::string vouched_by;
  for (const Control& control : directory.controls) {
    absl::StrAppend(&vouched_by, vouched_by.empty() ? "" : ", ",
                    control.address, " (", control.arm, ")");
  }
  return Answer(Answer::Data{std::move(report), std::move(vouched_by),
                             directory.NeedsConfirmation(), ""});
}

Answer Confirm(const Answer& first, const Answer& second) {
  const std::string& server = first.origin().server;
  const bool agree = first.absent() && first.controls_passed() &&
                     second.absent() && second.controls_passed() &&
                     first.lookup() == second.lookup() && !server.empty() &&
                     server != second.origin().server;
  if (!agree) {
    return Answer(Report::Unknown(
        first.lookup(), "no second server bears out that it is absent",
        first.origin()));
  }
  Answer::Data data = *first.data_;
  data.needs_confirmation = false;
  data.confirmed_by = second.origin().ToString();
  return Answer(std::move(data));
}

}  // namespace mailverdict
