#include "adapters/daemon/log_writer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <syslog.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

using Line = std::pair<Severity, std::string>;

// Lines are written together up to so many bytes, which a pipe takes as one.
constexpr size_t kChunkBytes = 4096;
// After a line the next ones are gathered for so long: waking the thread for
// each costs more than its verdict.
constexpr absl::Duration kGather = absl::Milliseconds(5);

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

size_t CostOf(const Line& line) { return sizeof line + line.second.size(); }

// A descriptor that fails (disk full, pipe closed) loses lines, not mail.
void WriteToFd(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd ready{fd, POLLOUT, 0};
      poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

void WriteToFd(int fd, const std::vector<Line>& lines) {
  std::string text;
  for (const auto& [severity, line] : lines) {
    const std::string_view prefix = PrefixOf(severity);
    if (text.size() + prefix.size() + line.size() >= kChunkBytes) {
      WriteToFd(fd, std::exchange(text, std::string()));
    }
    absl::StrAppend(&text, absl::string_view(prefix.data(), prefix.size()),
                    line, "\n");
  }
  WriteToFd(fd, text);
}

void WriteToSyslog(const std::vector<Line>& lines) {
  for (const auto& [severity, line] : lines) {
    syslog(SyslogPriority(severity), "%s", line.c_str());
  }
}

}  // namespace

// Between those who write lines and the thread that may be stuck in a write.
class LogWriter::Queue {
 public:
  Queue(LogTarget target, int fd) : target_(target), fd_(fd) {}

  void Add(Line line) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (waiting_bytes_ + CostOf(line) > kMaxWaitingBytes) {
      ++lost_;
      return;
    }
    waiting_bytes_ += CostOf(line);
    waiting_.push_back(std::move(line));
    // The thread sees to it that it wakes up while there are lines.
    if (asleep_) {
      asleep_ = false;
      changed_.notify_all();
    }
  }

  // The thread: until Stop, and until nothing is waiting.
  void Run() {
    std::vector<Line> lines;
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      asleep_ = true;
      changed_.wait(lock,
                    [this] { return stop_ || lost_ > 0 || !waiting_.empty(); });
      asleep_ = false;
      if (waiting_.empty() && lost_ == 0) break;
      lines.swap(waiting_);
      const size_t bytes = waiting_bytes_;  // of these: none are under way
      AddLosses(&lines);
      lock.unlock();
      if (target_ == LogTarget::kSyslog) {
        WriteToSyslog(lines);
      } else {
        WriteToFd(fd_, lines);
      }
      lines.clear();
      lock.lock();
      waiting_bytes_ -= bytes;
      changed_.wait_for(lock, absl::ToChronoMilliseconds(kGather),
                        [this] { return stop_; });
    }
    ended_ = true;
    changed_.notify_all();
  }

  // Whether the thread has ended in time.
  bool Stop() {
    std::unique_lock<std::mutex> lock(mutex_);
    stop_ = true;
    changed_.notify_all();
    return changed_.wait_for(lock, absl::ToChronoMilliseconds(kLastWait),
                             [this] { return ended_; });
  }

 private:
  void AddLosses(std::vector<Line>* lines) {
    if (lost_ == 0) return;
    lines->emplace_back(Severity::kWarning,
                        absl::StrCat(lost_,
                                     " log lines lost: the log is written more "
                                     "slowly than mail arrives"));
    lost_ = 0;
  }

  const LogTarget target_;
  const int fd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Line> waiting_;
  size_t waiting_bytes_ = 0;  // those that are being written included
  uint64_t lost_ = 0;
  bool asleep_ = false;
  bool stop_ = false;
  bool ended_ = false;
};

LogWriter::LogWriter(LogTarget target, int fd)
    : queue_(std::make_shared<Queue>(target, fd)) {
  if (target == LogTarget::kSyslog) {
    openlog("mailverdictd", LOG_PID | LOG_NDELAY, LOG_MAIL);
  }
  // The new thread inherits the mask: signals are for the loop's thread, and a
  // log that was closed must not kill.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  thread_ = std::thread([queue = queue_] { queue->Run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LogWriter::~LogWriter() {
  if (queue_->Stop()) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void LogWriter::Write(Severity severity, std::string_view line) {
  queue_->Add({severity, EscapeLine(line)});
}

}  // namespace mailverdict
