#include "lib/mail/ip.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace mailverdict::mail {
namespace {

using Groups = IpAddress::Groups;

constexpr size_t kMaxGroupDigits = 4;  // RFC 4291 2.2
constexpr char kBadIpv4[] = "an IPv4 address is four numbers from 0 to 255";

uint16_t Hex(std::string_view digits) {
  uint16_t value = 0;
  for (char c : digits) {
    const int digit =
        absl::ascii_isdigit(c) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10;
    value = static_cast<uint16_t>(value << 4 | digit);
  }
  return value;
}

// The groups as written: `count` of them, and the index `gap` of the "::".
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
    // The address ends with "::".
    if (digits.empty() && w->gap == w->count) return std::nullopt;
    // The digits are the beginning of an IPv4 address that fills the last two
    // groups, as in ::ffff:192.0.2.1 (RFC 4291 2.2).
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

std::optional<IpAddress> ReadIp(Cursor& in) {
  const std::string_view text = in.rest();
  IpAddress address;
  if (text.find(':') != std::string_view::npos) {
    if (ReadIpv6(in, &address.groups).has_value()) return std::nullopt;
    return address;
  }
  uint32_t number = 0;
  if (ReadIpv4(in, &number).has_value()) return std::nullopt;
  address.groups = {0,
                    0,
                    0,
                    0,
                    0,
                    0xFFFF,
                    static_cast<uint16_t>(number >> 16),
                    static_cast<uint16_t>(number)};
  return address;
}

// A block of addresses with a meaning of its own.
struct SpecialPurpose {
  const char* network;
  bool reachable;  // "Globally Reachable" of the registry
};

// The IANA special-purpose address registries (RFC 6890, RFC 8190; IPv4 and
// IPv6 as of 2025), multicast and what was never given out. The first row that
// contains an address decides, so a small block is listed before the larger
// block that contains it. A reachable block is listed only if it is within an
// unreachable one. Three decisions are our own:
//   - The blocks for documentation (192.0.2.0/24, 198.51.100.0/24,
//     203.0.113.0/24: RFC 5737; 2001:db8::/32: RFC 3849; 3fff::/20: RFC 9637)
//     count as public. No mail comes from there, and every example and case is
//     written with them.
//   - So do Teredo (2001::/32, RFC 4380) and 6to4 (2002::/16, RFC 3056): the
//     registry has "N/A", and a client with such an address may be listed.
//   - 192.88.99.0/24 ("N/A": the relays of 6to4, RFC 7526) does not count as
//     public: no host has an address there.
constexpr SpecialPurpose kSpecialPurpose[] = {
    // IPv4.
    {"0.0.0.0/8", false},       // this network: RFC 791 3.2
    {"10.0.0.0/8", false},      // private use: RFC 1918
    {"100.64.0.0/10", false},   // shared with a carrier: RFC 6598
    {"127.0.0.0/8", false},     // loopback: RFC 1122 3.2.1.3
    {"169.254.0.0/16", false},  // link-local: RFC 3927
    {"172.16.0.0/12", false},   // private use: RFC 1918
    {"192.0.0.9/32", true},     // PCP anycast: RFC 7723
    {"192.0.0.10/32", true},    // TURN anycast: RFC 8155
    {"192.0.0.0/24", false},    // IETF protocol assignments: RFC 6890 2.1
    {"192.88.99.0/24", false},  // 6to4 relay anycast, deprecated: RFC 7526
    {"192.168.0.0/16", false},  // private use: RFC 1918
    {"198.18.0.0/15", false},   // benchmarks: RFC 2544
    {"224.0.0.0/4", false},     // multicast: RFC 5771
    {"240.0.0.0/4", false},     // reserved, broadcast: RFC 1112 4, RFC 8190
    // IPv6.
    {"::/128", false},          // unspecified: RFC 4291 2.5.2
    {"::1/128", false},         // loopback: RFC 4291 2.5.3
    {"64:ff9b:1::/48", false},  // local-use translation: RFC 8215
    {"100::/64", false},        // discard-only: RFC 6666
    {"100:0:0:1::/64", false},  // dummy prefix: RFC 9780
    {"2001::/32", true},        // Teredo: RFC 4380
    {"2001:1::1/128", true},    // PCP anycast: RFC 7723
    {"2001:1::2/128", true},    // TURN anycast: RFC 8155
    {"2001:1::3/128", true},    // DNS-SD SRP anycast: RFC 9665
    {"2001:3::/32", true},      // AMT: RFC 7450
    {"2001:4:112::/48", true},  // AS112: RFC 7535
    {"2001:20::/28", true},     // ORCHIDv2: RFC 7343
    {"2001:30::/28", true},     // drone remote ID: RFC 9374
    {"2001::/23", false},       // IETF protocol assignments: RFC 2928
    {"5f00::/16", false},       // segment routing: RFC 9602
    {"fc00::/7", false},        // unique local: RFC 4193
    {"fe80::/10", false},       // link-local: RFC 4291 2.5.6
    {"fec0::/10", false},       // site-local, deprecated: RFC 3879
    {"ff00::/8", false},        // multicast: RFC 4291 2.7
};

}  // namespace

