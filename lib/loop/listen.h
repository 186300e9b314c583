// Listening sockets from the addresses an operator writes:
//
//   inet:127.0.0.1:7777    inet:[::1]:7777    inet:localhost:7777
//   unix:/run/mailverdict/socketmap
//
// A host name may stand for several addresses: each gets a socket. Port 0 lets
// the kernel choose one.
//
// A unix socket is made under another name, and is renamed to its path when it
// listens and has its owner, group and mode. So there is no moment at which an
// unauthorised client can connect, or an authorised one is refused. A socket
// that a dead daemon has left at the path is replaced. A socket that is in use,
// or any other file at the path, is not touched and is an error. (If two
// daemons start in the same instant, both may succeed; the path then leads to
// the later one.)

#ifndef MAILVERDICT_LIB_LOOP_LISTEN_H_
#define MAILVERDICT_LIB_LOOP_LISTEN_H_

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mailverdict {

// Owner, group and mode of a unix socket. Note that sendmail refuses a socket
// in a directory that others can write to.
struct UnixSocketOptions {
  mode_t mode = 0660;  // to connect, a client needs write permission
  std::string owner;   // a user's name or number; empty: the process's
  std::string group;   // a group's name or number; empty: the process's
};

// Owns the path of a unix socket. The destructor removes the path, but only if
// the socket there is still the same one.
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

// Makes a unix socket at "unix:/PATH" as the comment at the top says, for a
// library that makes its own listening sockets: `make` binds a socket to the
// path that it gets, and listens. Call it when the program starts, while there
// is only one thread, because it changes the umask for a moment.
absl::StatusOr<SocketPath> PublishUnixSocket(
    const std::string& address, const UnixSocketOptions& options,
    const std::function<absl::Status(const std::string& fresh)>& make);

// How many connections wait in a listening socket of ours at most. The kernel
// cuts it to net.core.somaxconn. A gateway's MTA processes connect in bursts. A
// process that is refused works without the map until its SMTP session ends.
inline constexpr int kListenBacklog = 4096;

// One listening socket, non-blocking and close-on-exec. Its destructor closes
// it and removes its path.
class ListenSocket {
 public:
  ListenSocket(int fd, std::string address, SocketPath path = {},
               bool inherited = false);
  ~ListenSocket();
  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&&) = delete;

  int fd() const { return fd_; }
  // The address in the form above, with numbers instead of names, and with the
  // port that the kernel chose for 0.
  const std::string& address() const { return address_; }
  // Whether the service manager opened this socket and keeps it open. If so,
  // connections still in the queue at our exit are served by the next daemon.
  // Connections that wait in a socket that we opened are reset when we close
  // it.
  bool inherited() const { return inherited_; }

 private:
  int fd_;
  std::string address_;
  SocketPath path_;  // of a unix socket
  bool inherited_;
};

// Splits "inet:HOST:PORT" into its parts, without brackets around HOST.
absl::Status SplitInet(const std::string& address, std::string* host,
                       std::string* port);

// Listens on `address`. An error names the address, what failed, and what to
// do. May block, because it looks up names of hosts, users and groups: call it
// when the program starts.
//
// If the service manager has opened a socket on this address (LISTEN_FDS of
// sd_listen_fds(3)), that socket is used with the owner, mode and path that it
// has, and its path is not removed. So a client that connects while the daemon
// restarts waits and is not refused. For this, the address must be
// "unix:/PATH", or "inet:" with a numeric IP address.
absl::StatusOr<std::vector<ListenSocket>> Listen(
    const std::string& address, const UnixSocketOptions& unix_options = {});

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_LISTEN_H_
