#include "adapters/server/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace mailverdict::server {
namespace {

int OpenSpare() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

}  // namespace

Acceptor::Acceptor(Options options, const LogSink& log)
    : options_(std::move(options)),
      too_many_(log, kLogLines, kLogPeriod),
      cannot_accept_(log, kLogLines, kLogPeriod),
      spare_(OpenSpare()) {}

Acceptor::~Acceptor() {
  if (spare_ >= 0) close(spare_);
}

Acceptor::Outcome Acceptor::AcceptOne(int listen_fd, size_t open,
                                      absl::Time now, int* fd) {
  if (spare_ < 0) spare_ = OpenSpare();
  *fd = accept4(listen_fd, nullptr, nullptr,
                SOCK_CLOEXEC | (options_.nonblocking ? SOCK_NONBLOCK : 0));
  if (*fd >= 0) {
    if (open < options_.max_connections) return Outcome::kAccepted;
    Refuse(std::exchange(*fd, -1));
    too_many_.Write(now, Severity::kError, [&] {
      return absl::StrCat(options_.name, ": connection refused, ", open,
                          " are open",
                          options_.limit_setting.empty() ? "" : "; raise ",
                          options_.limit_setting);
    });
    return Outcome::kRefused;
  }
  const int error = errno;
  switch (error) {
    case EAGAIN:
      return Outcome::kNone;
    case EMFILE:
    case ENFILE:
      return RefuseWithoutDescriptor(listen_fd, error == EMFILE, now);
    case ENOBUFS:
    case ENOMEM:
      cannot_accept_.Write(now, Severity::kError, [&] {
        return absl::StrCat(options_.name,
                            ": cannot accept a connection: ", strerror(error),
                            "; it waits");
      });
      return Outcome::kPause;
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
      cannot_accept_.Write(now, Severity::kError, [&] {
        return absl::StrCat(options_.name,
                            ": cannot accept connections: ", strerror(error));
      });
      errno = error;
      return Outcome::kBroken;
    default:
      // The connection failed while it waited (ECONNABORTED, and for TCP the
      // network's errors, accept(2)). The listening socket is sound.
      return Outcome::kRefused;
  }
}

void Acceptor::Refuse(int fd) const {
  if (!options_.refusal.empty()) {
    send(fd, options_.refusal.data(), options_.refusal.size(),
         MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  close(fd);
}

// A connection left in the queue would make a loop spin and its MTA hang until
// its own timeout. Giving up the spare descriptor for a moment tells the MTA at
// once.
Acceptor::Outcome Acceptor::RefuseWithoutDescriptor(int listen_fd,
                                                    bool process_limit,
                                                    absl::Time now) {
  int fd = -1;
  bool none_waits = false;  // the kernel looks for a descriptor first
  if (spare_ >= 0) {
    close(spare_);
    fd = accept4(listen_fd, nullptr, nullptr, SOCK_CLOEXEC);
    none_waits = fd < 0 && errno == EAGAIN;
    if (fd >= 0) Refuse(fd);
    spare_ = OpenSpare();
  }
  if (none_waits) return Outcome::kNone;
  cannot_accept_.Write(now, Severity::kError, [&] {
    return absl::StrCat(
        options_.name, ": connection refused, no descriptor left; raise the ",
        process_limit ? "limit of open files (ulimit -n, LimitNOFILE=)"
                      : "system's limit (fs.file-max)");
  });
  return fd >= 0 ? Outcome::kRefused : Outcome::kPause;
}

}  // namespace mailverdict::server