std::optional<Fault> ReadIpv4(Cursor& in, uint32_t* address) {
  *address = 0;
  for (int i = 0; i < 4; ++i) {
    if (i > 0 && !in.Skip('.')) return Fault{in.offset(), kBadIpv4};
    // The RFC's grammar allows leading zeros, but many programs read them as
    // octal. Decimal refuses them.
    const size_t begin = in.offset();
    const std::optional<uint64_t> number = in.Decimal(3);
    if (!number.has_value() || *number > 255) return Fault{begin, kBadIpv4};
    *address = *address << 8 | static_cast<uint32_t>(*number);
  }
  return std::nullopt;
}

std::optional<Fault> ReadIpv6(Cursor& in, Groups* groups) {
  const size_t begin = in.offset();
  Written w;
  if (std::optional<Fault> fault = ReadGroups(in, &w)) return fault;
  const bool whole = w.gap.has_value() ? w.count < 8 : w.count == 8;
  if (!whole) return Fault{begin, "an IPv6 address has eight groups"};
  *groups = w.groups;
  // The groups after the "::" move to the end, and zeros fill the gap.
  if (w.gap.has_value()) {
    const auto gap = groups->begin() + static_cast<ptrdiff_t>(*w.gap);
    const auto end = groups->begin() + static_cast<ptrdiff_t>(w.count);
    std::fill(gap, std::copy_backward(gap, end, groups->end()), 0);
  }
  return std::nullopt;
}

std::optional<IpAddress> ParseIp(std::string_view text) {
  Cursor in(text);
  const std::optional<IpAddress> address = ReadIp(in);
  if (!address.has_value() || !in.done()) return std::nullopt;
  return address;
}

std::optional<IpNetwork> IpNetwork::Parse(std::string_view text) {
  Cursor in(text);
  const std::optional<IpAddress> address = ReadIp(in);
  if (!address.has_value()) return std::nullopt;
  // The prefix of an IPv4 network counts within its own 32 bits.
  const bool ipv4 = text.find(':') == std::string_view::npos;
  uint64_t bits = ipv4 ? 32 : 128;
  if (in.Skip('/')) {
    const std::optional<uint64_t> written = in.Decimal(3);
    if (!written.has_value() || *written > bits) return std::nullopt;
    bits = *written;
  }
  if (!in.done()) return std::nullopt;
  IpNetwork network(*address, static_cast<int>(ipv4 ? bits + 96 : bits));
  if (network.Masked(*address) != address->groups) return std::nullopt;
  return network;
}

std::string NetworkKeyOf(const IpAddress& address) {
  static const IpNetwork ipv4 = *IpNetwork::Parse("::ffff:0:0/96");
  const bool is_ipv4 = ipv4.Contains(address);
  std::string text;
  // IPv4: the first 24 of its 32 bits, which are groups 6 and 7. IPv6: groups 0
  // to 3.
  for (size_t i = is_ipv4 ? 6 : 0; i < (is_ipv4 ? 8u : 4u); ++i) {
    const int group = address.groups[i] & (i == 7 ? 0xff00 : 0xffff);
    absl::StrAppend(&text, absl::Hex(group, absl::kZeroPad4));
  }
  return text;
}

bool IpNetwork::Contains(const IpAddress& address) const {
  return Masked(address) == base_.groups;
}

bool IpNetwork::Contains(const IpNetwork& other) const {
  return bits_ <= other.bits_ && Contains(other.base_);
}

Groups IpNetwork::Masked(const IpAddress& address) const {
  Groups groups = address.groups;
  for (int i = 0; i < 8; ++i) {
    // Of this group, `bits` belong to the prefix. The shift leaves exactly
    // these bits set in the low 16.
    const int bits = std::clamp(bits_ - 16 * i, 0, 16);
    groups[static_cast<size_t>(i)] &=
        static_cast<uint16_t>(0xFFFF0000u >> bits);
  }
  return groups;
}

bool IsIpv4(const IpAddress& address) {
  static const auto* const kMapped =
      new IpNetwork(*IpNetwork::Parse("0.0.0.0/0"));
  return kMapped->Contains(address);
}

bool IsPublic(const IpAddress& address) {
  static const auto* const kRows = [] {
    auto* rows = new std::vector<std::pair<IpNetwork, bool>>;
    for (const SpecialPurpose& row : kSpecialPurpose) {
      rows->emplace_back(*IpNetwork::Parse(row.network), row.reachable);
    }
    return rows;
  }();
  const auto row = std::find_if(
      kRows->begin(), kRows->end(),
      [&address](const auto& each) { return each.first.Contains(address); });
  return row == kRows->end() || row->second;
}

}  // namespace mailverdict::mail
