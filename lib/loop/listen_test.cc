#include "lib/loop/listen.h"

#include <dirent.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailverdict {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// An empty directory with a name short enough for a socket's path.
class UnixListen : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/mv-listen-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory_ = name;
    path_ = directory_ + "/map";
  }
  void TearDown() override {
    for (const std::string& name : Names()) {
      unlink((directory_ + "/" + name).c_str());
    }
    rmdir(directory_.c_str());
  }
  std::set<std::string> Names() const {
    std::set<std::string> names;
    DIR* directory = opendir(directory_.c_str());
    while (const dirent* entry = readdir(directory)) {
      if (entry->d_name[0] != '.') names.insert(entry->d_name);
    }
    closedir(directory);
    return names;
  }
  // Leaves a socket at the path, like a daemon that was killed.
  void LeaveStaleSocket() const {
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    const sockaddr_un name = Name();
    ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name),
              0);
    ASSERT_EQ(listen(fd, 1), 0);
    close(fd);
  }
  bool CanConnect() const {
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    const sockaddr_un name = Name();
    const bool connected =
        connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
    close(fd);
    return connected;
  }
  std::string Error(const UnixSocketOptions& options = {}) const {
    auto sockets = Listen("unix:" + path_, options);
    return sockets.ok() ? "" : std::string(sockets.status().ToString());
  }

  sockaddr_un Name() const {
    sockaddr_un name = {};
    name.sun_family = AF_UNIX;
    path_.copy(name.sun_path, sizeof name.sun_path - 1);
    return name;
  }

  std::string directory_, path_;
};

TEST_F(UnixListen, GivesTheSocketItsModeWhateverTheUmask) {
  for (const mode_t mode : {0600, 0660, 0666}) {
    UnixSocketOptions options;
    options.mode = mode;
    const mode_t old = umask(mode == 0666 ? 077 : 0);
    auto sockets = Listen("unix:" + path_, options);
    umask(old);
    ASSERT_TRUE(sockets.ok()) << sockets.status();
    struct stat found;
    ASSERT_EQ(lstat(path_.c_str(), &found), 0);
    EXPECT_TRUE(S_ISSOCK(found.st_mode));
    EXPECT_EQ(found.st_mode & 07777, mode);
    EXPECT_EQ(Names(), std::set<std::string>{"map"}) << "no temporary name";
    EXPECT_EQ((*sockets)[0].address(), "unix:" + path_);
    EXPECT_TRUE(CanConnect());
  }
}

TEST_F(UnixListen, GivesTheSocketItsOwnerAndGroup) {
  if (chown(directory_.c_str(), 12345, 1) != 0) {
    GTEST_SKIP() << "only root, with all users, can give a socket away";
  }
  UnixSocketOptions options;
  options.owner = "12345";
  options.group = "daemon";
  auto sockets = Listen("unix:" + path_, options);
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  struct stat found;
  ASSERT_EQ(lstat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_uid, 12345u);
  EXPECT_EQ(found.st_gid, 1u);
}

TEST_F(UnixListen, NamesAUserOrGroupThatDoesNotExist) {
  UnixSocketOptions options;
  options.owner = "nobody-of-that-name";
  EXPECT_THAT(Error(options), HasSubstr("no user nobody-of-that-name"));
  options.owner.clear();
  options.group = "no-such-group";
  EXPECT_THAT(Error(options), HasSubstr("no group no-such-group"));
  EXPECT_TRUE(Names().empty());
}

TEST_F(UnixListen, ReplacesTheSocketOfADeadDaemon) {
  LeaveStaleSocket();
  ASSERT_FALSE(CanConnect());
  auto sockets = Listen("unix:" + path_);
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  EXPECT_TRUE(CanConnect());
}

TEST_F(UnixListen, LeavesTheSocketOfALiveDaemonAlone) {
  auto first = Listen("unix:" + path_);
  ASSERT_TRUE(first.ok());
  EXPECT_THAT(Error(), HasSubstr(path_ + ": a running program answers there"));
  EXPECT_TRUE(CanConnect());
}

TEST_F(UnixListen, LeavesWhatIsNotASocketAlone) {
  std::ofstream(path_) << "precious";
  EXPECT_THAT(Error(), HasSubstr("is not a socket; remove it"));
  std::string content;
  std::ifstream(path_) >> content;
  EXPECT_EQ(content, "precious");
}

