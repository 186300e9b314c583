// What the wrapper does beside the exit status: input, output, signals, time.

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "adapters/deliver/wrapper/wrapper_testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailverdict::deliver {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string TemporaryFile(const std::string& name) {
  return std::string(getenv("TEST_TMPDIR")) + "/" + name;
}

std::string Contents(const std::string& file) {
  std::ostringstream all;
  all << std::ifstream(file, std::ios::binary).rdbuf();
  return all.str();
}

std::string RandomBytes(size_t size) {
  std::mt19937 random(1);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                         begin_)
        .count();
  }

 private:
  const std::chrono::steady_clock::time_point begin_ =
      std::chrono::steady_clock::now();
};

// --- Input ---

TEST(WrapperInput, FromAFileArrivesUnchanged) {
  const std::string in = TemporaryFile("in"), out = TemporaryFile("out");
  const std::string message = RandomBytes(5 << 20);
  std::ofstream(in, std::ios::binary) << message;
  Start start;
  start.stdin_fd = open(in.c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(DeliverBy("cat > " + out, {}, start).status, 0);
  close(start.stdin_fd);
  EXPECT_TRUE(Contents(out) == message);
}

TEST(WrapperInput, FromAPipeArrivesUnchanged) {
  const std::string out = TemporaryFile("out");
  const std::string message = RandomBytes(5 << 20);
  int pipe[2];
  ASSERT_EQ(pipe2(pipe, O_CLOEXEC), 0);
  Start start;
  start.stdin_fd = pipe[0];
  start.meanwhile = [&](pid_t) {
    close(pipe[0]);
    for (size_t at = 0; at < message.size();) {
      const ssize_t count =
          write(pipe[1], message.data() + at, message.size() - at);
      ASSERT_GT(count, 0);
      at += static_cast<size_t>(count);
    }
    close(pipe[1]);
  };
  EXPECT_EQ(DeliverBy("cat > " + out, {}, start).status, 0);
  EXPECT_TRUE(Contents(out) == message);
}

TEST(WrapperInput, IsLeftToTheProgramToTheLastByte) {
  const std::string in = TemporaryFile("in");
  std::ofstream(in) << std::string(1000, 'x');
  Start start;
  start.stdin_fd = open(in.c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(DeliverBy("dd bs=1 count=10 status=none", {}, start).status, 0);
  EXPECT_EQ(lseek(start.stdin_fd, 0, SEEK_CUR), 10);
  close(start.stdin_fd);
}

// A writer that we kept waiting would wait for its own time limit.
TEST(WrapperInput, ThatTheProgramClosesIsClosedForTheMta) {
  signal(SIGPIPE, SIG_IGN);
  int pipe[2];
  ASSERT_EQ(pipe2(pipe, O_CLOEXEC), 0);
  Progress progress;
  Start start;
  start.stdin_fd = pipe[0];
  start.fd9 = progress.writer();
  start.meanwhile = [&](pid_t pid) {
    close(pipe[0]);
    EXPECT_EQ(progress.Line(), "closed");
    // The wrapper may not have closed its own yet.
    pollfd closed{pipe[1], 0, 0};
    EXPECT_EQ(poll(&closed, 1, 30'000), 1);
    EXPECT_EQ(write(pipe[1], "x", 1), -1);
    EXPECT_EQ(errno, EPIPE);
    close(pipe[1]);
    kill(pid, SIGTERM);
  };
  EXPECT_EQ(
      DeliverBy("exec <&-; echo closed >&9; exec sleep 60", {}, start).status,
      75);
}

// --- Output ---

TEST(WrapperOutput, IsTheProgramsOwnWhenItsStatusStands) {
  const End end = DeliverBy("echo out; echo err >&2; exit 77");
  EXPECT_EQ(end.status, 77);
  EXPECT_EQ(end.output, "out\nerr\n");
  EXPECT_EQ(DeliverBy("echo done").output, "done\n");
}

// Postfix bounces at an enhanced status in the output, whatever 75 says.
TEST(WrapperOutput, NeverBeginsWithAnEnhancedStatusWhenWeExitWith75) {
  for (const int status : {67, 69, 75}) {
    const End end =
        DeliverBy(absl::StrCat("echo 5.1.1 user unknown; exit ", status));
    EXPECT_EQ(end.status, 75);
    EXPECT_THAT(end.output, StartsWith("mailverdict-deliver: exit status "));
    EXPECT_THAT(end.output, EndsWith("\n5.1.1 user unknown\n"));
  }
}

TEST(WrapperOutput, OfTenMegabytesIsReadAndCut) {
  const End end = DeliverBy("head -c 10000000 /dev/zero | tr '\\0' x; exit 77");
  EXPECT_EQ(end.status, 77);
  EXPECT_THAT(end.output, StartsWith(std::string(64 * 1024, 'x') + "\n"));
  EXPECT_THAT(end.output, EndsWith("mailverdict-deliver: 9934464 bytes more "
                                   "are left out\n"));
}

TEST(WrapperOutput, DoesNotWaitForAGrandchildThatHoldsIt) {
  for (const char* script : {"sleep 60 & echo $! >&9; echo hi; exit 77",
                             "yes & echo $! >&9; echo hi; exit 77"}) {
    Progress progress;
    Start start;
    start.fd9 = progress.writer();
    int grandchild = 0;
    start.meanwhile = [&](pid_t) { grandchild = std::stoi(progress.Line()); };
    const Stopwatch watch;
    const End end = DeliverBy(script, {}, start);
    EXPECT_LT(watch.seconds(), 50);
    EXPECT_EQ(end.status, 77);
    kill(grandchild, SIGKILL);
  }
}

TEST(WrapperOutput, ThatNobodyTakesChangesNothing) {
  Start start;
  start.stdout_fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
  EXPECT_EQ(DeliverBy("echo x; exit 77", {}, start).status, 77);
  EXPECT_EQ(DeliverBy("echo x; exit 1", {}, start).status, 75);
  EXPECT_EQ(DeliverBy("echo x", {}, start).status, 0);
  close(start.stdout_fd);

  int pipe[2];
  ASSERT_EQ(pipe2(pipe, O_CLOEXEC), 0);
  close(pipe[0]);
  start.stdout_fd = pipe[1];  // SIGPIPE
  EXPECT_EQ(DeliverBy("echo x; exit 77", {}, start).status, 77);
  EXPECT_EQ(DeliverBy("echo x", {}, start).status, 0);
  close(pipe[1]);
}

// Postfix reads it when the program has ended, from a pipe that does not block.
TEST(WrapperOutput, ThatNobodyReadsIsGivenUpInTime) {
  for (const int flags : {0, O_NONBLOCK}) {
    int pipe[2];
    ASSERT_EQ(pipe2(pipe, O_CLOEXEC | flags), 0);
    Start start;
    start.stdout_fd = pipe[1];
    const Stopwatch watch;
    EXPECT_EQ(DeliverBy("head -c 100000 /dev/zero", {}, start).status, 0);
    EXPECT_LT(watch.seconds(), 50);
    close(pipe[0]);
    close(pipe[1]);
  }
}

// --- What the program finds ---

TEST(WrapperEnvironment, IsTheOneThatWeGot) {
  Start start;
  start.environment = {"A=1", "B=x y", "RECIPIENT=j@example.org"};
  start.prepare = [] {
    umask(027);
    if (chdir("/usr") != 0) _exit(98);
  };

  char here[4096];
  ASSERT_NE(getcwd(here, sizeof here), nullptr);
  const std::string deliver = std::string(here) + "/" + kDeliver;
  EXPECT_EQ(RunProgram({deliver, "--", "/bin/pwd"}, start).output, "/usr\n");
  EXPECT_EQ(RunProgram({deliver, "--", "/usr/bin/env"}, start).output,
            "A=1\nB=x y\nRECIPIENT=j@example.org\n");
  EXPECT_EQ(RunProgram({deliver, "--", "/bin/sh", "-c", "umask"}, start).output,
            "0027\n");
}

TEST(WrapperEnvironment, ArgumentsArriveAsTheyAre) {
  EXPECT_EQ(Deliver({}, {"/usr/bin/printf", "<%s>", "a b", "", "--", "--help"})
                .output,
            "<a b><><--><--help>");
}

TEST(WrapperEnvironment, SignalsAreAsTheyWere) {
  const Words show = {"/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"};
  for (const bool set : {false, true}) {
    Start start;
    start.prepare = [set] {
      sigset_t mask;
      sigemptyset(&mask);
      if (set) {
        for (const int number : {SIGUSR1, SIGTERM, SIGCHLD}) {
          sigaddset(&mask, number);
        }
      }
      sigprocmask(SIG_SETMASK, &mask, nullptr);
      for (const int number : {SIGPIPE, SIGCHLD, SIGHUP, SIGUSR2}) {
        signal(number, set ? SIG_IGN : SIG_DFL);
      }
    };
    const End direct = RunProgram(show, start);
    EXPECT_THAT(direct.output, HasSubstr("SigIgn"));
    EXPECT_EQ(Deliver({}, show, start).output, direct.output);
  }
}

TEST(WrapperEnvironment, SigchldMayBeIgnoredWhenWeStart) {
  Start start;
  start.prepare = [] { signal(SIGCHLD, SIG_IGN); };
  EXPECT_EQ(DeliverBy("exit 0", {}, start).status, 0);
  EXPECT_EQ(DeliverBy("exit 77", {}, start).status, 77);
}

TEST(WrapperEnvironment, ClosedDescriptorsBecomeDevNull) {
  for (int closed = 0; closed < 8; ++closed) {
    Start start;
    start.prepare = [closed] {
      for (int fd = 0; fd < 3; ++fd) {
        if ((closed & 1 << fd) != 0) close(fd);
      }
    };
    const End end =
        DeliverBy("cat && echo out && echo err >&2; exit 77", {}, start);
    EXPECT_EQ(end.status, 77) << closed;
    EXPECT_EQ(end.output, (closed & 2) != 0 ? "" : "out\nerr\n") << closed;
  }
}

TEST(WrapperEnvironment, NoDescriptorOfOursIsLeftToTheProgram) {
  const Words show = {"/bin/ls", "/proc/self/fd"};
  EXPECT_EQ(Deliver({}, show).output, RunProgram(show).output);
}

// --- Signals and time ---

// Sends `signal` when the program says that it is ready.
End Signalled(int signal, const std::string& script,
              const Words& options = {}) {
  Progress progress;
  Start start;
  start.fd9 = progress.writer();
  start.meanwhile = [&](pid_t pid) {
    EXPECT_EQ(progress.Line(), "ready");
    kill(pid, signal);
  };
  return DeliverBy(script, options, start);
}

constexpr char kLoop[] = "echo ready >&9; while :; do sleep 0.01; done";

TEST(WrapperSignal, IsPassedOnAndThatIs75) {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    const End end = Signalled(number, kLoop);
    EXPECT_EQ(end.status, 75) << number;
    EXPECT_THAT(end.output,
                HasSubstr(absl::StrCat("end after our signal ", number)));
  }
}

TEST(WrapperSignal, AfterWhichTheProgramDeliversIs0) {
  EXPECT_EQ(
      Signalled(SIGTERM, absl::StrCat("trap 'exit 0' TERM; ", kLoop)).status,
      0);
}

TEST(WrapperSignal, AfterWhichTheProgramSaysAnythingElseIs75) {
  for (const int status : {1, 67, 75, 77}) {
    EXPECT_EQ(Signalled(SIGTERM,
                        absl::StrCat("trap 'exit ", status, "' TERM; ", kLoop),
                        {"--pass", "1"})
                  .status,
              75)
        << status;
  }
}

TEST(WrapperSignal, ThatCameIgnoredStaysIgnored) {
  Progress progress;
  Start start;
  start.fd9 = progress.writer();
  start.prepare = [] { signal(SIGHUP, SIG_IGN); };
  start.meanwhile = [&](pid_t pid) {
    EXPECT_EQ(progress.Line(), "ready");
    kill(pid, SIGHUP);
    kill(pid, SIGTERM);
  };
  EXPECT_THAT(DeliverBy(kLoop, {}, start).output,
              HasSubstr("end after our signal 15"));
}

// The MTA kills our group, where the program is not.
TEST(WrapperSignal, ThatKillsUsTellsTheProgram) {
  Progress progress;
  Start start;
  start.fd9 = progress.writer();
  start.meanwhile = [&](pid_t pid) {
    EXPECT_EQ(progress.Line(), "ready");
    kill(pid, SIGKILL);
    EXPECT_EQ(progress.Line(), "told");
  };
  EXPECT_EQ(DeliverBy(absl::StrCat("trap 'echo told >&9; exit' TERM; ", kLoop),
                      {}, start)
                .status,
            -1);
}

// Long enough for a shell to start on a busy machine.
constexpr char kTimeout[] = "2s";

TEST(WrapperTimeout, EndsTheProgramAndIs75) {
  const Stopwatch watch;
  const End end = DeliverBy("echo so far; sleep 60", {"--timeout", kTimeout});
  EXPECT_LT(watch.seconds(), 50);
  EXPECT_EQ(end.status, 75);
  EXPECT_EQ(
      end.output,
      "mailverdict-deliver: timeout of /bin/sh becomes 75, the MTA tries "
      "again: it may be the fault of this host; see the program's output\n"
      "so far\n");
}

TEST(WrapperTimeout, ReachesTheWholeGroup) {
  Progress progress;
  Start start;
  start.fd9 = progress.writer();
  start.meanwhile = [&](pid_t) {
    EXPECT_EQ(progress.Line(), "ready");
    progress.CloseWriter();
    EXPECT_EQ(progress.Line(), "");  // the end of file: nobody is left
  };
  EXPECT_EQ(DeliverBy("sleep 60 & echo ready >&9; wait",
                      {"--timeout", kTimeout}, start)
                .status,
            75);
}

TEST(WrapperTimeout, KillsAProgramThatStays) {
  const Stopwatch watch;
  const End end = DeliverBy("trap '' TERM; while :; do sleep 0.1; done",
                            {"--timeout", kTimeout});
  EXPECT_EQ(end.status, 75);
  EXPECT_THAT(end.output, HasSubstr("timeout"));
  EXPECT_GT(watch.seconds(), 5);
}

// Left stopped, it could only be killed, and the mail would come twice.
TEST(WrapperTimeout, ContinuesAStoppedProgramThatThenDelivers) {
  EXPECT_EQ(
      DeliverBy("trap 'exit 0' TERM; kill -STOP $$; while :; do sleep 0.01; "
                "done",
                {"--timeout", kTimeout})
          .status,
      0);
}

TEST(WrapperTimeout, AfterWhichTheProgramDeliversIs0) {
  EXPECT_EQ(DeliverBy("trap 'exit 0' TERM; while :; do sleep 0.01; done",
                      {"--timeout", kTimeout})
                .status,
            0);
}

}  // namespace
}  // namespace mailverdict::deliver
