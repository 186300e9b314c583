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
  void Start(ServeConnection serve = Echo) {
    thread_ = std::thread([this, serve = std::move(serve)] {
      status_ = RunConnectionServer(
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
  ConnectionServerOptions options_;
  StopSignal stop_;
  std::thread thread_;
  absl::Status status_;
  std::mutex mutex_;
  std::vector<std::string> lines_;  // guarded by mutex_
};

TEST_F(ConnectionServerTest, ServesManyAtOnce) {
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
  EXPECT_FALSE(RunConnectionServer(options_, stop_.fd(), nullptr, Echo).ok());
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
}

TEST_F(ConnectionServerTest, GoesOnWhenDescriptorsRunOut) {
  Start();
  // Descriptors above what is open now are not to be had.
  auto client = NewClient();
  client->Send("1");
  EXPECT_TRUE(client->Gets("1"));
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  auto waiting = NewClient();  // accepted, or in the queue
  waiting->Send("2");
  EXPECT_TRUE(waiting->Gets("2"));
  const int next = socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un name = UnixName(directory_ / "socket");
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next) + 1;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  ASSERT_EQ(
      connect(next, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  bool complained = false;
  while (!complained) {
    poll(nullptr, 0, 1);
    const std::lock_guard<std::mutex> lock(mutex_);
    complained = !lines_.empty();
  }
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  SendAll(next, "3");
  char byte = 0;
  EXPECT_EQ(recv(next, &byte, 1, MSG_WAITALL), 1);
  EXPECT_EQ(byte, '3');
  close(next);
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
