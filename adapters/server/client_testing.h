// A client for tests of servers.

#ifndef MAILVERDICT_ADAPTERS_SERVER_CLIENT_TESTING_H_
#define MAILVERDICT_ADAPTERS_SERVER_CLIENT_TESTING_H_

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

namespace mailverdict::server {

// A client on the loop's own thread. Its socket is non-blocking once it is
// connected.
class Client {
 public:
  explicit Client(int family)
      : fd_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Client() { Close(); }
  Client(const Client&) = delete;

  bool ConnectUnix(const std::string& path) {
    sockaddr_un name = {};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    return Connect(reinterpret_cast<sockaddr*>(&name), sizeof name);
  }
  bool Connect(const sockaddr* name, socklen_t size) {
    const bool connected = connect(fd_, name, size) == 0;
    fcntl(fd_, F_SETFL, O_NONBLOCK);
    return connected;
  }
  bool Send(std::string_view bytes) {
    return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  // Takes all that is there.
  void Read() {
    char bytes[65536];
    ssize_t count;
    while ((count = recv(fd_, bytes, sizeof bytes, 0)) > 0) {
      received_.append(bytes, static_cast<size_t>(count));
    }
    if (count == 0 || errno != EAGAIN) closed_ = true;
  }
  const std::string& received() {
    Read();
    return received_;
  }
  bool closed() {
    Read();
    return closed_;
  }
  void FinishSending() { shutdown(fd_, SHUT_WR); }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }
  int fd() const { return fd_; }

 private:
  int fd_;
  std::string received_;
  bool closed_ = false;
};

}  // namespace mailverdict::server

#endif  // MAILVERDICT_ADAPTERS_SERVER_CLIENT_TESTING_H_
