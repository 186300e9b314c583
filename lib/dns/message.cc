#include "lib/dns/message.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/mail/cursor.h"
#include "lib/mail/domain.h"

namespace mailverdict {
namespace {

constexpr size_t kHeaderBytes = 12;         // RFC 1035 4.1.1
constexpr size_t kMaxMessageBytes = 65535;  // what TCP can frame (4.2.2)

struct Record {
  std::string owner;  // in lower case
  uint16_t type = 0;
  absl::Duration ttl;
  std::string_view data;  // in the message
};

std::string Lower(const char* name) { return absl::AsciiStrToLower(name); }

std::string_view DataOf(const ns_rr& rr) {
  return {reinterpret_cast<const char*>(ns_rr_rdata(rr)),
          static_cast<size_t>(ns_rr_rdlen(rr))};
}

const u_char* Bytes(std::string_view text) {
  return reinterpret_cast<const u_char*>(text.data());
}

// RFC 2181 8: a TTL with the top bit set counts as zero.
absl::Duration TtlOf(uint32_t seconds) {
  return absl::Seconds(seconds > 0x7fffffff ? 0 : seconds);
}

std::string RcodeText(int rcode) {
  static constexpr const char* kNames[] = {"NOERROR",  "FORMERR", "SERVFAIL",
                                           "NXDOMAIN", "NOTIMP",  "REFUSED"};
  const char* name = rcode < 6 ? kNames[rcode] : "rcode";
  return rcode < 6 ? name : absl::StrCat(name, " ", rcode);
}

// Parses one message in steps. A step that returns false has set the reason.
class MessageParser {
 public:
  MessageParser(std::string_view bytes, const DnsLookup& asked)
      : bytes_(bytes), asked_(asked) {}

  DnsMessage Read() {
    if (Open() && CheckRcode() && CheckQuestion() && ReadAnswers() &&
        FollowAliases() && ReadValues()) {
      Conclude();
    }
    return std::move(out_);
  }

 private:
  bool CouldNotAsk(std::string why) {
    out_ = DnsMessage();
    out_.reason = std::move(why);
    return false;
  }
  bool Malformed(const char* what) {
    CouldNotAsk(absl::StrCat("malformed: ", what));
    out_.edns = EdnsDoubt::kRefused;
    return false;
  }

  bool Open() {
    if (bytes_.size() < kHeaderBytes) return Malformed("no header");
    if (bytes_.size() > kMaxMessageBytes) return Malformed("too long");
    // TC is checked first: a truncated message may be cut at any byte.
    const auto flags = static_cast<uint8_t>(bytes_[2]);
    if ((flags & 0x02) != 0) {
      CouldNotAsk("the answer is truncated");
      out_.truncated = true;
      return false;
    }
    if (ns_initparse(Bytes(bytes_), static_cast<int>(bytes_.size()),
                     &message_) != 0) {
      return Malformed("its sections do not hold what its header counts");
    }
    if (ns_msg_getflag(message_, ns_f_qr) != 1 ||
        ns_msg_getflag(message_, ns_f_opcode) != ns_o_query) {
      return Malformed("not an answer to a query");
    }
    return true;
  }

  // The rcode is checked before the question: some servers that refuse a
  // question do not repeat it.
  bool CheckRcode() {
    rcode_ = ns_msg_getflag(message_, ns_f_rcode);
    ns_rr rr;
    for (int i = 0; i < ns_msg_count(message_, ns_s_ar); ++i) {
      if (ns_parserr(&message_, ns_s_ar, i, &rr) != 0) {
        return Malformed("a record of the additional section");
      }
      if (ns_rr_type(rr) != ns_t_opt) continue;
      rcode_ |= static_cast<int>(ns_rr_ttl(rr) >> 24) << 4;  // RFC 6891 6.1.3
    }
    if (rcode_ == ns_r_noerror || rcode_ == ns_r_nxdomain) return true;
    CouldNotAsk(absl::StrCat("it answers ", RcodeText(rcode_)));
    const bool format = rcode_ == ns_r_formerr || rcode_ == ns_r_notimpl ||
                        rcode_ == ns_r_badvers;
    out_.edns = format ? EdnsDoubt::kRefused : EdnsDoubt::kPerhaps;
    return false;
  }

