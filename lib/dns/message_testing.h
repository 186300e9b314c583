// Makes DNS messages byte by byte: messages that no real server would send, and
// the answers of scripted servers.

#ifndef MAILVERDICT_LIB_DNS_MESSAGE_TESTING_H_
#define MAILVERDICT_LIB_DNS_MESSAGE_TESTING_H_

#include <arpa/nameser.h>

#include <cstdint>
#include <string>

namespace mailverdict {

inline std::string Be16(int n) {
  return {static_cast<char>(n >> 8), static_cast<char>(n)};
}

inline std::string Be32(uint32_t n) {
  return Be16(static_cast<int>(n >> 16)) + Be16(static_cast<int>(n & 0xffff));
}

// "example.org" as it stands on the wire, uncompressed; "" is the root.
inline std::string WireName(const std::string& name) {
  std::string wire;
  for (size_t at = 0; at < name.size();) {
    const size_t dot = std::min(name.find('.', at), name.size());
    wire += static_cast<char>(dot - at) + name.substr(at, dot - at);
    at = dot + 1;
  }
  return wire + '\0';
}

// A message with one question, class IN.
class DnsBytes {
 public:
  // The flags of an answer: QR, RD, RA.
  static constexpr int kAnswer = 0x8180;
  static constexpr int kTruncated = 0x0200;

  DnsBytes(const std::string& name, int type, int flags = kAnswer)
      : flags_(flags), question_(WireName(name) + Be16(type) + Be16(ns_c_in)) {}

  DnsBytes& Id(int id) { return id_ = id, *this; }
  DnsBytes& Rcode(int rcode) { return flags_ |= rcode, *this; }

  // `wire` is the owner's name as it stands on the wire.
  DnsBytes& Raw(ns_sect section, const std::string& wire, int type,
                uint32_t ttl, const std::string& data, int cls = ns_c_in) {
    ++counts_[section];
    sections_[section] += wire + Be16(type) + Be16(cls) + Be32(ttl) +
                          Be16(static_cast<int>(data.size())) + data;
    return *this;
  }
  DnsBytes& Answer(const std::string& owner, int type, uint32_t ttl,
                   const std::string& data) {
    return Raw(ns_s_an, WireName(owner), type, ttl, data);
  }
  DnsBytes& Soa(const std::string& zone, uint32_t ttl, uint32_t minimum) {
    return Raw(ns_s_ns, WireName(zone), ns_t_soa, ttl,
               WireName("ns." + zone) + WireName("hostmaster." + zone) +
                   Be32(1) + Be32(2) + Be32(3) + Be32(4) + Be32(minimum));
  }
  DnsBytes& Ns(const std::string& zone) {
    return Raw(ns_s_ns, WireName(zone), ns_t_ns, 300, WireName("ns." + zone));
  }

  std::string ToString() const {
    return Be16(id_) + Be16(flags_) + Be16(1) + Be16(counts_[ns_s_an]) +
           Be16(counts_[ns_s_ns]) + Be16(counts_[ns_s_ar]) + question_ +
           sections_[ns_s_an] + sections_[ns_s_ns] + sections_[ns_s_ar];
  }

 private:
  int id_ = 4711;
  int flags_;
  const std::string question_;
  int counts_[ns_s_max] = {};
  std::string sections_[ns_s_max];
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_MESSAGE_TESTING_H_
