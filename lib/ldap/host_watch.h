// Resolves a host name again and again in the background, because a server may
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
  // The time from the end of one lookup to the beginning of the next.
  static constexpr absl::Duration kEvery = absl::Seconds(60);

  using Lookup = std::function<HostAddresses(const std::string& name)>;
  using Found = std::function<void(HostAddresses)>;

  // Starts a thread that calls `lookup`, the first time after `every`. `lookup`
  // may block. If it returns an address, the thread calls `found` with all
  // addresses. `found` must not block. ResourceExhausted: the thread could not
  // be started.
  static absl::StatusOr<std::unique_ptr<HostWatch>> Start(std::string name,
                                                          absl::Duration every,
                                                          Lookup lookup,
                                                          Found found);
  // `found` is not called after this. Does not wait for a lookup that is under
  // way: the thread ends by itself after the lookup.
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
