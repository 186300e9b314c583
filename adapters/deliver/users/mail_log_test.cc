#include "adapters/deliver/users/mail_log.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/loop/deadline.h"

namespace mailverdict::deliver {
namespace {

using ::testing::EndsWith;
using ::testing::MatchesRegex;

// A syslog daemon, which can be restarted.
class Syslog : public ::testing::Test {
 protected:
  void SetUp() override {
    char directory[] = "/tmp/mv-log-XXXXXX";
    ASSERT_NE(mkdtemp(directory), nullptr);
    directory_ = directory;
    path_ = directory_ + "/log";
  }
  void TearDown() override {
    Stop();
    rmdir(directory_.c_str());
  }
  void Begin() {
    fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un name = {};
    name.sun_family = AF_UNIX;
    path_.copy(name.sun_path, sizeof name.sun_path - 1);
    ASSERT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  }
  void Stop() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
    unlink(path_.c_str());
  }
  // The next message; "" if there is none.
  std::string Take() {
    char bytes[4096];
    const ssize_t count = recv(fd_, bytes, sizeof bytes, 0);
    return count < 0 ? "" : std::string(bytes, static_cast<size_t>(count));
  }

  std::string directory_, path_;
  int fd_ = -1;
};

TEST_F(Syslog, TakesLinesInItsForm) {
  Begin();
  MailLog log({path_, absl::Seconds(1), -1});
  log.Write(Severity::kInfo, "one");
  log.Write(Severity::kWarning, "two");
  log.Write(Severity::kError, "three");
  const std::string rest =
      "[A-Z][a-z][a-z] [ 0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9] "
      "mailverdict-deliver\\[[0-9]+\\]: ";
  EXPECT_THAT(Take(), MatchesRegex("<22>" + rest + "one"));
  EXPECT_THAT(Take(), MatchesRegex("<20>" + rest + "two"));
  EXPECT_THAT(Take(), MatchesRegex("<19>" + rest + "three"));
}

TEST_F(Syslog, LinesAreEscapedAndCut) {
  Begin();
  MailLog log({path_, absl::Seconds(1), -1});
  log.Write(Severity::kInfo, "a\nb\x1b\xff");
  EXPECT_THAT(Take(), EndsWith("]: a\\x0ab\\x1b\\xff"));
  log.Write(Severity::kInfo, std::string(10000, 'x'));
  EXPECT_THAT(Take(), EndsWith("]: " + std::string(900, 'x')));
}

TEST_F(Syslog, MayBeRestarted) {
  Begin();
  MailLog log({path_, absl::Seconds(1), -1});
  log.Write(Severity::kInfo, "one");
  EXPECT_THAT(Take(), EndsWith("one"));
  Stop();
  log.Write(Severity::kInfo, "lost");
  Begin();
  log.Write(Severity::kInfo, "two");
  EXPECT_THAT(Take(), EndsWith("two"));
}

size_t OpenDescriptors() {
  size_t count = 0;
  for (int fd = 0; fd < 1024; ++fd) count += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

// A proxy lives through many restarts of its syslog.
TEST_F(Syslog, EachConnectionIsClosedBeforeTheNext) {
  const size_t before = OpenDescriptors();
  {
    MailLog log({path_, absl::Seconds(1), -1});
    for (int i = 0; i < 10; ++i) {
      Begin();
      log.Write(Severity::kInfo, "x");
      Stop();
      log.Write(Severity::kInfo, "lost");
    }
    EXPECT_LE(OpenDescriptors(), before + 1);
  }
  EXPECT_EQ(OpenDescriptors(), before);
}

TEST_F(Syslog, ThatHangsHoldsUpNobodyForLongerThanPatience) {
  Begin();
  MailLog log({path_, absl::Milliseconds(50), -1});
  const Deadline limit = Deadline::After(absl::Seconds(30));
  for (int i = 0; i < 2000; ++i) log.Write(Severity::kInfo, "x");
  EXPECT_FALSE(limit.passed());
}

TEST_F(Syslog, ThatIsNotThereLeavesLinesToTheOtherDescriptor) {
  int pipe[2];
  ASSERT_EQ(pipe2(pipe, O_CLOEXEC), 0);
  MailLog log({path_, absl::ZeroDuration(), pipe[1]});
  log.Write(Severity::kInfo, "a\nb");
  char bytes[100];
  const ssize_t count = read(pipe[0], bytes, sizeof bytes);
  EXPECT_EQ(std::string(bytes, static_cast<size_t>(count)), "a\\x0ab\n");
  close(pipe[0]);
  close(pipe[1]);
  MailLog({path_, absl::Seconds(1), -1}).Write(Severity::kInfo, "lost");
}

TEST(WriteWithTimeout, WritesAllOrGivesUpInTime) {
  int pipe[2];
  ASSERT_EQ(pipe2(pipe, O_CLOEXEC), 0);
  const Deadline limit = Deadline::After(absl::Seconds(30));
  WriteWithTimeout(pipe[1], std::string(1 << 20, 'x'), absl::Milliseconds(50));
  EXPECT_FALSE(limit.passed());
  int there = 0;
  for (char bytes[4096]; there < 65536;) {
    there += static_cast<int>(read(pipe[0], bytes, sizeof bytes));
  }
  EXPECT_EQ(there, 65536);
  WriteWithTimeout(-1, "x", absl::Seconds(1));
  close(pipe[0]);
  close(pipe[1]);
}

}  // namespace
}  // namespace mailverdict::deliver
