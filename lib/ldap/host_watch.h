// Looks a host name up again and again, in the background: a server may move.

#ifndef MAILVERDICT_LIB_LDAP_HOST_WATCH_H_
#define MAILVERDICT_LIB_LDAP_HOST_WATCH_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/ldap/host_addresses.h"

namespace mailverdict {

class HostWatch {
 public:
  // From the end of one lookup to the next.
  static constexpr absl::Duration kEvery = absl::Seconds(60);

  using Lookup = std::function<HostAddresses(const std::string& name)>;
  using Found = std::function<void(HostAddresses)>;

  // Calls `lookup`, which may block, on a thread of its own, and `found`, which
  // may not, with what it gives, if that is any address. The first time after
  // `every`. ResourceExhausted if there is no thread to spare.
  static absl::StatusOr<std::unique_ptr<HostWatch>> Start(std::string name,
                                                          absl::Duration every,
                                                          Lookup lookup,
                                                          Found found);
  // From then on `found` is not called. Does not wait for a lookup: its thread
  // is left to find out by itself that it is no longer wanted.
  ~HostWatch();
  HostWatch(const HostWatch&) = delete;
  HostWatch& operator=(const HostWatch&) = delete;

 private:
  struct Shared;

  HostWatch(std::shared_ptr<Shared> shared, std::thread thread)
      : shared_(std::move(shared)), thread_(std::move(thread)) {}

  const std::shared_ptr<Shared> shared_;  // with the thread
  std::thread thread_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_HOST_WATCH_H_
