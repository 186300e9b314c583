// The macros that are in force. Each lives as long as its stage: those of MAIL
// for one message, those of RCPT for one recipient.
//
//   Macros macros;
//   macros.Take(command);                      // every command, in order
//   macros.Find("{auth_type}");                // at MAIL and later

#ifndef MAILVERDICT_ADAPTERS_MILTER_CODEC_MACROS_H_
#define MAILVERDICT_ADAPTERS_MILTER_CODEC_MACROS_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/milter/codec/command.h"
#include "adapters/milter/codec/protocol.h"

namespace mailverdict::milter {

// Holds copies, at most the packets of kMacroStages stages. Not thread-safe.
class Macros {
 public:
  // To be called with every command before it is dealt with. A list of macros
  // replaces that of its stage. A command of a stage ends the later stages, and
  // begins its own with the list that came right before it, or with none: a
  // macro of one message or recipient is never seen at the next one. Abort ends
  // the message; Quit, QuitForNew and Offer end everything.
  void Take(const Command& command);

  // The value of a macro, from the latest stage that has it. nullopt: the MTA
  // did not send it. "i" and "{i}" are one name. Valid until the next Take.
  std::optional<std::string_view> Find(std::string_view name) const;

 private:
  struct Macro {
    std::string name;  // without braces
    std::string value;
  };
  struct Held {
    std::vector<Macro> macros;
    bool used = true;  // its command has come
  };

  void Define(const MacroList& list);
  void Begin(size_t place);
  void EndFrom(size_t place);

  std::array<Held, kMacroStages> stages_;  // in the order of a session
};

}  // namespace mailverdict::milter

#endif  // MAILVERDICT_ADAPTERS_MILTER_CODEC_MACROS_H_
