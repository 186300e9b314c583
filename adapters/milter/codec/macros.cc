#include "adapters/milter/codec/macros.h"

#include <utility>

namespace mailverdict::milter {
namespace {

// The place of a stage in a session, by which stages end. The numbers of the
// protocol have the end of the header after the end of the message.
size_t PlaceOf(MacroStage stage) {
  switch (stage) {
    case MacroStage::kConnect:
      return 0;
    case MacroStage::kHelo:
      return 1;
    case MacroStage::kMail:
      return 2;
    case MacroStage::kRcpt:
      return 3;
    case MacroStage::kData:
      return 4;
    case MacroStage::kEndOfHeader:
      return 5;
    case MacroStage::kEndOfMessage:
      break;
  }
  return 6;
}

std::string_view WithoutBraces(std::string_view name) {
  if (name.size() > 2 && name.front() == '{' && name.back() == '}') {
    return name.substr(1, name.size() - 2);
  }
  return name;
}

}  // namespace

void Macros::Take(const Command& command) {
  switch (LetterOf(command)) {
    case CommandLetter::kMacros:
      return Define(std::get<MacroList>(command));
    case CommandLetter::kConnect:
      return Begin(PlaceOf(MacroStage::kConnect));
    case CommandLetter::kHelo:
      return Begin(PlaceOf(MacroStage::kHelo));
    case CommandLetter::kMail:
      return Begin(PlaceOf(MacroStage::kMail));
    case CommandLetter::kRcpt:
      return Begin(PlaceOf(MacroStage::kRcpt));
    case CommandLetter::kData:
      return Begin(PlaceOf(MacroStage::kData));
    case CommandLetter::kEndOfHeader:
      return Begin(PlaceOf(MacroStage::kEndOfHeader));
    case CommandLetter::kEndOfMessage:
      return Begin(PlaceOf(MacroStage::kEndOfMessage));
    case CommandLetter::kAbort:
      return EndFrom(PlaceOf(MacroStage::kMail));
    case CommandLetter::kNegotiate:
    case CommandLetter::kQuit:
    case CommandLetter::kQuitForNew:
      return EndFrom(0);
    case CommandLetter::kHeader:
    case CommandLetter::kBody:
    case CommandLetter::kUnknown:
      return;  // within a stage
  }
}

void Macros::Define(const MacroList& list) {
  if (!list.stage.has_value()) return;
  const size_t place = PlaceOf(*list.stage);
  EndFrom(place);
  for (const MacroList::Macro& macro : list.macros) {
    stages_[place].macros.push_back(
        {std::string(WithoutBraces(macro.name)), std::string(macro.value)});
  }
  stages_[place].used = false;
}

void Macros::Begin(size_t place) {
  EndFrom(stages_[place].used ? place : place + 1);
  stages_[place].used = true;
}

void Macros::EndFrom(size_t place) {
  for (; place < stages_.size(); ++place) stages_[place] = Held();
}

std::optional<std::string_view> Macros::Find(std::string_view name) const {
  const std::string_view bare = WithoutBraces(name);
  for (auto held = stages_.rbegin(); held != stages_.rend(); ++held) {
    for (const Macro& macro : held->macros) {
      if (macro.name == bare) return macro.value;
    }
  }
  return std::nullopt;
}

}  // namespace mailverdict::milter
