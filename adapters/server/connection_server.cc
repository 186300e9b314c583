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
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "lib/loop/deadline.h"

namespace mailverdict::deliver {
namespace {

constexpr size_t kStackBytes = 256 * 1024;
// How long to wait when descriptors, memory or threads have run out.
constexpr absl::Duration kPause = absl::Milliseconds(200);

bool IsShortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS ||
         error == ENOMEM || error == EAGAIN;
}

bool Readable(int fd, Deadline deadline) {
  pollfd wanted{fd, POLLIN, 0};
  return poll(&wanted, 1, deadline.PollTimeout()) > 0;
}

// It belongs to the accept loop's thread. The others see their Connection,
// `serve_`, `stop_fd_` and `ended_fd_`.
class ConnectionServer {
 public:
  ConnectionServer(const ConnectionServerOptions& options, int stop_fd,
                   const LogSink& log, const ServeConnection& serve)
      : options_(options),
        stop_fd_(stop_fd),
        serve_(serve),
        shortages_(log, 1, absl::Seconds(10)),
        refusals_(log, 1, absl::Seconds(10)),
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
    }  // who connects from now on is refused at once
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
    const int fd = accept4(listen_fd, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) {
      Take(fd);
      return 0;
    }
    const int error = errno;
    if (error == EBADF || error == EINVAL || error == ENOTSOCK) return error;
    // The others are of the connection, which is gone (accept(2), "Error
    // handling"), but for:
    if (IsShortage(error) && error != EAGAIN) Pause("cannot accept", error);
    return 0;
  }

  void Pause(std::string_view what, int error) {
    shortages_.Write(absl::Now(), Severity::kError, [&] {
      return absl::StrCat(options_.address, ": ",
                          absl::string_view(what.data(), what.size()), ": ",
                          strerror(error), "; trying again");
    });
    Readable(stop_fd_, Deadline::After(kPause));
  }

  void Take(int fd) {
    if (connections_.size() >= options_.max_connections) {
      refusals_.Write(absl::Now(), Severity::kWarning, [&] {
        return absl::StrCat(options_.address, ": refusing more than ",
                            options_.max_connections, " connections");
      });
      return Refuse(fd);
    }
    connections_.push_back({this, fd, {}});
    const int error = StartThread(&connections_.back());
    if (error == 0) return;
    connections_.pop_back();
    Refuse(fd);
    Pause("cannot start a thread", error);
  }

  void Refuse(int fd) {
    if (!options_.refusal.empty()) {
      send(fd, options_.refusal.data(), options_.refusal.size(),
           MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    close(fd);
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
  LimitedLog shortages_, refusals_;
  const int ended_fd_;  // an eventfd: somebody has ended
  std::mutex mutex_;
  std::list<Connection> connections_;
};

}  // namespace

absl::Status RunConnectionServer(const ConnectionServerOptions& options,
                                 int stop_fd, const LogSink& log,
                                 const ServeConnection& serve) {
  return ConnectionServer(options, stop_fd, log, serve).Run();
}

}  // namespace mailverdict::deliver
