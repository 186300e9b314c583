// What holds for every file that ParseAddressFile takes.

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "lib/mail/address.h"
#include "lib/mail/address_file.h"
#include "lib/mail/domain.h"
#include "tests/fuzzing/require.h"

namespace mailverdict::mail {
namespace {

// A file that says the same, one entry a line.
std::string Write(const AddressFile& file) {
  std::string text;
  for (const std::string& address : file.addresses) text += address + "\n";
  for (const std::string& local : file.local_parts) {
    std::string escaped;
    for (char c : local) {
      if (c == '"' || c == '\\') escaped += '\\';
      escaped += c;
    }
    text += '"' + escaped + "\": target\n";
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
                         file->catch_all.size();
  Require(entries <= 2 * lines, "a line is one entry, or two for '++'");
  const absl::StatusOr<AddressFile> again = ParseAddressFile(Write(*file), "g");
  Require(again.ok(), "what was written can be read");
  Require(again->local_parts == file->local_parts, "the same local parts");
  // As a set: an entry such as *++@example.org is both an address, which is
  // wild when it is read again, and a catch-all.
  Require(
      std::set<std::string>(again->catch_all.begin(), again->catch_all.end()) ==
          std::set<std::string>(file->catch_all.begin(), file->catch_all.end()),
      "the same catch-alls");
}

}  // namespace
}  // namespace mailverdict::mail

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mailverdict::mail::Examine({reinterpret_cast<const char*>(data), size});
  return 0;
}
