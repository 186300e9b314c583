// A socketmap server for tests, on a unix socket of its own. The test says
// which bytes it answers.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_USERS_SCRIPTED_DAEMON_TESTING_H_
#define MAILVERDICT_ADAPTERS_DELIVER_USERS_SCRIPTED_DAEMON_TESTING_H_

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace mailverdict::deliver {

// Serves one client after another on a thread.
class ScriptedDaemon {
 public:
  // Called when a request has come. Writes the answer to `fd`, and returns at
  // the latest when `stop_fd` is readable. Then the connection is closed.
  using Script = std::function<void(int fd, int stop_fd)>;

  explicit ScriptedDaemon(Script script) : script_(std::move(script)) {
    char directory[] = "/tmp/mv-daemon-XXXXXX";
    directory_ = mkdtemp(directory);
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un name = {};
    name.sun_family = AF_UNIX;
    path().copy(name.sun_path, sizeof name.sun_path - 1);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&name), sizeof name) != 0 ||
        listen(listener_, 100) != 0 || pipe2(stop_, O_CLOEXEC) != 0) {
      abort();
    }
    thread_ = std::thread([this] { Run(); });
  }

  // A server that always writes `reply`.
  explicit ScriptedDaemon(std::string reply)
      : ScriptedDaemon(
            [reply = std::move(reply)](int fd, int) { Say(fd, reply); }) {}

  ~ScriptedDaemon() {
    close(stop_[1]);
    thread_.join();
    close(stop_[0]);
    close(listener_);
    unlink(path().c_str());
    rmdir(directory_.c_str());
  }

  std::string path() const { return directory_ + "/socketmap"; }
  std::string address() const { return "unix:" + path(); }

  // The bytes that came so far, one string for each connection.
  std::vector<std::string> requests() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return requests_;
  }

  static void Say(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }

  // True if `stop_fd` became readable within `milliseconds` (-1: for ever).
  static bool Stopped(int stop_fd, int milliseconds) {
    pollfd ready{stop_fd, POLLIN, 0};
    return poll(&ready, 1, milliseconds) > 0;
  }

 private:
  void Run() {
    for (;;) {
      pollfd fds[] = {{listener_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
      poll(fds, 2, -1);
      if (fds[1].revents != 0) return;
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      char bytes[8192];
      const ssize_t count = recv(fd, bytes, sizeof bytes, 0);
      if (count > 0) {
        const std::lock_guard<std::mutex> lock(mutex_);
        requests_.emplace_back(bytes, static_cast<size_t>(count));
      }
      script_(fd, stop_[0]);
      close(fd);
    }
  }

  const Script script_;
  std::string directory_;
  int listener_ = -1;
  int stop_[2] = {-1, -1};
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_USERS_SCRIPTED_DAEMON_TESTING_H_
