// The daemon's part of a policy file: whatever the text, an error names a
// place, and a policy that is accepted keeps what the daemon takes for granted.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "adapters/daemon/daemon_policy.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using mailverdict::Require;
  const auto read = [](const std::string&) -> absl::StatusOr<std::string> {
    return absl::NotFoundError("no such file");
  };
  const auto loaded =
      mailverdict::LoadDaemonPolicy(mailverdict::Bytes(data, size), "policy",
                                    read, mailverdict::ParsedLists(read));
  if (!loaded.ok()) {
    Require(absl::IsInvalidArgument(loaded.status()));
    return 0;
  }
  const mailverdict::DaemonPolicy& daemon = loaded->daemon;
  Require(daemon.max_connections > 0);
  Require(daemon.max_list_loss_percent >= 0 &&
          daemon.max_list_loss_percent <= 100);
  Require(daemon.history.max_entries > 0);
  int milters = 0;
  for (const mailverdict::Listener& listener : daemon.listeners) {
    using Protocol = mailverdict::Listener::Protocol;
    const bool is_unix = listener.address.rfind("unix:/", 0) == 0;
    Require(is_unix || listener.address.rfind("inet:", 0) == 0);
    Require(is_unix || listener.protocol != Protocol::kAdmin);
    Require(listener.mode >= 0 && listener.mode <= 0777);
    milters += listener.protocol == Protocol::kMilter;
  }
  Require(milters <= 1);
  return 0;
}