  bool CheckQuestion() {
    ns_rr rr;
    if (ns_msg_count(message_, ns_s_qd) != 1 ||
        ns_parserr(&message_, ns_s_qd, 0, &rr) != 0) {
      return Malformed("not one question");
    }
    if (Lower(ns_rr_name(rr)) != asked_.name ||
        ns_rr_type(rr) != static_cast<int>(asked_.type) ||
        ns_rr_class(rr) != ns_c_in) {
      return CouldNotAsk("it answers another question");
    }
    return true;
  }

  bool ReadAnswers() {
    const int count = ns_msg_count(message_, ns_s_an);
    if (count > static_cast<int>(kMaxDnsRecords)) {
      return CouldNotAsk(absl::StrCat("it has ", count, " records, more than ",
                                      kMaxDnsRecords));
    }
    ns_rr rr;
    for (int i = 0; i < count; ++i) {
      if (ns_parserr(&message_, ns_s_an, i, &rr) != 0 ||
          ns_rr_class(rr) != ns_c_in) {
        return Malformed("a record of the answer section");
      }
      answers_.push_back({Lower(ns_rr_name(rr)),
                          static_cast<uint16_t>(ns_rr_type(rr)),
                          TtlOf(ns_rr_ttl(rr)), DataOf(rr)});
    }
    return true;
  }

  // The name that `data` consists of; nullopt if it is anything else.
  std::optional<std::string> NameOf(std::string_view data) const {
    char name[NS_MAXDNAME];
    const int used =
        ns_name_uncompress(ns_msg_base(message_), ns_msg_end(message_),
                           Bytes(data), name, sizeof(name));
    if (used < 0 || static_cast<size_t>(used) != data.size()) {
      return std::nullopt;
    }
    return Lower(name);
  }

  bool FollowAliases() {
    name_ = asked_.name;
    for (size_t followed = 0;; ++followed) {
      const Record* alias = nullptr;
      for (const Record& record : answers_) {
        if (record.type != ns_t_cname || record.owner != name_) continue;
        if (alias != nullptr && alias->data != record.data) {
          return Malformed("a name with two aliases");
        }
        alias = &record;
      }
      if (alias == nullptr) return true;
      if (followed == kMaxDnsAliases) {
        return CouldNotAsk("its aliases go on and on");
      }
      const std::optional<std::string> next = NameOf(alias->data);
      if (!next.has_value()) return Malformed("an alias");
      name_ = *next;
      ttl_ = std::min(ttl_, alias->ttl);
      out_.source.alias_target = name_;
    }
  }

  std::optional<std::string> ValueOf(std::string_view data) const {
    char text[INET6_ADDRSTRLEN];
    switch (asked_.type) {
      case DnsType::kA:
        if (data.size() != sizeof(in_addr)) return std::nullopt;
        return inet_ntop(AF_INET, data.data(), text, sizeof(text));
      case DnsType::kAaaa:
        if (data.size() != sizeof(in6_addr)) return std::nullopt;
        return inet_ntop(AF_INET6, data.data(), text, sizeof(text));
      case DnsType::kPtr:
        return NameOf(data);
      case DnsType::kMx: {
        if (data.size() < 2) return std::nullopt;
        const std::optional<std::string> host = NameOf(data.substr(2));
        if (!host.has_value()) return std::nullopt;
        return absl::StrCat(ns_get16(Bytes(data)), " ", *host);
      }
      case DnsType::kTxt:
        return TextOf(data);
    }
    return std::nullopt;
  }

  // RFC 1035 3.3.14: one or more strings, each after its length.
  static std::optional<std::string> TextOf(std::string_view data) {
    if (data.empty()) return std::nullopt;
    std::string text;
    mail::Cursor in(data);
    while (const std::optional<char> size = in.Next()) {
      const auto part = in.Take(static_cast<uint8_t>(*size));
      if (!part.has_value()) return std::nullopt;
      text += *part;
    }
    return text;
  }

