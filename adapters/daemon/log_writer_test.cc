#include "adapters/daemon/log_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "lib/loop/no_threads_testing.h"

namespace mailverdict {
namespace {

// A pipe whose reader is slow, or gone.
class LogPipe {
 public:
  LogPipe() {
    signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(pipe2(fds_, O_CLOEXEC), 0);
  }
  ~LogPipe() {
    CloseReader();
    CloseWriter();
  }

  int writer() const { return fds_[1]; }
  void CloseReader() { Close(&fds_[0]); }
  void CloseWriter() { Close(&fds_[1]); }

  // Waits until a writer has nothing left but to wait for us.
  void WaitUntilFull() const {
    pollfd room{fds_[1], POLLOUT, 0};
    while (poll(&room, 1, 0) == 1) std::this_thread::yield();
  }

  // Up to and with the first line that has `words`.
  std::vector<std::string> ReadUntil(const std::string& words) {
    while (!absl::StrContains(text_, words) || text_.back() != '\n') {
      if (!ReadSome()) break;
    }
    return TakeLines();
  }

  // REQUIRES: all writers are closed.
  std::vector<std::string> ReadAll() {
    while (ReadSome()) {
    }
    return TakeLines();
  }

 private:
  static void Close(int* fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
  }

  bool ReadSome() {
    char bytes[65536];
    const ssize_t count = read(fds_[0], bytes, sizeof bytes);
    if (count > 0) text_.append(bytes, static_cast<size_t>(count));
    return count > 0;
  }

  std::vector<std::string> TakeLines() {
    std::vector<std::string> lines = absl::StrSplit(text_, '\n');
    EXPECT_EQ(lines.back(), "") << "the last line has no end";
    lines.pop_back();
    text_.clear();
    return lines;
  }

