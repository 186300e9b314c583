#include "lib/loop/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

absl::Status Errno(const std::string& address, const std::string& what) {
  const int error = errno;
  return absl::ErrnoToStatus(error, absl::StrCat(address, ": ", what));
}

absl::Status Bad(const std::string& address, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(address, ": ", what));
}

// --- inet ---

std::string InetName(int fd) {
  sockaddr_storage name = {};
  socklen_t size = sizeof name;
  char host[NI_MAXHOST], port[NI_MAXSERV];
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0 ||
      getnameinfo(reinterpret_cast<sockaddr*>(&name), size, host, sizeof host,
                  port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "inet:?";
  }
  return name.ss_family == AF_INET6 ? absl::StrCat("inet:[", host, "]:", port)
                                    : absl::StrCat("inet:", host, ":", port);
}

absl::StatusOr<ListenSocket> ListenOnInet(const std::string& address,
                                          const addrinfo& info) {
  Fd fd(socket(info.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return Errno(address, "no socket");
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (info.ai_family == AF_INET6) {  // let 0.0.0.0 stand beside [::]
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (bind(fd.get(), info.ai_addr, info.ai_addrlen) != 0 ||
      listen(fd.get(), kListenBacklog) != 0) {
    return Errno(address,
                 errno == EADDRINUSE
                     ? "another program listens there; stop it or choose "
                       "another port (ss -ltnp shows who it is)"
                     : "cannot listen there; is it an address of this host, "
                       "and may we use the port?");
  }
  std::string name = InetName(fd.get());
  return ListenSocket(fd.release(), std::move(name));
}

absl::StatusOr<std::vector<ListenSocket>> ListenInet(
    const std::string& address) {
  std::string host, port;
  absl::Status status = SplitInet(address, &host, &port);
  if (!status.ok()) return status;
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) {
    return Bad(address,
               absl::StrCat("the host has no address: ", gai_strerror(error),
                            "; write a numeric one"));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found,
                                                             &freeaddrinfo);
  std::vector<ListenSocket> sockets;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    absl::StatusOr<ListenSocket> socket = ListenOnInet(address, *info);
    if (!socket.ok()) return socket.status();
    sockets.push_back(*std::move(socket));
  }
  return sockets;
}

// --- unix ---

bool FillPath(const std::string& path, sockaddr_un* name) {
  *name = {};
  name->sun_family = AF_UNIX;
  if (path.size() >= sizeof name->sun_path) return false;
  memcpy(name->sun_path, path.data(), path.size());
  return true;
}

// OK if nothing is at `path`, or only a socket that no program answers.
absl::Status CheckPathIsFree(const std::string& address,
                             const std::string& path) {
  struct stat found;
  if (lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return absl::OkStatus();
    return Errno(address, "cannot look at the path; make its directory");
  }
  if (!S_ISSOCK(found.st_mode)) {
    return absl::AlreadyExistsError(absl::StrCat(
        address, ": the path is not a socket; remove it or choose another"));
  }
  Fd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (probe.get() < 0) return Errno(address, "no socket");
  sockaddr_un name;
  FillPath(path, &name);
  if (connect(probe.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) !=
      0) {
    // ECONNREFUSED: its daemon is dead. ENOENT: its daemon has just removed it.
    if (errno == ECONNREFUSED || errno == ENOENT) return absl::OkStatus();
    if (errno != EAGAIN) {  // EAGAIN: alive, its queue is full
      return Errno(address,
                   "cannot tell whether the socket there is in use; remove it "
                   "if no daemon runs");
    }
  }
  return absl::AlreadyExistsError(absl::StrCat(
      address, ": a running program answers there; stop it or choose another ",
      "path (ss -lxp shows who it is)"));
}

// Finds the number of a user or group. For an empty name it is -1, which lchown
// ignores.
absl::Status FindUser(const std::string& address, const std::string& name,
                      uid_t* uid) {
  *uid = static_cast<uid_t>(-1);
  if (name.empty() || absl::SimpleAtoi(name, uid)) return absl::OkStatus();
  const passwd* entry = getpwnam(name.c_str());
  if (entry == nullptr) {
    return Bad(address, absl::StrCat("there is no user ", name,
                                     " to own the socket; create it or give "
                                     "its number"));
  }
  *uid = entry->pw_uid;
  return absl::OkStatus();
}

absl::Status FindGroup(const std::string& address, const std::string& name,
                       gid_t* gid) {
  *gid = static_cast<gid_t>(-1);
  if (name.empty() || absl::SimpleAtoi(name, gid)) return absl::OkStatus();
  const group* entry = getgrnam(name.c_str());
  if (entry == nullptr) {
    return Bad(address, absl::StrCat("there is no group ", name,
                                     " for the socket; create it or give its "
                                     "number"));
  }
  *gid = entry->gr_gid;
  return absl::OkStatus();
}

absl::StatusOr<int> ListenOnPath(const std::string& address,
                                 const std::string& fresh) {
  sockaddr_un name;
  FillPath(fresh, &name);  // it fits: PublishUnixSocket has checked
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return Errno(address, "no socket");
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) != 0) {
    return Errno(address,
                 "cannot create the socket; make its directory and let us "
                 "write there");
  }
  if (listen(fd.get(), kListenBacklog) != 0)
    return Errno(address, "cannot listen");
  return fd.release();
}

