// What the MTA has told us so far. A value: an adapter fills it in, stage by
// stage. Checks read it through Facts (facts.h).

#ifndef MAILVERDICT_LIB_CORE_TRANSACTION_H_
#define MAILVERDICT_LIB_CORE_TRANSACTION_H_

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace mailverdict {

// The point of the SMTP dialogue at which a verdict is asked for.
enum class Stage { kConnect, kHelo, kMail, kRcpt, kEndOfHeader, kEndOfMessage };

inline constexpr size_t kStages = 6;

// The facts of a transaction that an adapter may fill in. A table in
// docs/cases.md ("What each MTA connection tells") shows which connection tells
// which facts, and the word for each fact in a case file.
enum class Fact {
  kClient,     // Transaction::client
  kHelo,       // helo
  kQueueId,    // queue_id
  kSender,     // sender
  kRecipient,  // recipient
  kResolved,   // resolved
  kAccepted,   // accepted
  kHeader,     // header
};

inline constexpr size_t kFacts = 8;

// The first stage at which a fact is known.
constexpr Stage StageOf(Fact fact) {
  switch (fact) {
    case Fact::kClient:
      return Stage::kConnect;
    case Fact::kHelo:
      return Stage::kHelo;
    case Fact::kQueueId:
    case Fact::kSender:
      return Stage::kMail;
    case Fact::kRecipient:
    case Fact::kResolved:
      return Stage::kRcpt;
    case Fact::kAccepted:
    case Fact::kHeader:
      break;
  }
  return Stage::kEndOfHeader;
}

// A set of values of an enumeration that counts from 0. A value.
template <typename E>
class EnumSet {
 public:
  constexpr EnumSet() = default;
  constexpr EnumSet(std::initializer_list<E> values) {
    for (const E value : values) bits_ |= 1u << static_cast<int>(value);
  }
  constexpr bool contains(E value) const {
    return (bits_ >> static_cast<int>(value) & 1) != 0;
  }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr void Add(EnumSet other) { bits_ |= other.bits_; }
  friend constexpr bool operator==(EnumSet a, EnumSet b) {
    return a.bits_ == b.bits_;
  }

 private:
  unsigned bits_ = 0;
};

using StageSet = EnumSet<Stage>;
using FactSet = EnumSet<Fact>;

// The first stages at which `facts` are known.
constexpr StageSet StagesOf(FactSet facts) {
  StageSet stages;
  for (size_t i = 0; i < kFacts; ++i) {
    const Fact fact = static_cast<Fact>(i);
    if (facts.contains(fact)) stages.Add({StageOf(fact)});
  }
  return stages;
}

// A field of the message's header, as the MTA gave it. Its value may still be
// folded over several lines, and lacks the blank after the colon.
struct HeaderField {
  std::string name;
  std::string value;
};

struct Transaction {
  Stage stage = Stage::kConnect;
  // The time at which the evaluation began. Checks have no other clock.
  absl::Time now = absl::InfinitePast();

  // These texts are as the MTA gave them, not yet parsed. Empty: not known.
  //
  // From kConnect:
  std::string client;  // address of the client: "192.0.2.1", "2001:db8::1"
  // From kHelo:
  std::string helo;
  // From kMail:
  std::string queue_id;  // the MTA's name for the message; some give it later
  std::string sender;    // with or without angle brackets; "<>": the null one
  // From kRcpt:
  std::string recipient;  // only at kRcpt; with or without angle brackets
  // Only at kRcpt: the address that the MTA resolved `recipient` to (the macro
  // {rcpt_addr} of sendmail and Postfix). A name without a domain: the MTA
  // delivers it locally. Empty: the MTA found no address. nullopt: the MTA does
  // not say.
  std::optional<std::string> resolved;
  // From kEndOfHeader:
  std::vector<std::string> accepted;  // the recipients that passed
  std::vector<HeaderField> header;
  bool header_cut = false;  // too large: fields are missing at the end

  // The client has logged in (SMTP AUTH), so it is one of ours and no check
  // runs.
  bool authenticated = false;

  // Returns a transaction with one address only: the sender at kMail, the
  // recipient at any other stage.
  static Transaction About(Stage stage, std::string address) {
    Transaction tx;
    tx.stage = stage;
    (stage == Stage::kMail ? tx.sender : tx.recipient) = std::move(address);
    return tx;
  }
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_TRANSACTION_H_