  int fds_[2];
  std::string text_;
};

std::vector<std::string> Written(
    const std::vector<std::pair<Severity, std::string>>& lines) {
  LogPipe pipe;
  {
    const auto owner = *LogWriter::Start(LogTarget::kStderr, pipe.writer());
    LogWriter& log = *owner;
    for (const auto& [severity, line] : lines) log.Write(severity, line);
  }
  pipe.CloseWriter();
  return pipe.ReadAll();
}

TEST(LogWriter, WritesWhatIsWaitingBeforeItEnds) {
  EXPECT_EQ(Written({{Severity::kInfo, "one"},
                     {Severity::kWarning, "two"},
                     {Severity::kError, "three"}}),
            (std::vector<std::string>{"one", "warning: two", "error: three"}));
}

TEST(LogWriter, WritesNothingWhenThereIsNothing) {
  EXPECT_TRUE(Written({}).empty());
}

TEST(LogWriter, NobodyCanForgeALine) {
  EXPECT_EQ(Written({{Severity::kInfo, "to=<a\r\nto=<b>\t\x1b[2J\x7f>"},
                     {Severity::kInfo, std::string("nul\0.", 5)},
                     {Severity::kInfo, "b\xc3\xa9 \xe2\x80\xa8 \x85"},
                     {Severity::kInfo, "%s%n ~"}}),
            (std::vector<std::string>{
                R"(to=<a\x0d\x0ato=<b>\x09\x1b[2J\x7f>)", R"(nul\x00.)",
                R"(b\xc3\xa9 \xe2\x80\xa8 \x85)", "%s%n ~"}));
}

TEST(LogWriter, KeepsOneLineWhateverItsLength) {
  for (size_t length : {0, 4094, 4095, 4096, 4097, 30000}) {
    const std::string line(length, 'x');
    EXPECT_EQ(Written({{Severity::kInfo, line}, {Severity::kError, line}}),
              (std::vector<std::string>{line, "error: " + line}));
  }
}

TEST(LogWriter, KeepsTheOrderOfEachThread) {
  constexpr int kThreads = 4, kLines = 500;
  LogPipe pipe;
  auto log = *LogWriter::Start(LogTarget::kStderr, pipe.writer());
  std::vector<std::string> lines;
  std::thread reader([&] { lines = pipe.ReadUntil("the end"); });
  std::vector<std::thread> writers;
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&log, t] {
      for (int i = 0; i < kLines; ++i) {
        log->Write(Severity::kInfo, absl::StrCat(t, " ", i));
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  log->Write(Severity::kInfo, "the end");
  reader.join();
  ASSERT_EQ(lines.size(), kThreads * kLines + 1u);
  for (int t = 0; t < kThreads; ++t) {
    int next = 0;
    for (const std::string& line : lines) {
      if (!absl::StartsWith(line, absl::StrCat(t, " "))) continue;
      EXPECT_EQ(line, absl::StrCat(t, " ", next++));
    }
    EXPECT_EQ(next, kLines);
  }
}

TEST(LogWriter, ABlockedPipeCostsBoundedMemoryAndTheLossIsCounted) {
  constexpr size_t kLine = 1000;
  const size_t offered = 3 * LogWriter::kMaxWaitingBytes / kLine;
  LogPipe pipe;
  auto log = *LogWriter::Start(LogTarget::kStderr, pipe.writer());
  for (size_t i = 0; i < offered; ++i) {
    std::string line = absl::StrCat(i, " ");
    line.resize(kLine, 'x');
    log->Write(Severity::kInfo, line);
    if (i == 100) pipe.WaitUntilFull();
  }
  const std::vector<std::string> lines = pipe.ReadUntil("lines lost");
  const size_t kept = lines.size() - 1;
  EXPECT_EQ(lines.back(), absl::StrCat("warning: ", offered - kept,
                                       " log lines lost: the log is written "
                                       "more slowly than mail arrives"));
  // What the pipe itself holds was written.
  EXPECT_LE(kept * kLine, LogWriter::kMaxWaitingBytes + 64 * 1024 + kLine);
  EXPECT_GE(kept * kLine, LogWriter::kMaxWaitingBytes / 2);
  for (size_t i = 0; i < kept; ++i) {
    ASSERT_TRUE(absl::StartsWith(lines[i], absl::StrCat(i, " "))) << lines[i];
  }
  // And all is well afterwards.
  log->Write(Severity::kInfo, "after");
  EXPECT_EQ(pipe.ReadUntil("after"), std::vector<std::string>{"after"});
}

TEST(LogWriter, EmptyLinesAreBoundedToo) {
  LogPipe pipe;
  const auto owner = *LogWriter::Start(LogTarget::kStderr, pipe.writer());
  LogWriter& log = *owner;
  const size_t offered = LogWriter::kMaxWaitingBytes / 8;
  for (size_t i = 0; i < offered; ++i) {
    log.Write(Severity::kInfo, i < 200 ? std::string(1000, 'x') : "");
    if (i == 199) pipe.WaitUntilFull();
  }
  EXPECT_LT(pipe.ReadUntil("lines lost").size(),
            LogWriter::kMaxWaitingBytes / 16);
}

TEST(LogWriter, ANonBlockingPipeLosesNothing) {
  LogPipe pipe;
  fcntl(pipe.writer(), F_SETFL, O_NONBLOCK);
  const auto owner = *LogWriter::Start(LogTarget::kStderr, pipe.writer());
  LogWriter& log = *owner;
  for (int i = 0; i < 500; ++i) {
    log.Write(Severity::kInfo, std::string(1000, 'x'));
  }
  log.Write(Severity::kInfo, "the end");
  pipe.WaitUntilFull();
  EXPECT_EQ(pipe.ReadUntil("the end").size(), 501u);
}

TEST(LogWriter, AClosedPipeHoldsUpNothing) {
  LogPipe pipe;
  pipe.CloseReader();
  const auto owner = *LogWriter::Start(LogTarget::kStderr, pipe.writer());
  LogWriter& log = *owner;
  for (int i = 0; i < 1000; ++i) {
    log.Write(Severity::kInfo, std::string(1000, 'x'));
  }
}

TEST(LogWriter, ADiskThatIsFullHoldsUpNothing) {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  if (full < 0) GTEST_SKIP() << "there is no /dev/full";
  {
    const auto owner = *LogWriter::Start(LogTarget::kStderr, full);
    LogWriter& log = *owner;
    log.Write(Severity::kInfo, "lost");
  }
  close(full);
}

TEST(LogWriter, WithoutAThreadItSaysSo) {
  const NoThreads none;
  const auto log = LogWriter::Start(LogTarget::kStderr);
  EXPECT_EQ(log.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(absl::StrContains(log.status().message(),
                                "the log is written by a thread, and there is "
                                "no thread to spare"))
      << log.status();
}

TEST(LogWriter, EndsThoughNobodyReadsThePipe) {
  static LogPipe& pipe = *new LogPipe;  // the thread stays in its write
  auto log = *LogWriter::Start(LogTarget::kStderr, pipe.writer());
  for (int i = 0; i < 200; ++i) {
    log->Write(Severity::kInfo, std::string(1000, 'x'));
  }
  pipe.WaitUntilFull();
  const absl::Time began = absl::Now();
  log.reset();
  EXPECT_LT(absl::Now() - began, LogWriter::kMaxFlushWait + absl::Seconds(1));
}

}  // namespace
}  // namespace mailverdict
