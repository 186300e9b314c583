// Resolves a host name periodically in the background, because a server may
// move to another address.

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

  // Calls `lookup` on a thread of its own, the first time after `every`; it may
  // block. If it gives any address, `found` is called with the addresses on
  // that thread; it must not block. ResourceExhausted if there is no thread to
  // spare.
  static absl::StatusOr<std::unique_ptr<HostWatch>> Start(std::string name,
                                                          absl::Duration every,
                                                          Lookup lookup,
                                                          Found found);
  // After it, `found` is not called. Does not wait for a lookup that is under
  // way: its thread ends by itself when the lookup does.
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
