// What the MTA has told us so far. A value: an adapter fills it in, stage by
// stage; checks read it and nothing else.

#ifndef MAILVERDICT_LIB_CORE_TRANSACTION_H_
#define MAILVERDICT_LIB_CORE_TRANSACTION_H_

#include <string>

#include "absl/time/time.h"

namespace mailverdict {

// Where in the SMTP dialogue a verdict is asked for.
enum class Stage { kConnect, kHelo, kMail, kRcpt, kEndOfHeader, kEndOfMessage };

struct Transaction {
  Stage stage = Stage::kConnect;
  // When this verdict began. Checks have no other clock.
  absl::Time now = absl::InfinitePast();

  // All of these as the MTA gave them, not yet parsed; empty where unknown.
  std::string client;     // address of the client: "192.0.2.1", "2001:db8::1"
  std::string queue_id;   // the MTA's name for the message
  std::string recipient;  // kRcpt: with or without angle brackets
  // The client logged in (SMTP AUTH): one of ours, judged by nobody.
  bool authenticated = false;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_TRANSACTION_H_
