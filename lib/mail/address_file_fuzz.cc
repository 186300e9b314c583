// Properties of every file that ParseAddressFile accepts.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/mail/address.h"
#include "lib/mail/address_file.h"
#include "lib/mail/domain.h"
#include "tests/fuzz/require.h"

namespace mailverdict::mail {
namespace {

// Puts the local part in quotes, so that nothing in it is a pattern.
std::string Quote(std::string_view local) {
  std::string escaped;
  for (char c : local) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return '"' + escaped + '"';
}

// Writes a file with the same entries, one on each line.
std::string Write(const AddressFile& file) {
  std::string text;
  for (const std::string& written : file.addresses) {
    const Address address = *ParseAddress(written);
    text += Quote(address.local()) + "@" + address.domain() + "\ttarget\n";
  }
  for (const std::string& local : file.local_parts) {
    text += Quote(local) + "\ttarget\n";
  }
  for (const NamePattern& pattern : file.patterns) {
    if (pattern.text.back() == '+') continue;  // "user+*" names user, too
    text += pattern.ToString() + "\ttarget\n";
  }
  for (const std::string& domain : file.catch_all) {
    text += "@" + domain + "\ttarget\r\n";
  }
  return text;
}

void RequireCanonical(const AddressFile& file) {
  for (const std::string& text : file.addresses) {
    const absl::StatusOr<Address> address = ParseAddress(text);
    Require(address.ok() && !address->domain().empty(), "an address is one");
    Require(address->ToString() == text, "an address is canonical");
  }
  for (const std::string& domain : file.catch_all) {
    const absl::StatusOr<std::string> canonical = CanonicalDomain(domain);
    Require(canonical.ok() && *canonical == domain, "a domain is canonical");
  }
  for (const std::string& local : file.local_parts) {
    Require(!local.empty(), "a local part is not empty");
  }
}

void Examine(std::string_view text) {
  const absl::StatusOr<AddressFile> file = ParseAddressFile(text, "f");
  if (!file.ok()) {
    Require(absl::IsInvalidArgument(file.status()), "InvalidArgument");
    const std::string message(file.status().message());
    Require(message.rfind("f:", 0) == 0, "an error names the file");
    Require(message.find("; ") != std::string::npos, "an error says a remedy");
    return;
  }
  RequireCanonical(*file);
  const size_t lines =
      1 + static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  const size_t entries = file->addresses.size() + file->local_parts.size() +
                         file->catch_all.size() + file->patterns.size();
  Require(entries <= 3 * lines, "a line is one entry, or three for '++'");
  Require(file->warnings.size() <= 2, "a file has two warnings at most");
  const absl::StatusOr<AddressFile> again = ParseAddressFile(Write(*file), "g");
  Require(again.ok(), "what was written can be read");
  Require(again->local_parts == file->local_parts, "the same local parts");
  Require(again->addresses == file->addresses, "the same addresses");
  Require(again->catch_all == file->catch_all, "the same catch-alls");
}

}  // namespace
}  // namespace mailverdict::mail

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mailverdict::mail::Examine({reinterpret_cast<const char*>(data), size});
  return 0;
}
