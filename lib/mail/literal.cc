#include "lib/mail/literal.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace mailverdict::mail {
namespace {

using Groups = std::array<uint16_t, 8>;

constexpr size_t kMaxGroupDigits = 4;  // RFC 4291 2.2
constexpr char kBadIpv4[] = "an IPv4 literal is four numbers from 0 to 255";

std::optional<Fault> ReadIpv4(Cursor& in, uint32_t* address) {
  *address = 0;
  for (int i = 0; i < 4; ++i) {
    if (i > 0 && !in.Skip('.')) return Fault{in.offset(), kBadIpv4};
    // Leading zeros are in the RFC's grammar, but half the world reads them as
    // octal: Decimal refuses them.
    const size_t begin = in.offset();
    const std::optional<uint64_t> number = in.Decimal(3);
    if (!number.has_value() || *number > 255) return Fault{begin, kBadIpv4};
    *address = *address << 8 | static_cast<uint32_t>(*number);
  }
  return std::nullopt;
}

uint16_t Hex(std::string_view digits) {
  uint16_t value = 0;
  for (char c : digits) {
    const int digit =
        absl::ascii_isdigit(c) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10;
    value = static_cast<uint16_t>(value << 4 | digit);
  }
  return value;
}

// The groups as they are written: `count` of them, and `gap`, the index at
// which "::" stands.
struct Written {
  Groups groups{};
  size_t count = 0;
  std::optional<size_t> gap;
};

std::optional<Fault> ReadGroups(Cursor& in, Written* w) {
  if (in.Skip("::")) w->gap = 0;
  for (;;) {
    const Cursor begin = in;
    const std::string_view digits =
        in.TakeWhile([](char c) { return absl::ascii_isxdigit(c); });
    if (digits.empty() && w->gap == w->count) return std::nullopt;
    if (in.Peek() == '.') {
      in = begin;
      if (w->count > 6) return Fault{in.offset(), "this has too many groups"};
      uint32_t tail = 0;
      if (std::optional<Fault> fault = ReadIpv4(in, &tail)) return fault;
      w->groups[w->count++] = static_cast<uint16_t>(tail >> 16);
      w->groups[w->count++] = static_cast<uint16_t>(tail);
      return std::nullopt;
    }
    if (digits.empty() || digits.size() > kMaxGroupDigits) {
      return Fault{begin.offset(), "a group is one to four hexadecimal digits"};
    }
    if (w->count == w->groups.size()) {
      return Fault{begin.offset(), "this has too many groups"};
    }
    w->groups[w->count++] = Hex(digits);
    if (!in.Skip(':')) return std::nullopt;
    const size_t second = in.offset();
    if (in.Skip(':')) {
      if (w->gap.has_value()) return Fault{second, "'::' may stand only once"};
      w->gap = w->count;
    }
  }
}

std::optional<Fault> ReadIpv6(Cursor& in, Groups* groups) {
  const size_t begin = in.offset();
  Written w;
  if (std::optional<Fault> fault = ReadGroups(in, &w)) return fault;
  const bool whole = w.gap.has_value() ? w.count < 8 : w.count == 8;
  if (!whole) return Fault{begin, "an IPv6 address has eight groups"};
  *groups = w.groups;
  if (w.gap.has_value()) {
    const auto gap = groups->begin() + static_cast<ptrdiff_t>(*w.gap);
    const auto end = groups->begin() + static_cast<ptrdiff_t>(w.count);
    std::fill(gap, std::copy_backward(gap, end, groups->end()), 0);
  }
  return std::nullopt;
}

void AppendIpv4(uint32_t a, std::string* out) {
  absl::StrAppend(out, a >> 24, ".", a >> 16 & 255, ".", a >> 8 & 255, ".",
                  a & 255);
}

// RFC 5952 4.2: the longest run of two or more zero groups, the first of
// equals, as [begin, end).
std::pair<size_t, size_t> LongestZeros(const Groups& groups) {
  std::pair<size_t, size_t> best = {8, 8};
  for (size_t begin = 0; begin < 8; ++begin) {
    size_t end = begin;
    while (end < 8 && groups[end] == 0) ++end;
    const size_t length = end - begin;
    if (length >= 2 && length > best.second - best.first) best = {begin, end};
  }
  return best;
}

void AppendIpv6(const Groups& groups, std::string* out) {
  const auto [begin, end] = LongestZeros(groups);
  // RFC 5952 5: an IPv4 address mapped into IPv6 shows its tail as IPv4.
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
    Groups groups;
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