TEST_F(UnixListen, RemovesItsPathAtTheEndButNotItsSuccessors) {
  { ASSERT_TRUE(Listen("unix:" + path_).ok()); }
  EXPECT_TRUE(Names().empty());
  auto first = Listen("unix:" + path_);
  ASSERT_TRUE(first.ok());
  ASSERT_EQ(unlink(path_.c_str()), 0);
  auto second = Listen("unix:" + path_);
  ASSERT_TRUE(second.ok());
  { auto end = *std::move(first); }
  EXPECT_TRUE(CanConnect());
}

TEST_F(UnixListen, SaysWhatIsWrongWithAPath) {
  path_ = directory_ + "/" + std::string(100, 'x');
  EXPECT_THAT(Error(), HasSubstr("too long"));
  path_ = directory_ + "/missing/map";
  EXPECT_THAT(Error(), HasSubstr("make its directory"));
}

std::string InetError(const std::string& address) {
  auto sockets = Listen(address);
  return sockets.ok() ? "" : std::string(sockets.status().ToString());
}

// Passes on a listening socket as a service manager does, by environment
// variables.
class Inherited : public UnixListen {
 protected:
  void TearDown() override {
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    UnixListen::TearDown();
  }
  int Hand(pid_t to) {
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    const sockaddr_un name = Name();
    EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name),
              0);
    EXPECT_EQ(listen(fd, 9), 0);
    setenv("LISTEN_PID", std::to_string(to).c_str(), 1);
    // Lower descriptors are not sockets, or not this test's.
    setenv("LISTEN_FDS", std::to_string(fd - 2).c_str(), 1);
    return fd;
  }
};

TEST_F(Inherited, IsUsedAndItsPathStays) {
  const int fd = Hand(getpid());
  const int manager = dup(fd);
  {
    const auto sockets = Listen("unix:" + path_);
    ASSERT_TRUE(sockets.ok()) << sockets.status();
    ASSERT_EQ(sockets->size(), 1u);
    EXPECT_EQ(sockets->front().fd(), fd);
    EXPECT_EQ(sockets->front().address(), "unix:" + path_);
    EXPECT_TRUE(sockets->front().inherited());
  }
  EXPECT_TRUE(CanConnect()) << "while nobody serves";
  EXPECT_EQ(Names(), std::set<std::string>{"map"});
  close(manager);
}

TEST_F(Inherited, IsOnlyForItsAddress) {
  const int fd = Hand(getpid());
  const auto sockets = Listen("unix:" + path_ + "2");
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  EXPECT_NE(sockets->front().fd(), fd);
  EXPECT_FALSE(sockets->front().inherited());
  close(fd);
}

TEST_F(Inherited, IsNotForAChildOfWhoWasGivenIt) {
  const int fd = Hand(getppid());
  EXPECT_FALSE(Listen("unix:" + path_).ok()) << "somebody answers there";
  close(fd);
}

TEST(InetListen, TellsTheAddressAndPortThatItGot) {
  auto sockets = Listen("inet:127.0.0.1:0");
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  ASSERT_EQ(sockets->size(), 1u);
  EXPECT_THAT((*sockets)[0].address(), StartsWith("inet:127.0.0.1:"));
  EXPECT_NE((*sockets)[0].address(), "inet:127.0.0.1:0");
  EXPECT_THAT(InetError((*sockets)[0].address()),
              HasSubstr("another program listens there"));
}

TEST(InetListen, TakesNamesAndIpv6) {
  auto named = Listen("inet:localhost:0");
  EXPECT_TRUE(named.ok()) << named.status();
  auto six = Listen("inet:[::1]:0");
  if (!six.ok()) GTEST_SKIP() << "no IPv6 here: " << six.status();
  EXPECT_THAT((*six)[0].address(), StartsWith("inet:[::1]:"));
}

TEST(InetListen, SaysHowAnAddressIsWritten) {
  EXPECT_THAT(InetError("127.0.0.1:7777"), HasSubstr("write inet:HOST:PORT"));
  EXPECT_THAT(InetError("unix:relative"), HasSubstr("unix:/ABSOLUTE/PATH"));
  EXPECT_THAT(InetError("inet:127.0.0.1"), HasSubstr("inet:HOST:PORT"));
  EXPECT_THAT(InetError("inet:127.0.0.1:x"), HasSubstr("port from 0 to"));
  EXPECT_THAT(InetError("inet:127.0.0.1:65536"), HasSubstr("port from 0 to"));
  EXPECT_THAT(InetError("inet:::1:7777"), HasSubstr("in brackets"));
  EXPECT_THAT(InetError("inet::7777"), HasSubstr("host is missing"));
  EXPECT_THAT(InetError("inet:192.0.2.1:0"), HasSubstr("address of this host"));
}

}  // namespace
}  // namespace mailverdict
