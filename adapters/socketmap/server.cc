#include "adapters/socketmap/server.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "adapters/socketmap/connection.h"

namespace mailverdict::socketmap {
namespace {

// So many new connections at most before the old ones are served again.
constexpr int kAcceptBatch = 64;
// How long the kernel's queue must wait when we can neither accept nor refuse.
constexpr absl::Duration kAcceptPause = absl::Milliseconds(100);

// A descriptor to give up when there is no other: see RefuseOne.
int OpenSpare() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

}  // namespace

class Server::Impl {
 public:
  Impl(EventLoop* loop, Handler handler, LogSink log,
       const ServerLimits& limits)
      : common_(loop, std::move(handler), limits, log,
                [this](Connection* connection) { Forget(connection); }),
        too_many_(log, kLogLines, kLogPeriod),
        cannot_accept_(log, kLogLines, kLogPeriod),
        log_(std::move(log)),
        spare_(OpenSpare()) {}

  ~Impl() {
    finished_ = true;
    CloseAll();
    common_.loop->Cancel(resume_);
    common_.loop->Cancel(grace_);
    if (spare_ >= 0) close(spare_);
  }

  absl::Status Listen(const std::string& address,
                      const UnixSocketOptions& options) {
    absl::StatusOr<std::vector<ListenSocket>> sockets =
        mailverdict::Listen(address, options);
    if (!sockets.ok()) return sockets.status();
    for (ListenSocket& socket : *sockets) {
      auto listener = std::make_unique<Listener>(this, std::move(socket));
      if (!listener->watch.Start()) {
        return absl::ResourceExhaustedError(absl::StrCat(
            address, ": cannot watch the socket; is memory exhausted, or the ",
            "limit of epoll watches (fs.epoll.max_user_watches)?"));
      }
      listeners_.push_back(std::move(listener));
    }
    return absl::OkStatus();
  }

  std::vector<std::string> addresses() const {
    std::vector<std::string> addresses;
    for (const auto& listener : listeners_) {
      addresses.push_back(listener->socket.address());
    }
    return addresses;
  }

  size_t connections() const { return connections_.size(); }

  void Drain(absl::Duration grace, std::function<void()> done) {
    common_.draining = true;
    done_ = std::move(done);
    listeners_.clear();
    for (const auto& connection : Snapshot()) connection->Drain();
    if (connections_.empty()) {
      Finish();
    } else {
      grace_ = common_.loop->RunAfter(grace, [this] { EndGrace(); });
    }
  }

 private:
  struct Listener {
    Listener(Impl* impl, ListenSocket listen_socket)
        : socket(std::move(listen_socket)),
          is_tcp(absl::StartsWith(socket.address(), "inet:")),
          watch(impl->common_.loop, socket.fd(), FdWatch::kReadable,
                [this, impl] { impl->OnAcceptable(*this); }) {}
    ListenSocket socket;
    const bool is_tcp;
    FdWatch watch;  // destroyed before its socket
  };

  void OnAcceptable(const Listener& listener) {
    for (int i = 0; i < kAcceptBatch && AcceptOne(listener); ++i) {
    }
  }

  // True if there may be more.
  bool AcceptOne(const Listener& listener) {
    const int fd = accept4(listener.socket.fd(), nullptr, nullptr,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      Admit(fd, listener.is_tcp);
      return true;
    }
    switch (errno) {
      case EAGAIN:
        return false;
      case EMFILE:
      case ENFILE:
        return RefuseOne(listener);
      case ENOBUFS:
      case ENOMEM:
        Pause();
        return false;
      default:
        // The connection failed while it waited (ECONNABORTED, and for TCP the
        // network's errors, accept(2)). The listener is sound.
        return true;
    }
  }