absl::Status SetRights(const std::string& address, const std::string& path,
                       const UnixSocketOptions& options) {
  uid_t uid;
  gid_t gid;
  absl::Status status = FindUser(address, options.owner, &uid);
  if (status.ok()) status = FindGroup(address, options.group, &gid);
  if (!status.ok()) return status;
  const bool own =
      uid != static_cast<uid_t>(-1) || gid != static_cast<gid_t>(-1);
  if ((own && lchown(path.c_str(), uid, gid) != 0) ||
      chmod(path.c_str(), options.mode) != 0) {
    return Errno(address,
                 "cannot give the socket its owner, group and mode; start as "
                 "root, or as its owner and a member of the group");
  }
  return absl::OkStatus();
}

// --- the service manager's (sd_listen_fds(3)) ---

constexpr int kFirstInherited = 3;

int NumberIn(const char* variable) {
  const char* text = getenv(variable);
  int number = 0;
  return text != nullptr && absl::SimpleAtoi(text, &number) ? number : 0;
}

std::string NameOf(int fd) {
  sockaddr_un name = {};
  socklen_t size = sizeof name;
  int listens = 0;
  socklen_t length = sizeof listens;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0 ||
      getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0 ||
      listens == 0) {
    return "";
  }
  if (name.sun_family != AF_UNIX) return InetName(fd);
  return absl::StrCat("unix:", name.sun_path);
}

// Returns the inherited socket with this address, which then belongs to the
// caller; -1 if there is none.
int FindInherited(const std::string& address) {
  if (NumberIn("LISTEN_PID") != getpid()) return -1;
  const int end = kFirstInherited + NumberIn("LISTEN_FDS");
  for (int fd = kFirstInherited; fd < end; ++fd) {
    if (NameOf(fd) != address) continue;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
  }
  return -1;
}

}  // namespace

absl::Status SplitInet(const std::string& address, std::string* host,
                       std::string* port) {
  const std::string rest = address.substr(strlen("inet:"));
  const size_t colon = rest.rfind(':');
  int number = 0;
  if (colon == std::string::npos ||
      !absl::SimpleAtoi(rest.substr(colon + 1), &number) || number < 0 ||
      number > 65535) {
    return Bad(address, "write inet:HOST:PORT with a port from 0 to 65535");
  }
  *port = std::to_string(number);
  *host = rest.substr(0, colon);
  if (host->size() > 2 && host->front() == '[' && host->back() == ']') {
    *host = host->substr(1, host->size() - 2);
  } else if (absl::StrContains(*host, ":")) {
    return Bad(address, "write an IPv6 address in brackets: inet:[::1]:7777");
  }
  if (host->empty() || absl::StrContains(*host, "[")) {
    return Bad(address,
               "the host is missing; for all addresses write inet:0.0.0.0:PORT "
               "and inet:[::]:PORT");
  }
  return absl::OkStatus();
}

