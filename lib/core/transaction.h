// What the MTA has told us so far. A value: an adapter fills it in, stage by
// stage; checks read it and nothing else.

#ifndef MAILVERDICT_LIB_CORE_TRANSACTION_H_
#define MAILVERDICT_LIB_CORE_TRANSACTION_H_

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace mailverdict {

// Where in the SMTP dialogue a verdict is asked for.
enum class Stage { kConnect, kHelo, kMail, kRcpt, kEndOfHeader, kEndOfMessage };

inline constexpr size_t kStages = 6;

// Some of the stages. A value.
class StageSet {
 public:
  constexpr StageSet() = default;
  constexpr StageSet(std::initializer_list<Stage> stages) {
    for (const Stage stage : stages) bits_ |= 1u << static_cast<int>(stage);
  }
  constexpr bool contains(Stage stage) const {
    return (bits_ >> static_cast<int>(stage) & 1) != 0;
  }
  constexpr void Add(StageSet other) { bits_ |= other.bits_; }
  friend constexpr bool operator==(StageSet a, StageSet b) {
    return a.bits_ == b.bits_;
  }

 private:
  unsigned bits_ = 0;
};

// A field of the message's header, as the MTA gave it: folded, its value
// without the blank after the colon.
struct HeaderField {
  std::string name;
  std::string value;
};

struct Transaction {
  Stage stage = Stage::kConnect;
  // When this verdict began. Checks have no other clock.
  absl::Time now = absl::InfinitePast();

  // All of these as the MTA gave them, not yet parsed; empty where unknown.
  // From kConnect:
  std::string client;  // address of the client: "192.0.2.1", "2001:db8::1"
  // From kHelo:
  std::string helo;
  // From kMail:
  std::string queue_id;  // the MTA's name for the message; some give it later
  std::string sender;    // with or without angle brackets; "<>": the null one
  // From kRcpt:
  std::string recipient;  // kRcpt: with or without angle brackets
  // kRcpt: what the MTA made of `recipient`: the macro {rcpt_addr} of sendmail
  // and Postfix. A name without a domain: the MTA delivers it itself. Empty: it
  // found nothing. nullopt: it does not say.
  std::optional<std::string> resolved;
  // From kEndOfHeader:
  std::vector<std::string> accepted;  // the recipients that passed
  std::vector<HeaderField> header;
  bool header_cut = false;  // it was too large: fields are missing at its end

  // The client logged in (SMTP AUTH), or is in a network of the policy's
  // local_networks: one of ours, judged by nobody.
  bool authenticated = false;
  bool local = false;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_TRANSACTION_H_
