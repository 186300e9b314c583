// What the MTA and we agree on at the beginning of a connection: which commands
// it sends, which of them we answer, and what we may do to a message. Pure.
//
//   const Agreement agreement = Negotiate(offer, needs);
//   AppendAgreement(agreement, &bytes_to_send);

#ifndef MAILVERDICT_ADAPTERS_MILTER_CODEC_NEGOTIATION_H_
#define MAILVERDICT_ADAPTERS_MILTER_CODEC_NEGOTIATION_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/milter/codec/command.h"
#include "adapters/milter/codec/protocol.h"
#include "lib/core/transaction.h"

namespace mailverdict::milter {

// What the chain needs.
struct Needs {
  StageSet told;      // it reads facts of these stages (NeededStages, chain.h)
  StageSet judged;    // it gives verdicts at these stages (JudgedStages)
  bool body = false;  // it reads the body
  // The changes to a message at its end.
  bool adds_fields = false;     // adds or inserts fields of the header
  bool changes_fields = false;  // changes or deletes fields
  bool quarantines = false;
};

// A value. It lasts for the connection: a new policy concerns new connections.
struct Agreement {
  uint32_t version = 0;
  uint32_t actions = 0;  // bits of namespace action
  uint32_t steps = 0;    // bits of namespace step

  // Whether one of these bits was agreed on.
  bool may(uint32_t actions_bit) const { return (actions & actions_bit) != 0; }
  bool has(uint32_t steps_bit) const { return (steps & steps_bit) != 0; }
};

// The version is the lesser of the MTA's and ours. Actions and steps are what
// the chain needs, as far as the MTA offers it: both MTAs refuse a milter that
// answers with other bits. So the bits that are reserved (SMFI_INTERNAL), and
// those by which sendmail offers longer packets (SMFIP_MDS_*), are never in the
// answer.
//
// DATA and unknown commands are never wanted. MAIL is wanted if any
// later stage is, as it begins a message. An action that the MTA does not
// offer is missing in the agreement, and the caller has to do without it.
Agreement Negotiate(const Offer& offer, const Needs& needs);

// The names of the macros that we want at a stage, with blanks between: the
// queue id, the login and what the MTA has resolved the recipient to. "" for
// a stage whose commands are not sent, and for one that has no macro of use.
std::string_view WantedMacros(const Agreement& agreement, MacroStage stage);

// Appends the answer to the offer, with the lists of macros if the MTA lets us
// choose them.
void AppendAgreement(const Agreement& agreement, std::string* out);

// The value of a field as HeaderField has it (lib/core/transaction.h): without
// the blank after the colon, which the MTA sends if that was agreed on.
std::string_view ValueOf(const Agreement& agreement, const Header& field);

}  // namespace mailverdict::milter

#endif  // MAILVERDICT_ADAPTERS_MILTER_CODEC_NEGOTIATION_H_
