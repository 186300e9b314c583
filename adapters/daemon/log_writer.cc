#include "adapters/daemon/log_writer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/loop/start_thread.h"
#include "lib/mail/escape.h"

namespace mailverdict {
namespace {

using Pieces = std::initializer_list<std::string_view>;

// How many bytes of lines go into one write(2). A pipe takes PIPE_BUF, 4096, as
// one piece, which another process's lines cannot split.
constexpr size_t kChunkBytes = 4096;
// How long the thread gathers lines before it writes again. Waking it for each
// line would cost more than the line's verdict.
constexpr absl::Duration kGather = absl::Milliseconds(5);
// How much memory a written batch may leave allocated for the next one.
constexpr size_t kKeepBytes = 256 * 1024;

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

size_t SizeOf(Pieces line) {
  size_t size = 0;
  for (const std::string_view piece : line) size += piece.size();
  return size;
}

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

// A batch of lines in one piece of memory.
class Lines {
 public:
  explicit Lines(LogTarget target) : target_(target) {}

  // `size` is the size of all pieces together.
  void Add(Severity severity, Pieces line, size_t size) {
    if (target_ != LogTarget::kSyslog) text_ += PrefixOf(severity);
    const size_t begin = text_.size();
    text_.resize(begin + size);
    char* at = &text_[begin];
    for (const std::string_view piece : line) {
      at = std::copy(piece.begin(), piece.end(), at);
    }
    if (!mail::IsPlain(std::string_view(text_).substr(begin))) {
      const std::string raw = text_.substr(begin);
      text_.resize(begin);
      mail::AppendEscaped(raw, &text_);
    }
    // syslog(3) takes each line as a C string.
    text_ += target_ == LogTarget::kSyslog ? '\0' : '\n';
    ends_.push_back({text_.size(), severity});
  }

  bool empty() const { return ends_.empty(); }
  size_t bytes() const { return text_.size() + ends_.size() * sizeof(End); }

  void Write(int fd) const {
    if (target_ == LogTarget::kSyslog) {
      WriteToSyslog();
      return;
    }
    size_t begin = 0, end = 0;
    for (const End& line : ends_) {
      if (line.at - begin >= kChunkBytes && end > begin) {
        WriteToFd(fd, Between(begin, end));
        begin = end;
      }
      end = line.at;
    }
    WriteToFd(fd, Between(begin, end));
  }

  void Clear() {
    text_.clear();
    ends_.clear();
    if (text_.capacity() > kKeepBytes) text_.shrink_to_fit();
    if (ends_.capacity() * sizeof(End) > kKeepBytes) ends_.shrink_to_fit();
  }

 private:
  struct End {
    size_t at;  // in text_
    Severity severity;
  };

  std::string_view Between(size_t begin, size_t end) const {
    return std::string_view(text_).substr(begin, end - begin);
  }

  void WriteToSyslog() const {
    size_t begin = 0;
    for (const End& line : ends_) {
      syslog(SyslogPriority(line.severity), "%s", text_.c_str() + begin);
      begin = line.at;
    }
  }

  LogTarget target_;  // not const: to be swapped
  std::string text_;
  std::vector<End> ends_;
};

}  // namespace

// The queue between the callers of Write and the thread, which may be stuck in
// a write.
class LogWriter::Queue {
 public:
  Queue(LogTarget target, int fd)
      : target_(target), fd_(fd), waiting_(target) {}

  void Add(Severity severity, Pieces line) {
    const size_t size = SizeOf(line);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (writing_bytes_ + waiting_.bytes() + size > kMaxWaitingBytes) {
      ++lost_;
      return;
    }
    waiting_.Add(severity, line, size);
    // While the thread is awake it looks for lines by itself, so that most
    // lines cost no system call.
    if (asleep_) {
      asleep_ = false;
      changed_.notify_all();
    }
  }

  // The thread's function. Returns after Stop, when the queue is empty.
  void Run() {
    Lines lines(target_);
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      asleep_ = true;
      changed_.wait(lock,
                    [this] { return stop_ || lost_ > 0 || !waiting_.empty(); });
      asleep_ = false;
      if (waiting_.empty() && lost_ == 0) break;
      std::swap(lines, waiting_);
      AddLosses(&lines);
      writing_bytes_ = lines.bytes();
      lock.unlock();
      lines.Write(fd_);
      lines.Clear();
      lock.lock();
      writing_bytes_ = 0;
      changed_.wait_for(lock, absl::ToChronoMilliseconds(kGather),
                        [this] { return stop_; });
    }
    ended_ = true;
    changed_.notify_all();
  }

  // Tells the thread to end. Returns whether it has ended within kMaxFlushWait.
  bool Stop() {
    std::unique_lock<std::mutex> lock(mutex_);
    stop_ = true;
    changed_.notify_all();
    return changed_.wait_for(lock, absl::ToChronoMilliseconds(kMaxFlushWait),
                             [this] { return ended_; });
  }

 private:
  void AddLosses(Lines* lines) {
    if (lost_ == 0) return;
    const std::string line =
        absl::StrCat(lost_,
                     " log lines lost: the log is written more "
                     "slowly than mail arrives");
    lines->Add(Severity::kWarning, {line}, line.size());
    lost_ = 0;
  }

  const LogTarget target_;
  const int fd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Lines waiting_;
  size_t writing_bytes_ = 0;  // of the batch that the thread is writing
  uint64_t lost_ = 0;
  bool asleep_ = false;
  bool stop_ = false;
  bool ended_ = false;
};

absl::StatusOr<std::unique_ptr<LogWriter>> LogWriter::Start(LogTarget target,
                                                            int fd) {
  auto queue = std::make_shared<Queue>(target, fd);
  if (target == LogTarget::kSyslog) {
    openlog("mailverdictd", LOG_PID | LOG_NDELAY, LOG_MAIL);
  }
  // A quiet thread: a log that was closed must not kill by SIGPIPE.
  absl::StatusOr<std::thread> thread = StartThread([queue] { queue->Run(); });
  if (!thread.ok()) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the log is written by a thread, and there is ",
                     thread.status().message()));
  }
  return std::unique_ptr<LogWriter>(
      new LogWriter(std::move(queue), *std::move(thread)));
}

LogWriter::LogWriter(std::shared_ptr<Queue> queue, std::thread thread)
    : queue_(std::move(queue)), thread_(std::move(thread)) {}

LogWriter::~LogWriter() {
  if (queue_->Stop()) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void LogWriter::Write(Severity severity, Pieces pieces) {
  queue_->Add(severity, pieces);
}

}  // namespace mailverdict
