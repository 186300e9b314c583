#include "adapters/daemon/log_writer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <syslog.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

int PriorityOf(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return LOG_INFO;
    case Severity::kWarning:
      return LOG_WARNING;
    case Severity::kError:
      return LOG_ERR;
  }
  return LOG_ERR;
}

std::string_view PrefixOf(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "";
    case Severity::kWarning:
      return "warning: ";
    case Severity::kError:
      return "error: ";
  }
  return "";
}

std::string Escape(std::string_view line) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string escaped;
  escaped.reserve(line.size());
  for (char c : line) {
    if (c >= ' ' && c <= '~') {
      escaped += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      escaped += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return escaped;
}

}  // namespace

LogWriter::LogWriter(LogTarget target, int fd) : target_(target), fd_(fd) {
  if (target_ == LogTarget::kSyslog) {
    openlog("mailverdictd", LOG_PID | LOG_NDELAY, LOG_MAIL);
  }
  // The new thread inherits the mask: signals are for the loop's thread, and a
  // log that was closed must not kill.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  thread_ = std::thread([this] { Run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LogWriter::~LogWriter() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void LogWriter::Write(Severity severity, std::string_view line) {
  std::string escaped = Escape(line);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (waiting_bytes_ + escaped.size() > kMaxWaitingBytes) {
    ++lost_;
    return;
  }
  waiting_bytes_ += escaped.size();
  waiting_.emplace_back(severity, std::move(escaped));
  // The thread is awake while it has lines; only the first has to wake it.
  if (waiting_.size() == 1) changed_.notify_one();
}

void LogWriter::Run() {
  std::vector<Line> lines;
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    lines.clear();
    lines.swap(waiting_);
    waiting_bytes_ = 0;
    if (lost_ > 0) {
      lines.emplace_back(Severity::kWarning,
                         absl::StrCat(lost_,
                                      " log lines lost: the log is "
                                      "written more slowly than mail "
                                      "arrives"));
      lost_ = 0;
    }
    lock.unlock();
    WriteAll(lines);
    lock.lock();
  }
}

void LogWriter::WriteAll(const std::vector<Line>& lines) {
  if (target_ == LogTarget::kSyslog) {
    for (const auto& [severity, line] : lines) {
      syslog(PriorityOf(severity), "%s", line.c_str());
    }
    return;
  }
  std::string text;
  for (const auto& [severity, line] : lines) {
    const std::string_view prefix = PrefixOf(severity);
    absl::StrAppend(&text, absl::string_view(prefix.data(), prefix.size()),
                    line, "\n");
  }
  WriteToFd(text);
}

// A descriptor that fails (disk full, pipe closed) loses lines, not mail.
void LogWriter::WriteToFd(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd ready{fd_, POLLOUT, 0};
      poll(&ready, 1, 1000);
    } else if (errno != EINTR) {
      return;
    }
  }
}

}  // namespace mailverdict
