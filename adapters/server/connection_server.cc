#include "adapters/server/connection_server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <iterator>
#include <list>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "adapters/server/acceptor.h"
#include "lib/loop/deadline.h"

namespace mailverdict::server {
namespace {

constexpr size_t kStackBytes = 256 * 1024;

Acceptor::Options AcceptorOptions(const ConnectionServerOptions& options) {
  Acceptor::Options result;
  result.name = options.address;
  result.max_connections = options.max_connections;
  result.refusal = options.refusal;
  return result;
}

bool Readable(int fd, Deadline deadline) {
  pollfd wanted{fd, POLLIN, 0};
  return poll(&wanted, 1, deadline.PollTimeout()) > 0;
}

// Belongs to the thread that accepts. The threads of connections use their
// Connection, `serve_`, `stop_fd_`, `ended_fd_` and `mutex_` only.
class ConnectionServer {
 public:
  ConnectionServer(const ConnectionServerOptions& options, int stop_fd,
                   const LogSink& log, const ServeConnection& serve)
      : options_(options),
        stop_fd_(stop_fd),
        serve_(serve),
        log_(log),
        acceptor_(AcceptorOptions(options), log),
        no_thread_(log, kLogLines, kLogPeriod),
        ended_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~ConnectionServer() {
    if (ended_fd_ >= 0) close(ended_fd_);
  }
  ConnectionServer(const ConnectionServer&) = delete;

  absl::Status Run() {
    if (ended_fd_ < 0) return absl::ErrnoToStatus(errno, "eventfd");
    absl::Status status;
    {
      absl::StatusOr<std::vector<ListenSocket>> sockets =
          Listen(options_.address, options_.unix_options);
      if (!sockets.ok()) return sockets.status();
      status = AcceptAll(*sockets);
    }  // the sockets are closed: new clients are refused at once
    Drain();
    return status;
  }

 private:
  struct Connection {
    ConnectionServer* server;
    int fd;  // -1 when it has ended; written behind mutex_, by its thread
    pthread_t thread;
  };

  absl::Status AcceptAll(const std::vector<ListenSocket>& sockets) {
    std::vector<pollfd> fds;
    for (const ListenSocket& socket : sockets) {
      fds.push_back({socket.fd(), POLLIN, 0});
    }
    fds.push_back({ended_fd_, POLLIN, 0});
    fds.push_back({stop_fd_, POLLIN, 0});
    for (;;) {
      if (poll(fds.data(), fds.size(), -1) < 0) {
        if (errno == EINTR) continue;
        return absl::ErrnoToStatus(errno, "poll");
      }
      if (fds.back().revents != 0) return absl::OkStatus();
      JoinEnded();
      for (size_t i = 0; i < sockets.size(); ++i) {
        if (fds[i].revents == 0) continue;
        const int error = Accept(fds[i].fd);
        if (error != 0) return absl::ErrnoToStatus(error, options_.address);
      }
    }
  }

  // One connection. An error is one that accept(2) will not get over.
  int Accept(int listen_fd) {
    int fd = -1;
    switch (
        acceptor_.AcceptOne(listen_fd, connections_.size(), absl::Now(), &fd)) {
      case Acceptor::Outcome::kAccepted:
        Take(fd);
        return 0;
      case Acceptor::Outcome::kRefused:
      case Acceptor::Outcome::kNone:
        return 0;
      case Acceptor::Outcome::kPause:
        Pause();
        return 0;
      case Acceptor::Outcome::kBroken:
        break;
    }
    return errno;
  }

  void Pause() { Readable(stop_fd_, Deadline::After(Acceptor::kPauseLength)); }

  void Take(int fd) {
    connections_.push_back({this, fd, {}});
    const int error = StartThread(&connections_.back());
    if (error == 0) return;
    connections_.pop_back();
    acceptor_.Refuse(fd);
    no_thread_.Write(absl::Now(), Severity::kError, [&] {
      return absl::StrCat(
          options_.address,
          ": connection refused, cannot start a thread: ", strerror(error));
    });
    Pause();
  }

  // Signals stay with the threads that were there before.
  static int StartThread(Connection* connection) {
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0) return error;
    pthread_attr_setstacksize(&attributes, kStackBytes);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&connection->thread, &attributes, &RunThread,
                           connection);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_attr_destroy(&attributes);
    return error;
  }

  static void* RunThread(void* connection) {
    static_cast<Connection*>(connection)
        ->server->Serve(static_cast<Connection*>(connection));
    return nullptr;
  }

  void Serve(Connection* connection) {
    serve_(connection->fd, stop_fd_);
    const std::lock_guard<std::mutex> lock(mutex_);
    close(connection->fd);
    connection->fd = -1;
    const uint64_t one = 1;
    (void)!write(ended_fd_, &one, sizeof one);  // full means readable, too
  }

  void JoinEnded() {
    uint64_t count;
    (void)!read(ended_fd_, &count, sizeof count);
    std::list<Connection> ended;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (auto it = connections_.begin(); it != connections_.end();) {
        const auto next = std::next(it);
        if (it->fd < 0) ended.splice(ended.end(), connections_, it);
        it = next;
      }
    }
    for (Connection& connection : ended) {
      pthread_join(connection.thread, nullptr);
    }
  }

  void Drain() {
    const Deadline deadline = Deadline::After(options_.drain);
    JoinEnded();
    while (!connections_.empty() && !deadline.passed()) {
      Readable(ended_fd_, deadline);
      JoinEnded();
    }
    if (!connections_.empty() && log_) {
      log_(Severity::kWarning,
           absl::StrCat(options_.address, ": stopping with ",
                        connections_.size(), " connections unfinished"));
    }
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (Connection& connection : connections_) {
        if (connection.fd >= 0) shutdown(connection.fd, SHUT_RDWR);
      }
    }
    for (Connection& connection : connections_) {
      pthread_join(connection.thread, nullptr);
    }
    connections_.clear();
  }

  const ConnectionServerOptions& options_;
  const int stop_fd_;
  const ServeConnection& serve_;
  const LogSink& log_;
  Acceptor acceptor_;
  LimitedLog no_thread_;
  const int ended_fd_;  // an eventfd: a connection has ended
  std::mutex mutex_;
  std::list<Connection> connections_;
};

}  // namespace

absl::Status RunConnectionServer(const ConnectionServerOptions& options,
                                 int stop_fd, const LogSink& log,
                                 const ServeConnection& serve) {
  return ConnectionServer(options, stop_fd, log, serve).Run();
}

}  // namespace mailverdict::server
