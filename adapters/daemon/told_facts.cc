#include "adapters/daemon/told_facts.h"

#include <cstddef>

#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

// As docs/cases.md names it.
const char* NameOf(Fact fact) {
  switch (fact) {
    case Fact::kClient:
      return "the client's address";
    case Fact::kHelo:
      return "the name in HELO";
    case Fact::kQueueId:
      return "the queue id";
    case Fact::kSender:
      return "the sender";
    case Fact::kRecipient:
      return "the recipient";
    case Fact::kResolved:
      return "the address that the MTA made of the recipient";
    case Fact::kAccepted:
      return "the recipients that passed";
    case Fact::kHeader:
      return "the header";
  }
  return "";
}

// What the MTA that tells most tells a listener: for a socket map, sendmail.
FactSet ToldTo(Listener::Protocol protocol) {
  switch (protocol) {
    case Listener::Protocol::kSocketmap:
      return {Fact::kClient, Fact::kQueueId, Fact::kSender, Fact::kRecipient,
              Fact::kResolved};
    case Listener::Protocol::kMilter:
      return {Fact::kClient,   Fact::kHelo,      Fact::kQueueId,
              Fact::kSender,   Fact::kRecipient, Fact::kResolved,
              Fact::kAccepted, Fact::kHeader};
    case Listener::Protocol::kAdmin:
      break;
  }
  return {};
}

}  // namespace

std::vector<std::string> WarnOfUntoldFacts(
    const Chain& chain, const std::vector<Listener>& listeners) {
  FactSet told;
  for (const Listener& listener : listeners) {
    told.Add(ToldTo(listener.protocol));
  }
  std::vector<std::string> warnings;
  if (told.empty()) return warnings;
  for (const auto& check : chain) {
    const FactSet reads = check->reads();
    std::string untold;
    for (size_t i = 0; i < kFacts; ++i) {
      const Fact fact = static_cast<Fact>(i);
      if (!reads.contains(fact) || told.contains(fact)) continue;
      absl::StrAppend(&untold, untold.empty() ? "" : ", ", NameOf(fact));
    }
    if (untold.empty()) continue;
    warnings.push_back(absl::StrCat(
        "the check ", std::string(check->name()), " reads ", untold,
        ", which no listener of this policy is told: it does nothing; add a "
        "listener for milter (docs/cases.md, \"What each MTA connection "
        "tells\")"));
  }
  return warnings;
}

}  // namespace mailverdict
