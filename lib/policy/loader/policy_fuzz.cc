// LoadPolicy for any text. The input is the policy up to the first NUL, then
// the contents of every file that the policy names.

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "lib/policy/loader/loader.h"
#include "tests/fuzz/require.h"

namespace {

using mailverdict::Require;

// Each line must be "file:line:column: ...".
void RequireMessage(absl::string_view line) {
  Require(absl::ConsumePrefix(&line, "policy:"));
  for (int i = 0; i < 2; ++i) {
    const size_t digits = line.find(':');
    Require(digits != line.npos && digits > 0 &&
            line.substr(0, digits).find_first_not_of("0123456789") ==
                line.npos &&
            line[0] != '0');
    line.remove_prefix(digits + 1);
  }
  Require(line.size() > 1 && line[0] == ' ');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t nul = input.find('\0');
  const std::string_view text = input.substr(0, nul);
  const auto read =
      [&](const std::string& path) -> absl::StatusOr<std::string> {
    Require(!path.empty() && path[0] == '/');
    if (nul == input.npos) return absl::NotFoundError("no such file");
    return std::string(input.substr(nul + 1));
  };
  const auto loaded = mailverdict::LoadPolicy(text, "policy", read);
  if (!loaded.ok()) {
    Require(absl::IsInvalidArgument(loaded.status()));
    for (absl::string_view line :
         absl::StrSplit(loaded.status().message(), '\n')) {
      RequireMessage(line);
    }
    return 0;
  }
  for (const std::string& warning : loaded->warnings) RequireMessage(warning);
  // Properties that the rest of the code relies on.
  const mailverdict::Policy& policy = loaded->policy;
  Require(policy.deadline > absl::ZeroDuration());
  for (const auto& directory : policy.directories) {
    Require(!directory.filter.arms().empty());
    for (const auto& arm : directory.filter.arms()) {
      Require(directory.filter.FindArm(arm.name) == &arm);
    }
    for (const auto& control : directory.controls) {
      Require(directory.filter.FindArm(control.arm) != nullptr);
      Require(!directory.filter.Expand(control.address, control.arm).empty());
    }
  }
  for (const auto& check : policy.checks) {
    const auto* dnsbl = std::get_if<mailverdict::DnsblCheckPolicy>(&check);
    if (dnsbl == nullptr) continue;
    Require(!dnsbl->lists.empty() && dnsbl->threshold > 0);
    Require(dnsbl->budget < policy.deadline);
    for (const auto& list : dnsbl->lists) {
      Require(!list.zone.empty());
      Require(policy.FindListOfName("test." + list.zone) == &list);
    }
  }
  for (const auto& realm : policy.realms) {
    Require(realm.catch_all ==
            (policy.FindDirectory(realm.directory) == nullptr));
  }
  return 0;
}
