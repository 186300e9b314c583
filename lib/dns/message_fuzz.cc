// Fuzzes ReadDnsMessage. Requires for any bytes: no crash, and a result as
// message.h describes it. The first byte of the input selects the type that is
// asked for. The name that is asked for is taken from the message; with another
// name no answer would match.

#include <arpa/nameser.h>

#include <cstdint>
#include <string_view>

#include "absl/strings/ascii.h"
#include "lib/dns/message.h"
#include "tests/fuzz/require.h"

namespace {

using mailverdict::DnsLookup;
using mailverdict::DnsMessage;
using mailverdict::DnsType;
using mailverdict::Require;

std::string QuestionOf(std::string_view bytes) {
  ns_msg message;
  ns_rr rr;
  const auto* data = reinterpret_cast<const u_char*>(bytes.data());
  if (bytes.size() > 65535 ||
      ns_initparse(data, static_cast<int>(bytes.size()), &message) != 0 ||
      ns_msg_count(message, ns_s_qd) == 0 ||
      ns_parserr(&message, ns_s_qd, 0, &rr) != 0) {
    return "example.org";
  }
  return absl::AsciiStrToLower(ns_rr_name(rr));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static constexpr DnsType kTypes[] = {
      DnsType::kA, DnsType::kAaaa, DnsType::kMx, DnsType::kTxt, DnsType::kPtr};
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1,
                               size - 1);
  const DnsLookup asked{QuestionOf(bytes), kTypes[data[0] % 5]};
  const DnsMessage read = mailverdict::ReadDnsMessage(bytes, asked);
  const bool values = read.outcome == DnsMessage::Outcome::kValues;
  const bool asked_it = read.outcome != DnsMessage::Outcome::kCouldNotAsk;
  Require(values == !read.values.empty());
  Require(asked_it == read.reason.empty());
  Require(!(asked_it && read.truncated));
  Require(read.values.size() <= mailverdict::kMaxDnsRecords);
  Require(read.source.ttl >= absl::ZeroDuration());
  Require(read.source.ttl <= absl::Seconds(0x7fffffff));
  return 0;
}
