#include "adapters/deliver/users/mail_log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/loop/deadline.h"
#include "lib/mail/escape.h"

namespace mailverdict::deliver {
namespace {

// "Oct  5 12:34:56" in local time, as RFC 3164 4.1.2 has it.
std::string Timestamp() {
  const time_t now = time(nullptr);
  tm local = {};
  localtime_r(&now, &local);
  char text[32];
  return std::string(text, strftime(text, sizeof text, "%b %e %T", &local));
}

bool Writable(int fd, Deadline deadline) {
  pollfd ready{fd, POLLOUT, 0};
  return poll(&ready, 1, deadline.PollTimeout()) > 0;
}

}  // namespace

// Writes at most PIPE_BUF bytes at a time: so much a pipe takes without
// blocking when poll calls it writable, even if the descriptor is a blocking
// one.
void WriteWithTimeout(int fd, std::string_view text, absl::Duration patience) {
  const Deadline deadline = Deadline::After(patience);
  while (!text.empty() && Writable(fd, deadline)) {
    const ssize_t written =
        write(fd, text.data(), std::min<size_t>(text.size(), PIPE_BUF));
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      return;
    }
  }
}

MailLog::MailLog(MailLogOptions options)
    : options_(std::move(options)), patience_(options_.patience) {}

MailLog::~MailLog() {
  if (fd_ >= 0) close(fd_);
}

void MailLog::Write(Severity severity, std::string_view line) {
  const std::string text = mail::EscapeLine(line.substr(0, kMaxLineBytes));
  const std::string message =
      absl::StrCat("<", LOG_MAIL | SyslogPriority(severity), ">", Timestamp(),
                   " mailverdict-deliver[", getpid(), "]: ", text);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (fd_ >= 0 && Send(message)) return;
  if (Connect() && Send(message)) return;  // the first line, or a new daemon
  if (options_.fallback_fd >= 0) {
    WriteWithTimeout(options_.fallback_fd, text + "\n", absl::ZeroDuration());
  }
}

bool MailLog::Connect() {
  if (fd_ >= 0) close(fd_);
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  options_.path.copy(name.sun_path, sizeof name.sun_path - 1);
  fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ >= 0 && connect(fd_, reinterpret_cast<const sockaddr*>(&name),
                          sizeof name) != 0) {
    close(std::exchange(fd_, -1));
  }
  return fd_ >= 0;
}

// False if nobody listens any more, as after a restart of the daemon. True if
// the line was sent, or is lost because the daemon was too slow: connecting
// again would not help.
bool MailLog::Send(const std::string& message) {
  const Deadline deadline = Deadline::After(patience_);
  ssize_t sent;
  while ((sent = send(fd_, message.data(), message.size(), MSG_NOSIGNAL)) < 0 &&
         errno == EAGAIN && Writable(fd_, deadline)) {
  }
  const bool gone = sent < 0 && errno != EAGAIN;
  patience_ = std::min(patience_, deadline.Remaining());
  return !gone;
}

}  // namespace mailverdict::deliver