  void Admit(int fd, bool is_tcp) {
    if (connections_.size() >= common_.limits.max_connections) {
      close(fd);
      too_many_.Write(common_.loop->Now(), Severity::kError, [&] {
        return absl::StrCat("socketmap: connection refused, ",
                            connections_.size(),
                            " are open; raise max_connections");
      });
      return;
    }
    if (is_tcp) {
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      // An idle client whose host has vanished is found out by the kernel.
      setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }
    auto connection = std::make_shared<Connection>(&common_, fd);
    connections_.emplace(connection.get(), connection);
    if (!connection->Start()) connection->Close();
  }

  // Out of descriptors. A connection left in the queue would make the loop
  // spin and its MTA hang until its own timeout. Giving up the spare
  // descriptor for a moment tells the MTA at once.
  bool RefuseOne(const Listener& listener) {
    const bool process_limit = errno == EMFILE;
    int fd = -1;
    bool nobody_waits = false;  // the kernel looks for a descriptor first
    if (spare_ >= 0) {
      close(spare_);
      fd = accept4(listener.socket.fd(), nullptr, nullptr, SOCK_CLOEXEC);
      nobody_waits = fd < 0 && errno == EAGAIN;
      if (fd >= 0) close(fd);
      spare_ = OpenSpare();
    }
    if (nobody_waits) return false;
    cannot_accept_.Write(common_.loop->Now(), Severity::kError, [&] {
      return absl::StrCat(
          "socketmap: connection refused, no descriptor left; raise the ",
          process_limit ? "limit of open files (ulimit -n, LimitNOFILE=)"
                        : "system's limit (fs.file-max)");
    });
    if (fd < 0) Pause();
    return fd >= 0;
  }

  void Pause() {
    if (resume_ != 0) return;
    for (const auto& listener : listeners_) listener->watch.Stop();
    resume_ = common_.loop->RunAfter(kAcceptPause, [this] { Resume(); });
  }

  void Resume() {
    resume_ = 0;
    if (spare_ < 0) spare_ = OpenSpare();
    for (const auto& listener : listeners_) {
      if (!listener->watch.Start()) Pause();
    }
  }

  std::vector<std::shared_ptr<Connection>> Snapshot() const {
    std::vector<std::shared_ptr<Connection>> all;
    all.reserve(connections_.size());
    for (const auto& entry : connections_) all.push_back(entry.second);
    return all;
  }

  void CloseAll() {
    for (const auto& connection : Snapshot()) connection->Close();
  }

  void Forget(Connection* connection) {
    connections_.erase(connection);
    if (grace_ != 0 && connections_.empty()) Finish();
  }

  void EndGrace() {
    grace_ = 0;
    common_.ServeAll();
    if (finished_) return;
    if (log_) {
      log_(Severity::kWarning,
           absl::StrCat("socketmap: stopping with ", connections_.size(),
                        " connections unfinished"));
    }
    CloseAll();
    Finish();
  }

  void Finish() {
    common_.loop->Cancel(std::exchange(grace_, 0));
    if (std::exchange(finished_, true) || !done_) return;
    common_.loop->Post(std::move(done_));
  }

  Common common_;
  LimitedLog too_many_, cannot_accept_;
  LogSink log_;
  int spare_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  absl::flat_hash_map<Connection*, std::shared_ptr<Connection>> connections_;
  Executor::TimerId resume_ = 0;  // not 0: accepting pauses
  Executor::TimerId grace_ = 0;   // not 0: draining
  std::function<void()> done_;
  bool finished_ = false;
};

Server::Server(EventLoop* loop, Handler handler, LogSink log,
               const ServerLimits& limits)
    : impl_(std::make_unique<Impl>(loop, std::move(handler), std::move(log),
                                   limits)) {}

Server::~Server() = default;

absl::Status Server::Listen(const std::string& address,
                            const UnixSocketOptions& unix_options) {
  return impl_->Listen(address, unix_options);
}

std::vector<std::string> Server::addresses() const {
  return impl_->addresses();
}

size_t Server::connections() const { return impl_->connections(); }

void Server::Drain(absl::Duration grace, std::function<void()> done) {
  impl_->Drain(grace, std::move(done));
}

}  // namespace mailverdict::socketmap
