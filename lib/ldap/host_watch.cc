#include "lib/ldap/host_watch.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "lib/loop/start_thread.h"

namespace mailverdict {

struct HostWatch::Shared {
  Shared(std::string name, absl::Duration every, Lookup lookup, Found found)
      : name(std::move(name)),
        every(every),
        lookup(std::move(lookup)),
        found(std::move(found)) {}

  const std::string name;
  const absl::Duration every;
  const Lookup lookup;
  const Found found;

  std::mutex mutex;  // guards the next two; `found` is called under it
  bool looking = false;
  bool stop = false;
  std::condition_variable stopped;

  void Run() {
    std::unique_lock<std::mutex> lock(mutex);
    while (!stopped.wait_for(lock, absl::ToChronoMilliseconds(every),
                             [this] { return stop; })) {
      looking = true;
      lock.unlock();
      HostAddresses addresses = lookup(name);
      lock.lock();
      looking = false;
      if (!stop && !addresses.empty()) found(std::move(addresses));
    }
  }
};

absl::StatusOr<std::unique_ptr<HostWatch>> HostWatch::Start(
    std::string name, absl::Duration every, Lookup lookup, Found found) {
  auto shared = std::make_shared<Shared>(std::move(name), every,
                                         std::move(lookup), std::move(found));
  absl::StatusOr<std::thread> thread = StartThread([shared] { shared->Run(); });
  if (!thread.ok()) return thread.status();
  return std::unique_ptr<HostWatch>(
      new HostWatch(std::move(shared), *std::move(thread)));
}

HostWatch::~HostWatch() {
  bool looking;
  {
    const std::lock_guard<std::mutex> lock(shared_->mutex);
    shared_->stop = true;
    looking = shared_->looking;
  }
  shared_->stopped.notify_one();
  if (looking) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

}  // namespace mailverdict
