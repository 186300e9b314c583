// What an operator may set in the place of a policy's values, and a server of
// DNS: what is taken is within bounds, and is shown as what it is.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/mail/ip.h"
#include "lib/policy/dns_server.h"
#include "lib/policy/loader/overrides_reader.h"
#include "tests/fuzz/require.h"

namespace {

using mailverdict::DnsServer;
using mailverdict::ReadGrace;
using mailverdict::ReadVanishLimit;
using mailverdict::Require;

void ExamineGrace(std::string_view text) {
  const auto grace = ReadGrace(text);
  if (!grace.ok()) {
    Require(grace.status().message().substr(0, 6) == "grace ", "it is named");
    return;
  }
  Require(*grace >= absl::ZeroDuration(), "no time is below zero");
  Require(*grace < absl::InfiniteDuration(), "and each has an end");
  const auto again = ReadGrace(absl::FormatDuration(*grace));
  Require(again.ok() && *again == *grace, "as it is shown, it can be set");
}

void ExamineHoldLimit(std::string_view text) {
  const auto limit = ReadVanishLimit(text);
  if (!limit.ok()) {
    Require(!limit.status().message().empty(), "an error says what is wrong");
    return;
  }
  Require(limit->vanished > 0, "who vanishes alone is never held");
  Require(limit->within >= absl::ZeroDuration() &&
              limit->within < absl::InfiniteDuration(),
          "a time with an end");
  const auto again = ReadVanishLimit(limit->ToString());
  Require(again.ok() && again->vanished == limit->vanished &&
              again->within == limit->within,
          "as it is shown, it can be set");
}

void ExamineServer(std::string_view text) {
  const auto server = DnsServer::Parse(text);
  if (!server.ok()) return;
  Require(mailverdict::mail::ParseIp(server->address).has_value() &&
              server->port != 0,
          "a server of DNS is an address and a port");
  const auto again = DnsServer::Parse(server->ToString());
  Require(again.ok() && *again == *server, "as it is shown, it can be set");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ExamineGrace(mailverdict::Bytes(data, size));
  ExamineHoldLimit(mailverdict::Bytes(data, size));
  ExamineServer(mailverdict::Bytes(data, size));
  return 0;
}
