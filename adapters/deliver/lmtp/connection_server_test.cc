#include "adapters/server/connection_server.h"

#include <sys/resource.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "adapters/deliver/lmtp/proxy_testing.h"
#include "gtest/gtest.h"

namespace mailverdict::deliver {
namespace {

// Gives back what it gets until the client, or the server, ends.
void Echo(int fd, int) {
  char bytes[100];
  ssize_t count;
  while ((count = recv(fd, bytes, sizeof bytes, 0)) > 0) {
    SendAll(fd, {bytes, static_cast<size_t>(count)});
  }
}

class ConnectionServerTest : public ::testing::Test {
 protected:
  ConnectionServerTest() {
    options_.address = "unix:" + (directory_ / "socket");
    options_.drain = absl::ZeroDuration();
  }
  ~ConnectionServerTest() override {
    if (thread_.joinable()) Stop().IgnoreError();
  }
  void Start(server::ServeConnection serve = Echo) {
    thread_ = std::thread([this, serve = std::move(serve)] {
      status_ = server::RunConnectionServer(
          options_, stop_.fd(),
          [this](Severity, std::string_view line) {
            const std::lock_guard<std::mutex> lock(mutex_);
            lines_.emplace_back(line);
          },
          serve);
    });
    while (access((directory_ / "socket").c_str(), F_OK) != 0) {
      poll(nullptr, 0, 1);
    }
  }
  absl::Status Stop() {
    stop_.Raise();
    thread_.join();
    return status_;
  }
  std::unique_ptr<TestClient> NewClient() {
    return std::make_unique<TestClient>(directory_ / "socket");
  }

  TestDirectory directory_;
  server::ConnectionServerOptions options_;
  StopSignal stop_;
  std::thread thread_;
  absl::Status status_;
  std::mutex mutex_;
  std::vector<std::string> lines_;  // guarded by mutex_
};

TEST_F(ConnectionServerTest, ServesManyAtOnce) {
  options_.drain = absl::Seconds(kPatienceSeconds);
  Start();
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(NewClient());
  for (const auto& client : clients) client->Send("hello");
  for (const auto& client : clients) EXPECT_TRUE(client->Gets("hello"));
  clients.clear();
  EXPECT_TRUE(Stop().ok());
  EXPECT_TRUE(lines_.empty());
}

TEST_F(ConnectionServerTest, RefusesOneMoreThanTheLimit) {
  options_.max_connections = 2;
  options_.refusal = "not now\r\n";
  Start();
  auto first = NewClient(), second = NewClient();
  first->Send("1");
  second->Send("2");
  EXPECT_TRUE(first->Gets("1"));
  EXPECT_TRUE(second->Gets("2"));
  EXPECT_EQ(NewClient()->ReadToEnd(), "not now\r\n");
  first->FinishSending();
  EXPECT_EQ(first->ReadToEnd(), "");
  // Its place is free; that may take the server a moment to see.
  std::string got;
  while (got != "3") {
    auto third = NewClient();
    third->Send("3");
    got = third->Read(1);
  }
}

TEST_F(ConnectionServerTest, AnAddressThatCannotBeListenedOnIsAnError) {
  options_.address = "unix:/nonexistent/socket";
  EXPECT_FALSE(
      server::RunConnectionServer(options_, stop_.fd(), nullptr, Echo).ok());
}

TEST_F(ConnectionServerTest, AStopIsSeenByTheConnections) {
  options_.drain = absl::Seconds(kPatienceSeconds);
  Start([](int fd, int stop_fd) {
    SendAll(fd, "ready");
    pollfd stopped{stop_fd, POLLIN, 0};
    poll(&stopped, 1, -1);
    SendAll(fd, "stopped");
  });
  auto client = NewClient();
  EXPECT_TRUE(client->Gets("ready"));
  EXPECT_TRUE(Stop().ok());
  EXPECT_EQ(client->ReadToEnd(), "stopped");
}

TEST_F(ConnectionServerTest, AfterTheDrainTheRestIsShutDown) {
  options_.drain = absl::Milliseconds(20);
  Start();
  auto client = NewClient();
  client->Send("1");
  EXPECT_TRUE(client->Gets("1"));
  EXPECT_TRUE(Stop().ok());
  EXPECT_EQ(client->ReadToEnd(), "");
  EXPECT_FALSE(NewClient()->connected());
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_NE(lines_[0].find("stopping with 1 connections unfinished"),
            std::string::npos);
}

TEST_F(ConnectionServerTest, RefusesAtOnceWhenDescriptorsRunOut) {
  options_.refusal = "not now\r\n";
  options_.drain = absl::Seconds(kPatienceSeconds);
  Start();
  auto client = NewClient();
  client->Send("1");
  EXPECT_TRUE(client->Gets("1"));
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  // Descriptors above what is open now are not to be had.
  const int next = socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un name = UnixName(directory_ / "socket");
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next) + 1;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  std::vector<int> fill;  // the gaps below the limit
  for (int fd; (fd = dup(0)) >= 0;) fill.push_back(fd);
  const bool connected =
      connect(next, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
  std::string refusal(9, '\0');
  const ssize_t got = recv(next, refusal.data(), refusal.size(), MSG_WAITALL);
  for (const int fd : fill) close(fd);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(connected);
  EXPECT_EQ(got, 9);
  EXPECT_EQ(refusal, "not now\r\n");
  client->Send("2");
  EXPECT_TRUE(client->Gets("2")) << "the others are served on";
  auto later = NewClient();
  later->Send("3");
  EXPECT_TRUE(later->Gets("3"));
  close(next);
  later->FinishSending();
  EXPECT_EQ(later->ReadToEnd(), "");
  client.reset();
  EXPECT_TRUE(Stop().ok());
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_NE(lines_[0].find("no descriptor left"), std::string::npos);
}

TEST_F(ConnectionServerTest, AStackHoldsWhatAConnectionNeeds) {
  std::atomic<size_t> stack = 0;
  Start([&stack](int fd, int) {
    pthread_attr_t attributes;
    size_t size = 0;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstacksize(&attributes, &size);
    pthread_attr_destroy(&attributes);
    stack = size;
    SendAll(fd, "done");
  });
  EXPECT_EQ(NewClient()->ReadToEnd(), "done");
  EXPECT_GE(stack, 256u * 1024);
}

}  // namespace
}  // namespace mailverdict::deliver
