#include "lib/core/packed_answer.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

namespace mailverdict {
namespace {

// Writes seven bits in each byte, the lowest first. The eighth bit of a byte
// says that another byte follows.
void AppendNumber(uint64_t number, std::string* out) {
  for (; number >= 0x80; number >>= 7) {
    out->push_back(static_cast<char>(number | 0x80));
  }
  out->push_back(static_cast<char>(number));
}

void AppendText(std::string_view text, std::string* out) {
  AppendNumber(text.size(), out);
  out->append(text);
}

// Many values repeat one of the lookup's spellings. Of such a value only the
// spelling's index is written, as 2 * index + 1. Any other value is written as
// 2 * size and its bytes.
void AppendValue(const std::string& value,
                 const std::vector<std::string>& spellings, std::string* out) {
  const auto at = std::find(spellings.begin(), spellings.end(), value);
  if (at != spellings.end()) {
    AppendNumber(2 * static_cast<uint64_t>(at - spellings.begin()) + 1, out);
  } else {
    AppendNumber(2 * uint64_t{value.size()}, out);
    out->append(value);
  }
}

// ToUnixNanos gives the least and the greatest number for the infinite times.
uint64_t NumberOf(absl::Time time) {
  return static_cast<uint64_t>(absl::ToUnixNanos(time));
}

absl::Time TimeOf(uint64_t number) {
  for (const absl::Time end : {absl::InfinitePast(), absl::InfiniteFuture()}) {
    if (number == NumberOf(end)) return end;
  }
  return absl::FromUnixNanos(static_cast<int64_t>(number));
}

// Reads what the functions above have written.
class Reader {
 public:
  explicit Reader(const char* at) : at_(at) {}

  uint64_t Number() {
    uint64_t number = 0;
    int shift = 0;
    for (; (*at_ & 0x80) != 0; shift += 7) number |= Bits() << shift;
    return number | Bits() << shift;
  }
  std::string_view Bytes(uint64_t size) {
    return {std::exchange(at_, at_ + size), size};
  }
  std::string_view Text() { return Bytes(Number()); }
  std::string Value(const std::vector<std::string>& spellings) {
    const uint64_t number = Number();
    return number % 2 == 1 ? spellings[number / 2]
                           : std::string(Bytes(number / 2));
  }

 private:
  uint64_t Bits() { return static_cast<uint64_t>(*at_++) & 0x7f; }

  const char* at_;
};

// The first byte of a key: what kind of lookup it is.
constexpr char kMailbox = 'm';
constexpr char kDns = 'd';

Lookup ReadKey(std::string_view key) {
  Reader in(key.data() + 1);
  if (key.front() == kDns) {
    DnsLookup lookup;
    const uint64_t type = in.Number();
    lookup.type = static_cast<DnsType>(type / 2);
    lookup.with_controls = type % 2 != 0;
    lookup.name = in.Text();
    return lookup;
  }
  MailboxLookup lookup;
  lookup.directory = in.Text();
  lookup.arm = in.Text();
  lookup.spellings.resize(in.Number());
  for (std::string& spelling : lookup.spellings) spelling = in.Text();
  return lookup;
}

std::string KeyOfEither(const Lookup& lookup) {
  if (const auto* dns = std::get_if<DnsLookup>(&lookup)) {
    return PackedAnswer::KeyOf(*dns);
  }
  return PackedAnswer::KeyOf(std::get<MailboxLookup>(lookup));
}

// The spellings that a value may refer to; none for a DNS lookup.
const std::vector<std::string>& SpellingsOf(const Lookup& lookup) {
  static const std::vector<std::string> none;
  const auto* mailbox = std::get_if<MailboxLookup>(&lookup);
  return mailbox == nullptr ? none : mailbox->spellings;
}

// One number holds the state and the absence: state + kStates * absence.
constexpr uint64_t kStates = 3;

}  // namespace

std::string PackedAnswer::KeyOf(const MailboxLookup& lookup) {
  std::string key(1, kMailbox);
  AppendText(lookup.directory, &key);
  AppendText(lookup.arm, &key);
  AppendNumber(lookup.spellings.size(), &key);
  for (const std::string& spelling : lookup.spellings) {
    AppendText(spelling, &key);
  }
  return key;
}

std::string PackedAnswer::KeyOf(const DnsLookup& lookup) {
  std::string key(1, kDns);
  AppendNumber(
      static_cast<uint64_t>(lookup.type) * 2 + (lookup.with_controls ? 1 : 0),
      &key);
  AppendText(lookup.name, &key);
  return key;
}

PackedAnswer::PackedAnswer(const Answer& answer) {
  const std::vector<std::string>& spellings = SpellingsOf(answer.lookup());
  const Origin& origin = answer.origin();
  std::string bytes;
  AppendText(KeyOfEither(answer.lookup()), &bytes);
  AppendNumber(static_cast<uint64_t>(answer.state()) +
                   kStates * static_cast<uint64_t>(answer.absence()),
               &bytes);
  AppendNumber(answer.values().size(), &bytes);
  for (const std::string& value : answer.values()) {
    AppendValue(value, spellings, &bytes);
  }
  AppendText(answer.reason(), &bytes);
  AppendText(origin.server, &bytes);
  AppendNumber(origin.connection, &bytes);
  AppendNumber(origin.exchange, &bytes);
  const uint64_t sent = NumberOf(origin.sent);
  AppendNumber(sent, &bytes);
  AppendNumber(NumberOf(origin.received) - sent,
               &bytes);  // may wrap around
  AppendText(answer.vouched_by(), &bytes);
  AppendNumber(answer.data_->needs_confirmation ? 1 : 0, &bytes);
  AppendText(answer.data_->confirmed_by, &bytes);
  if (std::holds_alternative<DnsLookup>(answer.lookup())) {
    const DnsSource& dns = answer.dns();
    AppendNumber(static_cast<uint64_t>(absl::ToInt64Seconds(dns.ttl)), &bytes);
    AppendText(dns.alias_target, &bytes);
    AppendText(dns.zone, &bytes);
  }

  auto exact = std::make_unique<char[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), exact.get());
  bytes_ = std::move(exact);
}

std::string_view PackedAnswer::key() const {
  return Reader(bytes_.get()).Text();
}

AnswerState PackedAnswer::state() const {
  Reader in(bytes_.get());
  in.Text();
  return static_cast<AnswerState>(in.Number() % kStates);
}

Answer PackedAnswer::Unpack() const {
  Reader in(bytes_.get());
  Report report;
  report.lookup = ReadKey(in.Text());
  const uint64_t state = in.Number();
  report.state = static_cast<AnswerState>(state % kStates);
  report.absence = static_cast<Absence>(state / kStates);
  report.values.resize(in.Number());
  const std::vector<std::string>& spellings = SpellingsOf(report.lookup);
  for (std::string& value : report.values) value = in.Value(spellings);
  report.reason = in.Text();
  report.origin.server = in.Text();
  report.origin.connection = in.Number();
  report.origin.exchange = in.Number();
  const uint64_t sent = in.Number();
  report.origin.sent = TimeOf(sent);
  report.origin.received = TimeOf(sent + in.Number());
  Answer::Data data;
  data.report = std::move(report);
  data.vouched_by = in.Text();
  data.needs_confirmation = in.Number() != 0;
  data.confirmed_by = in.Text();
  if (std::holds_alternative<DnsLookup>(data.report.lookup)) {
    DnsSource& dns = data.report.dns;
    dns.ttl = absl::Seconds(in.Number());
    dns.alias_target = in.Text();
    dns.zone = in.Text();
  }
  return Answer(std::move(data));
}

}  // namespace mailverdict
