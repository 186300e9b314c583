#include "lib/mail/literal.h"

#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/ip.h"

namespace mailverdict::mail {
namespace {

void AppendIpv4(uint32_t a, std::string* out) {
  absl::StrAppend(out, a >> 24, ".", a >> 16 & 255, ".", a >> 8 & 255, ".",
                  a & 255);
}

// The longest run of two or more zero groups as [begin, end), the first run if
// several are equally long (RFC 5952 4.2). {8, 8} if there is none.
std::pair<size_t, size_t> LongestZeros(const IpAddress::Groups& groups) {
  std::pair<size_t, size_t> best = {8, 8};
  for (size_t begin = 0; begin < 8; ++begin) {
    size_t end = begin;
    while (end < 8 && groups[end] == 0) ++end;
    const size_t length = end - begin;
    if (length >= 2 && length > best.second - best.first) best = {begin, end};
  }
  return best;
}

void AppendIpv6(const IpAddress::Groups& groups, std::string* out) {
  const auto [begin, end] = LongestZeros(groups);
  // The last two groups of an IPv4-mapped address are written as IPv4 (RFC 5952
  // 5).
  const bool mapped = begin == 0 && end == 5 && groups[5] == 0xFFFF;
  for (size_t i = 0; i < (mapped ? 6 : 8); ++i) {
    if (i == begin) {
      absl::StrAppend(out, "::");
      i = end;
      if (i == 8) return;
    } else if (i > 0) {
      out->push_back(':');
    }
    absl::StrAppend(out, absl::Hex(groups[i]));
  }
  if (!mapped) return;
  out->push_back(':');
  AppendIpv4(static_cast<uint32_t>(groups[6]) << 16 | groups[7], out);
}

bool SkipIpv6Tag(Cursor& in) {
  constexpr absl::string_view kTag = "ipv6:";
  // A copy, so that `in` stays where it is if the tag does not come next.
  Cursor ahead = in;
  const std::optional<std::string_view> word = ahead.Take(kTag.size());
  if (!word.has_value()) return false;
  if (!absl::EqualsIgnoreCase({word->data(), word->size()}, kTag)) return false;
  in = ahead;
  return true;
}

}  // namespace

std::optional<Fault> ReadLiteral(Cursor& in, std::string* canonical) {
  if (!in.Skip('[')) return Fault{in.offset(), "a literal begins with '['"};
  if (SkipIpv6Tag(in)) {
    IpAddress::Groups groups;
    if (std::optional<Fault> fault = ReadIpv6(in, &groups)) return fault;
    canonical->append("[ipv6:");
    AppendIpv6(groups, canonical);
  } else {
    const std::optional<char> next = in.Peek();
    if (!next.has_value() || !absl::ascii_isdigit(*next)) {
      return Fault{in.offset(), "a literal is [IPv4] or [IPv6:address]"};
    }
    uint32_t address = 0;
    if (std::optional<Fault> fault = ReadIpv4(in, &address)) return fault;
    canonical->push_back('[');
    AppendIpv4(address, canonical);
  }
  if (!in.Skip(']')) return Fault{in.offset(), "here the literal wants a ']'"};
  canonical->push_back(']');
  return std::nullopt;
}

}  // namespace mailverdict::mail
