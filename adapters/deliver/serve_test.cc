// The services as processes.

#include "adapters/deliver/serve.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "adapters/deliver/wrapper/wrapper_testing.h"
#include "adapters/socketmap/socket_address.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailverdict::deliver {
namespace {

using ::testing::HasSubstr;

class ServeMap : public ::testing::Test {
 protected:
  void SetUp() override {
    char directory[] = "/tmp/mv-serve-XXXXXX";
    ASSERT_NE(mkdtemp(directory), nullptr);
    directory_ = directory;
    address_ = "unix:" + directory_ + "/local";
    words_ = {kDeliver, "--map",   address_, "--domain",
              "a.test", "--proof", "passwd"};
  }
  void TearDown() override { rmdir(directory_.c_str()); }

  // A connection, as soon as there is somebody to take it; within 30 s.
  int Connect() const {
    const auto address = ParseSocketAddress(address_);
    for (int tries = 0; tries < 3000; ++tries) {
      const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (connect(fd, reinterpret_cast<const sockaddr*>(&address->name),
                  address->size) == 0) {
        return fd;
      }
      close(fd);
      usleep(10000);
    }
    ADD_FAILURE() << "nobody listens at " << address_;
    return -1;
  }
  static std::string Ask(int fd, const std::string& request) {
    send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    char bytes[1000];
    const ssize_t count = recv(fd, bytes, sizeof bytes, 0);
    return std::string(bytes, count < 0 ? 0 : static_cast<size_t>(count));
  }

  std::string directory_, address_;
  Words words_;
};

TEST_F(ServeMap, AnswersUntilSigterm) {
  Start start;
  start.meanwhile = [this](pid_t pid) {
    const int fd = Connect(), other = Connect();
    EXPECT_EQ(Ask(fd, "10:local root,"), "7:OK root,");
    EXPECT_EQ(Ask(other, "17:local root@a.test,"), "7:OK root,");
    EXPECT_EQ(Ask(fd, "17:local root@b.test,").substr(0, 8), "44:TEMP ");
    EXPECT_EQ(Ask(fd, "13:local @a.test,"), "9:NOTFOUND ,");
    kill(pid, SIGTERM);
    EXPECT_EQ(Ask(other, ""), "");  // the end
    close(fd);
    close(other);
  };
  EXPECT_EQ(RunProgram(words_, start).status, 0);
}

TEST_F(ServeMap, DoesNotTakeAnotherOnesSocket) {
  Start start;
  start.meanwhile = [this](pid_t pid) {
    close(Connect());
    const End second = RunProgram(words_);
    EXPECT_EQ(second.status, 1);
    EXPECT_THAT(second.output, HasSubstr(address_));
    kill(pid, SIGTERM);
  };
  EXPECT_EQ(RunProgram(words_, start).status, 0);
}

TEST(Serve, EndsWith1AtWrongOptions) {
  EXPECT_EQ(RunProgram({kDeliver, "--map", "unix:/a"}).status, 1);
  EXPECT_EQ(RunProgram({kDeliver, "--lmtp", "unix:/a"}).status, 1);
  EXPECT_EQ(RunProgram({kDeliver, "--lmtp", "unix:/no/such/directory/x",
                        "--backend", "unix:/b"})
                .status,
            1);
  EXPECT_EQ(
      RunProgram({kDeliver, "--map", "nowhere", "--domain", "a.test"}).status,
      1);
}

}  // namespace
}  // namespace mailverdict::deliver
