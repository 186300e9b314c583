#include "adapters/server/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "adapters/server/acceptor.h"
#include "adapters/server/connection.h"
#include "lib/loop/timer.h"

namespace mailverdict::server {
namespace {

// So many new connections at most before the old ones are served again.
constexpr int kAcceptBatch = 64;

Acceptor::Options AcceptorOptions(const std::string& name,
                                  const Limits& limits) {
  Acceptor::Options options;
  options.name = name;
  options.max_connections = limits.max_connections;
  options.limit_setting = "max_connections";
  options.nonblocking = true;
  return options;
}

}  // namespace

class Server::Impl {
 public:
  Impl(EventLoop* loop, std::string name, CodecFactory make_codec, LogSink log,
       const Limits& limits)
      : context_(loop, std::move(name), std::move(make_codec), limits, log,
                 [this](Connection* connection) { Forget(connection); }),
        acceptor_(AcceptorOptions(context_.name, limits), log),
        log_(std::move(log)),
        resume_(loop),
        grace_(loop) {}

  ~Impl() {
    finished_ = true;
    CloseAll();
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
    context_.draining = true;
    done_ = std::move(done);
    // Closing a listening socket resets the connections that wait in it, and
    // their requests may have arrived. One round is enough: what comes later
    // is a client that connects to a server that ends.
    for (const auto& listener : listeners_) {
      if (listener->socket.inherited()) continue;
      for (int i = 0; i < kListenBacklog && AcceptOne(*listener); ++i) {
      }
    }
    listeners_.clear();
    resume_.Cancel();
    for (const auto& connection : Snapshot()) connection->Drain();
    if (connections_.empty()) {
      Finish();
    } else {
      grace_.Set(grace, [this] { EndGrace(); });
    }
  }

 private:
  struct Listener {
    Listener(Impl* impl, ListenSocket listen_socket)
        : socket(std::move(listen_socket)),
          is_tcp(absl::StartsWith(socket.address(), "inet:")),
          watch(impl->context_.loop, socket.fd(), FdWatch::kReadable,
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
    int fd = -1;
    switch (acceptor_.AcceptOne(listener.socket.fd(), connections_.size(),
                                context_.loop->Now(), &fd)) {
      case Acceptor::Outcome::kAccepted:
        Admit(fd, listener.is_tcp);
        return true;
      case Acceptor::Outcome::kRefused:
        return true;
      case Acceptor::Outcome::kNone:
        return false;
      case Acceptor::Outcome::kPause:
      case Acceptor::Outcome::kBroken:
        Pause();
        return false;
    }
    return false;
  }

  void Admit(int fd, bool is_tcp) {
    if (is_tcp) {
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      // An idle client whose host has vanished is found out by the kernel.
      setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }
    auto connection = std::make_shared<Connection>(&context_, fd);
    connections_.emplace(connection.get(), connection);
    if (!connection->Start()) connection->Close();
  }

  void Pause() {
    for (const auto& listener : listeners_) listener->watch.Stop();
    resume_.Set(Acceptor::kPauseLength, [this] { Resume(); });
  }

  void Resume() {
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
    if (grace_.pending() && connections_.empty()) Finish();
  }

  void EndGrace() {
    if (log_) {
      log_(Severity::kWarning,
           absl::StrCat(context_.name, ": stopping with ", connections_.size(),
                        " connections unfinished"));
    }
    CloseAll();
    Finish();
  }

  void Finish() {
    grace_.Cancel();
    if (std::exchange(finished_, true) || !done_) return;
    context_.loop->Post(std::move(done_));
  }

  ServerContext context_;
  Acceptor acceptor_;
  LogSink log_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  absl::flat_hash_map<Connection*, std::shared_ptr<Connection>> connections_;
  Timer resume_;  // pending: accepting pauses
  Timer grace_;   // pending: draining
  std::function<void()> done_;
  bool finished_ = false;
};

Server::Server(EventLoop* loop, std::string name, CodecFactory make_codec,
               LogSink log, const Limits& limits)
    : impl_(std::make_unique<Impl>(loop, std::move(name), std::move(make_codec),
                                   std::move(log), limits)) {}

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

}  // namespace mailverdict::server
