#include "lib/policy/loader/overrides_reader.h"

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "lib/policy/loader/values.h"

namespace mailverdict {
namespace {

absl::StatusOr<absl::Duration> ReadNamed(std::string_view name,
                                         std::string_view text,
                                         std::string_view example) {
  absl::StatusOr<absl::Duration> duration = ReadDuration(text, example);
  if (duration.ok()) return duration;
  return absl::InvalidArgumentError(
      absl::StrCat(absl::string_view(name.data(), name.size()), " ",
                   duration.status().message()));
}

}  // namespace

absl::StatusOr<absl::Duration> ReadGrace(std::string_view text) {
  return ReadNamed("grace", text, "72h");
}

absl::StatusOr<VanishLimit> ReadVanishLimit(std::string_view text) {
  const size_t slash = text.find('/');
  uint32_t vanished = 0;
  if (slash == std::string_view::npos ||
      !absl::SimpleAtoi(absl::string_view(text.data(), slash), &vanished)) {
    return absl::InvalidArgumentError(
        "vanished is a number and a time, as in \"5/10m\": held when more than "
        "5 have vanished within 10 minutes");
  }
  if (const Complaint complaint = CheckHoldVanished(vanished)) {
    return absl::InvalidArgumentError(absl::StrCat("vanished ", *complaint));
  }
  const absl::StatusOr<absl::Duration> within =
      ReadNamed("within", text.substr(slash + 1), "10m");
  if (!within.ok()) return within.status();
  return VanishLimit{static_cast<int>(vanished), *within};
}

}  // namespace mailverdict
