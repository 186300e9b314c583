// Listening sockets from the addresses an operator writes:
//
//   inet:127.0.0.1:7777    inet:[::1]:7777    inet:localhost:7777
//   unix:/run/mailverdict/socketmap
//
// A host name may mean several addresses: each gets a socket. Port 0 lets the
// kernel choose one.
//
// A unix socket appears under its path by a rename, when its owner, group and
// mode are right and it takes connections: at no time can somebody connect who
// may not, nor be refused who may. What a dead daemon left at the path is
// replaced; a socket that somebody answers, and anything else, is left alone.
// (Two daemons that start in the same instant may both take the path: the
// later wins.)

#ifndef MAILVERDICT_LIB_LOOP_LISTEN_H_
#define MAILVERDICT_LIB_LOOP_LISTEN_H_

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mailverdict {

// Who may connect. Note that sendmail refuses a socket below a directory that
// others can write to.
struct UnixSocketOptions {
  mode_t mode = 0660;  // connecting takes write permission
  std::string owner;   // a user's name or number; empty: the process's
  std::string group;   // a group's name or number; empty: the process's
};

// A unix socket's path that is ours. Its destructor removes it, if the socket
// that stands there is still the one that was put there.
class SocketPath {
 public:
  SocketPath() = default;  // none
  ~SocketPath();
  SocketPath(SocketPath&& other) noexcept;
  SocketPath& operator=(SocketPath&& other) noexcept;

 private:
  friend absl::StatusOr<SocketPath> PublishUnixSocket(
      const std::string& address, const UnixSocketOptions& options,
      const std::function<absl::Status(const std::string& fresh)>& make);

  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// What the second half of the comment above is done by, for a library that
// makes its own listening sockets: `make` binds one to the path it is given,
// and listens; no one else may connect yet. `address` is "unix:/PATH". For the
// start, while there is one thread: it sets the umask for a moment.
absl::StatusOr<SocketPath> PublishUnixSocket(
    const std::string& address, const UnixSocketOptions& options,
    const std::function<absl::Status(const std::string& fresh)>& make);

// One listening socket, non-blocking and close-on-exec. Its destructor closes
// it, and with it goes the path.
class ListenSocket {
 public:
  ListenSocket(int fd, std::string address, SocketPath path = {});
  ~ListenSocket();
  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&&) = delete;

  int fd() const { return fd_; }
  // In the form above, with numbers for names: the port is the real one.
  const std::string& address() const { return address_; }

 private:
  int fd_;
  std::string address_;
  SocketPath path_;  // of a unix socket
};

// The parts of "inet:HOST:PORT"; brackets around HOST are taken off.
absl::Status SplitInet(const std::string& address, std::string* host,
                       std::string* port);

// Listens on `address`. An error names it, what failed, and the cure. Looks up
// host, user and group names, so it may block: call it when starting.
//
// A socket that the service manager has opened on this address (LISTEN_FDS of
// sd_listen_fds(3)) is used as it is, rights and path included, and is not
// removed: who connects while we restart waits, and is not refused. It has to
// be "unix:/PATH", or "inet:" with the number of one host.
absl::StatusOr<std::vector<ListenSocket>> Listen(
    const std::string& address, const UnixSocketOptions& unix_options = {});

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_LISTEN_H_
