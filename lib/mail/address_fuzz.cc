// Properties of every text that ParseAddress accepts.

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "lib/mail/address.h"
#include "lib/mail/bytes.h"
#include "lib/mail/domain.h"
#include "tests/fuzz/require.h"

namespace mailverdict::mail {
namespace {

Address MustParse(std::string_view text) {
  absl::StatusOr<Address> address = ParseAddress(text);
  Require(address.ok(), "what was written can be read");
  return *std::move(address);
}

// Parses a spelling. If it cannot be parsed as it is, its local part needs
// quotes.
Address ReadSpelling(const std::string& spelling) {
  if (absl::StatusOr<Address> a = ParseAddress(spelling); a.ok()) return *a;
  const size_t at = spelling.rfind('@');
  const size_t end = at == std::string::npos ? spelling.size() : at;
  const std::string local = spelling.substr(0, end);
  Require(local.find_first_of("\"\\") == std::string::npos,
          "a spelling that cannot be read lacks nothing but quotes");
  return MustParse('"' + local + '"' + spelling.substr(end));
}

void RequireGoodSpellings(const Address& address, const char* delimiters) {
  const std::vector<Address> forms = address.TagForms(delimiters);
  Require(forms.size() <= kMaxTagForms, "at most eight forms");
  Require(forms[0] == address, "the address itself first");
  const std::vector<std::string> all = address.Spellings(delimiters);
  Require(all.size() <= kMaxSpellings, "at most so many spellings");
  Require(std::set<std::string>(all.begin(), all.end()).size() == all.size(),
          "no spelling twice");
  Require(all.empty() == address.null(), "only <> has no spelling");
  Require(all.empty() || all[0] == address.ToString(), "canonical one first");
  // The U-label of an emoji is for directories only; ParseAddress refuses it.
  const bool odd = FindOddALabel(address.domain()).has_value();
  for (const std::string& spelling : all) {
    const std::string_view domain =
        std::string_view(spelling).substr(spelling.rfind('@') + 1);
    if (odd && !IsAscii(domain)) continue;
    // A spelling near the limit has no room for the quotes.
    if (spelling.size() + 2 > kMaxAddressBytes) continue;
    const Address read = ReadSpelling(spelling);
    Require(std::find(forms.begin(), forms.end(), read) != forms.end(),
            "a spelling names the mailbox, with its tag or without");
  }
}

void Examine(std::string_view text) {
  const absl::StatusOr<Address> address = ParseAddress(text);
  if (!address.ok()) {
    Require(absl::IsInvalidArgument(address.status()), "InvalidArgument");
    return;
  }
  const std::string written = address->ToString();
  const Address again = MustParse(written);
  Require(again == *address, "writing and reading gives an equal address");
  Require(again.ToString() == written, "the canonical form is its own");
  const std::string path = address->null() ? "<>" : '<' + written + '>';
  if (path.size() <= kMaxAddressBytes) {
    Require(MustParse(path) == again, "brackets change nothing");
  }
  Require(address->local().empty() == address->null(), "only <> has no local");
  RequireGoodSpellings(*address, "+");
  RequireGoodSpellings(*address, "-=+.");
  RequireGoodSpellings(*address, "");
}

}  // namespace
}  // namespace mailverdict::mail

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mailverdict::mail::Examine({reinterpret_cast<const char*>(data), size});
  return 0;
}
