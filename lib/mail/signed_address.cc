#include "lib/mail/signed_address.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "lib/mail/cursor.h"
#include "lib/mail/domain.h"

namespace mailverdict::mail {
namespace {

// The lengths of a BATV tag: KDDD or DDD, then SSSSSS.
constexpr size_t kHashDigits = 6;
constexpr size_t kMinBatvTag = 3 + kHashDigits;
constexpr size_t kMaxBatvTag = 4 + kHashDigits;
// The longest tag of other products; more than any of them uses.
constexpr size_t kMaxTag = 32;
// SHA-1 in base64 has 27 characters, SHA-256 has 43. Usually only a few of them
// are written.
constexpr size_t kMaxSrsHash = 64;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }
bool IsAlnum(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c));
}
bool IsTagByte(char c) { return IsAlnum(c) || c == '-' || c == '_'; }
bool IsBase64(char c) { return IsAlnum(c) || c == '+' || c == '/'; }
bool IsBase32(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
}
bool IsSeparator(char c) { return c == '=' || c == '+' || c == '-'; }

bool IsBatvTag(std::string_view tag) {
  if (tag.size() < kMinBatvTag || tag.size() > kMaxBatvTag) return false;
  const std::string_view day = tag.substr(0, tag.size() - kHashDigits);
  return std::all_of(day.begin(), day.end(), IsDigit) &&
         std::all_of(tag.begin(), tag.end(), IsHex);
}

// Skips a tag and `end`, and returns the rest; "" if there is no tag.
template <typename Predicate>
std::string_view AfterTag(Cursor in, Predicate of_tag, std::string_view end) {
  const std::string_view tag = in.TakeWhile(of_tag);
  if (tag.empty() || tag.size() > kMaxTag || !in.Skip(end)) return {};
  return in.rest();
}

// Reads "KDDDSSSSSS=user" and "user=KDDDSSSSSS". A user may contain '=' and may
// look like a tag, so both can match.
std::vector<std::string_view> OfPrvs(std::string_view text) {
  std::vector<std::string_view> found;
  const size_t first = text.find('=');
  const size_t last = text.rfind('=');
  if (first == text.npos) return found;
  if (IsBatvTag(text.substr(0, first)) && first + 1 < text.size()) {
    found.push_back(text.substr(first + 1));
  }
  if (last > 0 && IsBatvTag(text.substr(last + 1))) {
    found.push_back(text.substr(0, last));
  }
  return found;
}

std::vector<std::string_view> BatvLocals(std::string_view local) {
  Cursor in(local);
  if (in.Skip("prvs=")) return OfPrvs(in.rest());
  std::string_view user;
  if (in.Skip("btv1==")) {
    user = AfterTag(in, IsAlnum, "==");
  } else if (in.Skip("msprvs1=")) {
    user = AfterTag(in, IsTagByte, "=");
  }
  if (user.empty()) return {};
  return {user};
}

bool SkipHash(Cursor& in) {
  const size_t size = in.TakeWhile(IsBase64).size();
  return size > 0 && size <= kMaxSrsHash && in.Skip('=');
}

bool SkipDomain(Cursor& in) {
  const std::string_view domain = in.TakeWhile([](char c) { return c != '='; });
  return CanonicalDomain(domain).ok() && in.Skip('=');
}

// "HASH=TT=domain=user"
bool SkipSrs0(Cursor& in) {
  return SkipHash(in) && in.TakeWhile(IsBase32).size() == 2 && in.Skip('=') &&
         SkipDomain(in) && !in.done();
}

bool SkipSeparator(Cursor& in) {
  const std::optional<char> c = in.Next();
  return c.has_value() && IsSeparator(*c);
}

}  // namespace

std::vector<Address> BatvMailboxes(const Address& address) {
  std::vector<Address> mailboxes;
  for (const std::string_view local : BatvLocals(address.local())) {
    mailboxes.push_back(address.WithLocal(local));
  }
  return mailboxes;
}

bool IsSrs(std::string_view local) {
  Cursor in(local);
  if (in.Skip("srs0")) return SkipSeparator(in) && SkipSrs0(in);
  return in.Skip("srs1") && SkipSeparator(in) && SkipHash(in) &&
         SkipDomain(in) && SkipSeparator(in) && SkipSrs0(in);
}

}  // namespace mailverdict::mail