  bool ReadValues() {
    for (const Record& record : answers_) {
      if (record.type != static_cast<uint16_t>(asked_.type)) continue;
      if (record.owner != name_) continue;
      std::optional<std::string> value = ValueOf(record.data);
      if (!value.has_value()) return Malformed("the data of a record");
      out_.values.push_back(*std::move(value));
      ttl_ = std::min(ttl_, record.ttl);
    }
    return true;
  }

  // Reads the SOA of an absence (RFC 2308 3); the name must be in its zone.
  // Also notes whether the section refers to other servers.
  bool ReadAuthority() {
    ns_rr rr;
    for (int i = 0; i < ns_msg_count(message_, ns_s_ns); ++i) {
      if (ns_parserr(&message_, ns_s_ns, i, &rr) != 0 ||
          ns_rr_class(rr) != ns_c_in) {
        return Malformed("a record of the authority section");
      }
      refers_ |= ns_rr_type(rr) == ns_t_ns;
      if (ns_rr_type(rr) != ns_t_soa) continue;
      const std::string zone = Lower(ns_rr_name(rr));
      const std::optional<uint32_t> minimum = SoaMinimum(DataOf(rr));
      if (!minimum.has_value()) return Malformed("an SOA record");
      if (!out_.source.zone.empty()) return Malformed("two SOA records");
      if (zone != name_ && !mail::IsBelow(name_, zone)) {
        return CouldNotAsk("it speaks of a zone that the name is not in");
      }
      out_.source.zone = zone;
      ttl_ = std::min({ttl_, TtlOf(ns_rr_ttl(rr)), TtlOf(*minimum)});
    }
    return true;
  }

  // The minimum of an SOA: the last of five numbers after two names (RFC 1035
  // 3.3.13).
  std::optional<uint32_t> SoaMinimum(std::string_view data) const {
    const u_char* at = Bytes(data);
    const u_char* const end = at + data.size();
    for (int names = 0; names < 2; ++names) {
      if (ns_name_skip(&at, end) != 0) return std::nullopt;
    }
    if (end - at != 5 * NS_INT32SZ) return std::nullopt;
    return static_cast<uint32_t>(ns_get32(at + 4 * NS_INT32SZ));
  }

  bool Conclude() {
    if (!out_.values.empty()) {
      if (rcode_ == ns_r_nxdomain) {
        return Malformed("it has what it says there is not");
      }
      out_.outcome = DnsMessage::Outcome::kValues;
      out_.source.ttl = ttl_;
      return true;
    }
    if (!ReadAuthority()) return false;
    const bool aliased = !out_.source.alias_target.empty();
    if (!aliased && !answers_.empty()) {
      return Malformed("answers, and none to the question");
    }
    if (rcode_ == ns_r_nxdomain) {
      out_.outcome = DnsMessage::Outcome::kNoName;
    } else {
      const bool proper = !out_.source.zone.empty();
      if (!proper && refers_) return CouldNotAsk("it refers to other servers");
      if (!proper && aliased) {
        return CouldNotAsk("it does not say what the alias leads to");
      }
      out_.outcome = DnsMessage::Outcome::kNoData;
    }
    if (!out_.source.zone.empty()) out_.source.ttl = ttl_;
    return true;
  }

  const std::string_view bytes_;
  const DnsLookup& asked_;
  ns_msg message_{};
  int rcode_ = 0;
  std::vector<Record> answers_;
  std::string name_;  // asked for, or the end of its aliases
  absl::Duration ttl_ = absl::InfiniteDuration();
  bool refers_ = false;
  DnsMessage out_;
};

}  // namespace

DnsMessage ReadDnsMessage(std::string_view bytes, const DnsLookup& asked) {
  return MessageParser(bytes, asked).Read();
}

}  // namespace mailverdict
