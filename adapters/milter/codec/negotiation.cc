#include "adapters/milter/codec/negotiation.h"

#include <algorithm>
#include <cstddef>

#include "adapters/milter/codec/packet.h"

namespace mailverdict::milter {
namespace {

// For a stage: `no` if it is not told, `silent` if it is told but not judged.
// An answer that says nothing but "continue" would cost a round trip.
uint32_t StepsOf(const Needs& needs, Stage stage, uint32_t no,
                 uint32_t silent) {
  if (needs.judged.contains(stage)) return 0;
  return needs.told.contains(stage) ? silent : no;
}

// A field of the header is never judged by itself, and the end of the header
// has no facts of its own.
uint32_t HeaderSteps(const Needs& needs) {
  const bool judged = needs.judged.contains(Stage::kEndOfHeader);
  const bool told = judged || needs.told.contains(Stage::kEndOfHeader);
  return (told ? step::kSilentHeader : step::kNoHeader) |
         (judged ? 0 : step::kNoEndOfHeader);
}

// The steps that we would have if the MTA offered all of them.
uint32_t WantedSteps(Needs needs) {
  for (const Stage later :
       {Stage::kRcpt, Stage::kEndOfHeader, Stage::kEndOfMessage}) {
    if (needs.told.contains(later) || needs.judged.contains(later)) {
      needs.told.Add({Stage::kMail});
    }
  }
  uint32_t steps = step::kNoData | step::kNoUnknown;
  steps |= needs.body ? step::kSkip : step::kNoBody;
  steps |=
      StepsOf(needs, Stage::kConnect, step::kNoConnect, step::kSilentConnect);
  steps |= StepsOf(needs, Stage::kHelo, step::kNoHelo, step::kSilentHelo);
  steps |= StepsOf(needs, Stage::kMail, step::kNoMail, step::kSilentMail);
  steps |= StepsOf(needs, Stage::kRcpt, step::kNoRcpt, step::kSilentRcpt);
  steps |= HeaderSteps(needs);
  // So a field that we add looks as we write it.
  if (needs.adds_fields || needs.changes_fields) steps |= step::kLeadingBlank;
  return steps;
}

uint32_t WantedActions(const Needs& needs) {
  uint32_t actions = action::kChooseMacros;
  if (needs.adds_fields) actions |= action::kAddFields;
  if (needs.changes_fields) actions |= action::kChangeFields;
  if (needs.quarantines) actions |= action::kQuarantine;
  return actions;
}

}  // namespace

// An MTA that offers nothing at all means what version 1 could do (libmilter's
// engine.c).
Agreement Negotiate(const Offer& offer, const Needs& needs) {
  const uint32_t actions =
      offer.actions == 0 ? action::kVersion1 : offer.actions;
  const uint32_t steps = offer.steps == 0 ? step::kVersion1 : offer.steps;
  Agreement agreement;
  agreement.version = std::min(offer.version, kNewestVersion);
  agreement.actions = WantedActions(needs) & actions;
  agreement.steps = WantedSteps(needs) & steps;
  return agreement;
}

std::string_view WantedMacros(const Agreement& agreement, MacroStage stage) {
  switch (stage) {
    case MacroStage::kMail:
      return agreement.has(step::kNoMail) ? "" : "i {auth_type}";
    case MacroStage::kRcpt:
      return agreement.has(step::kNoRcpt) ? "" : "i {rcpt_addr}";
    case MacroStage::kEndOfHeader:
      return agreement.has(step::kNoEndOfHeader) ? "" : "i";
    case MacroStage::kEndOfMessage:
      return "i";  // the end of a message is always sent
    case MacroStage::kConnect:
    case MacroStage::kHelo:
    case MacroStage::kData:
      break;
  }
  return "";
}

// Each stage has its list, an empty one too: sendmail then sends no macros at
// that stage, but its own list at a stage that is left out. (Postfix sends its
// own list in both cases.) sendmail also reads our list for the end of the
// message only if there is one for the end of the header (milter_data).
void AppendAgreement(const Agreement& agreement, std::string* out) {
  std::string data;
  AppendUint32(agreement.version, &data);
  AppendUint32(agreement.actions, &data);
  AppendUint32(agreement.steps, &data);
  if (agreement.may(action::kChooseMacros)) {
    for (size_t stage = 0; stage < kMacroStages; ++stage) {
      AppendUint32(static_cast<uint32_t>(stage), &data);
      data += WantedMacros(agreement, static_cast<MacroStage>(stage));
      data += '\0';
    }
  }
  AppendPacket(static_cast<char>(CommandLetter::kNegotiate), data, out);
}

std::string_view ValueOf(const Agreement& agreement, const Header& field) {
  std::string_view value = field.value;
  if (agreement.has(step::kLeadingBlank) && !value.empty() &&
      value.front() == ' ') {
    value.remove_prefix(1);
  }
  return value;
}

}  // namespace mailverdict::milter