absl::StatusOr<SocketPath> PublishUnixSocket(
    const std::string& address, const UnixSocketOptions& options,
    const std::function<absl::Status(const std::string& fresh)>& make) {
  SocketPath result;
  const std::string path = address.substr(strlen("unix:"));
  const std::string fresh = absl::StrCat(path, ".", getpid(), ".new");
  absl::Status status = CheckPathIsFree(address, path);
  if (!status.ok()) return status;
  sockaddr_un name;
  if (!FillPath(fresh, &name)) {
    return Bad(address,
               absl::StrCat("the path is too long; at most ",
                            sizeof name.sun_path - 1 - strlen(".4194304.new"),
                            " bytes fit"));
  }
  unlink(fresh.c_str());  // left by a killed daemon that had our process id
  const mode_t umask_before = umask(0777);
  status = make(fresh);
  umask(umask_before);
  if (status.ok()) status = SetRights(address, fresh, options);
  struct stat made;
  if (status.ok() && (lstat(fresh.c_str(), &made) != 0 ||
                      rename(fresh.c_str(), path.c_str()) != 0)) {
    status = Errno(address, "cannot move the new socket to its path");
  }
  if (!status.ok()) {
    unlink(fresh.c_str());
    return status;
  }
  result.path_ = path;
  result.device_ = made.st_dev;
  result.inode_ = made.st_ino;
  return result;
}

SocketPath::SocketPath(SocketPath&& other) noexcept
    : path_(std::exchange(other.path_, "")),
      device_(other.device_),
      inode_(other.inode_) {}

SocketPath& SocketPath::operator=(SocketPath&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
  return *this;
}

SocketPath::~SocketPath() {
  struct stat found;
  if (!path_.empty() && lstat(path_.c_str(), &found) == 0 &&
      found.st_dev == device_ && found.st_ino == inode_) {
    unlink(path_.c_str());
  }
}

ListenSocket::ListenSocket(int fd, std::string address, SocketPath path,
                           bool inherited)
    : fd_(fd),
      address_(std::move(address)),
      path_(std::move(path)),
      inherited_(inherited) {}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      address_(std::move(other.address_)),
      path_(std::move(other.path_)),
      inherited_(other.inherited_) {}

ListenSocket::~ListenSocket() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<std::vector<ListenSocket>> Listen(
    const std::string& address, const UnixSocketOptions& unix_options) {
  const int inherited = FindInherited(address);
  if (inherited >= 0) {
    std::vector<ListenSocket> sockets;
    sockets.emplace_back(inherited, address, SocketPath(),
                         /*inherited=*/true);
    return sockets;
  }
  if (absl::StartsWith(address, "inet:")) return ListenInet(address);
  if (!absl::StartsWith(address, "unix:/")) {
    return Bad(address, "write inet:HOST:PORT or unix:/ABSOLUTE/PATH");
  }
  int fd = -1;
  absl::StatusOr<SocketPath> path =
      PublishUnixSocket(address, unix_options, [&](const std::string& fresh) {
        const absl::StatusOr<int> made = ListenOnPath(address, fresh);
        if (made.ok()) fd = *made;
        return made.status();
      });
  if (!path.ok()) {
    if (fd >= 0) close(fd);
    return path.status();
  }
  std::vector<ListenSocket> sockets;
  sockets.emplace_back(fd, address, *std::move(path));
  return sockets;
}

}  // namespace mailverdict
