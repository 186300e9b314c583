// How the server behaves at its limits.

#include <sys/resource.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "adapters/socketmap/server.h"
#include "adapters/socketmap/server_testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailverdict::socketmap {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using ServerLimitsTest = ServerTest;

TEST_F(ServerLimitsTest, HoldsBackAFloodOfPipelinedRequestsAndLosesNone) {
  Start();
  auto client = NewClient();
  ASSERT_TRUE(client->Send("7:later 0,"));
  std::string flood;
  for (int i = 0; i < 20000; ++i) flood += "3:m a,";
  const ssize_t sent =
      send(client->fd(), flood.data(), flood.size(), MSG_NOSIGNAL);
  ASSERT_GT(sent, 50000) << "more than the server may hold";
  ASSERT_TRUE(Until([&] { return late_.size() == 1; }));
  Settle();
  late_[0].Send("OK 0");
  std::string expected = "4:OK 0,";
  for (ssize_t i = 0; i + 6 <= sent; i += 6) expected += "4:OK a,";
  EXPECT_TRUE(Gets(client.get(), expected));
}

TEST_F(ServerLimitsTest, ServesTwoThousandConnectionsAtOnce) {
  constexpr size_t kClients = 2000;
  rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < 2 * kClients + 100) {
    GTEST_SKIP() << "needs 4100 descriptors: ulimit -n";
  }
  Start();
  std::vector<std::unique_ptr<Client>> clients;
  while (clients.size() < kClients) {
    for (int i = 0; i < 50; ++i) clients.push_back(NewClient());
    ASSERT_TRUE(
        Until([&] { return server_->connections() == clients.size(); }));
  }
  for (size_t i = 0; i < kClients; ++i) {
    std::string request;
    EncodeRequest({"m", std::to_string(i)}, &request);
    ASSERT_TRUE(clients[i]->Send(request));
  }
  for (size_t i = 0; i < kClients; ++i) {
    std::string reply;
    ASSERT_TRUE(EncodeReply("OK " + std::to_string(i), &reply));
    ASSERT_TRUE(Gets(clients[i].get(), reply)) << i;
  }
  EXPECT_EQ(server_->connections(), kClients);
}

TEST_F(ServerLimitsTest, ClosesAHalfSentRequestInTimeAndAnIdleConnectionNever) {
  ServerLimits limits;
  limits.max_request_age = absl::Milliseconds(50);
  Start(limits);
  auto idle = NewClient(), fresh = NewClient(), half = NewClient();
  ASSERT_TRUE(idle->Send("3:m 1,"));
  EXPECT_TRUE(Gets(idle.get(), "4:OK 1,"));
  const absl::Time begin = loop_->Now();
  ASSERT_TRUE(half->Send("4000:m "));
  // Dripping bytes gains no time.
  EXPECT_TRUE(Until([&] {
                half->Send("0");
                return half->closed();
              }) ||
              half->closed());
  EXPECT_GE(loop_->Now() - begin, limits.max_request_age);
  // In time: 4000 bytes would at last be no request.
  EXPECT_THAT(log_, ElementsAre(HasSubstr("not the rest in time")));
  EXPECT_EQ(server_->connections(), 2u);
  ASSERT_TRUE(idle->Send("3:m 2,"));
  EXPECT_TRUE(Gets(idle.get(), "4:OK 1,4:OK 2,"));
  ASSERT_TRUE(fresh->Send("3:m 3,"));
  EXPECT_TRUE(Gets(fresh.get(), "4:OK 3,"));
}

TEST_F(ServerLimitsTest, ClosesAConnectionWhoseAnswerNeverComes) {
  ServerLimits limits;
  limits.max_answer_age = absl::Milliseconds(20);
  Start(limits);
  auto client = NewClient();
  ASSERT_TRUE(client->Send("7:later 1,"));
  EXPECT_TRUE(Until([&] { return client->closed(); }));
  EXPECT_THAT(log_, ElementsAre(HasSubstr("answer has not come in time")));
  ASSERT_EQ(late_.size(), 1u);
  late_[0].Send("OK too late");
}

// Sent ahead, so that the connection is never idle: the first request's limit
// must not be measured against the last.
TEST_F(ServerLimitsTest, GivesEachRequestItsOwnTime) {
  ServerLimits limits;
  limits.max_answer_age = absl::Milliseconds(600);
  Start(limits);
  auto client = NewClient();
  std::string expected;
  ASSERT_TRUE(client->Send("7:later 0,7:later 1,7:later 2,7:later 3,"));
  for (size_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(Until([&] { return late_.size() == i + 1; }));
    const absl::Time answer = loop_->Now() + absl::Milliseconds(200);
    ASSERT_TRUE(Until([&] { return loop_->Now() >= answer; }));
    late_[i].Send("OK x");
    expected += "4:OK x,";
    ASSERT_TRUE(Gets(client.get(), expected)) << i;
  }
}

TEST_F(ServerLimitsTest, LogsAFloodOfMalformedRequestsAtABoundedRate) {
  Start();
  for (int i = 0; i < 100; ++i) {
    auto bad = NewClient();
    ASSERT_TRUE(bad->Send("x"));
    ASSERT_TRUE(Until([&] { return bad->closed(); }));
  }
  EXPECT_GE(log_.size(), 1u);
  EXPECT_LE(log_.size(), 50u);
}

TEST_F(ServerLimitsTest, ClosesANewConnectionAtOnceWhenThereAreTooMany) {
  ServerLimits limits;
  limits.max_connections = 2;
  Start(limits);
  auto first = NewClient(), second = NewClient();
  ASSERT_TRUE(Until([&] { return server_->connections() == 2; }));
  auto third = NewClient();
  EXPECT_TRUE(Until([&] { return third->closed(); }));
  EXPECT_THAT(log_, ElementsAre(HasSubstr("raise max_connections")));
  first->Close();
  ASSERT_TRUE(Until([&] { return server_->connections() == 1; }));
  auto fourth = NewClient();
  ASSERT_TRUE(fourth->Send("3:m 4,"));
  EXPECT_TRUE(Gets(fourth.get(), "4:OK 4,"));
}

TEST_F(ServerLimitsTest,
       RefusesConnectionsWithoutSpinningWhenDescriptorsRunOut) {
  Start();
  auto before = NewClient();
  ASSERT_TRUE(Until([&] { return server_->connections() == 1; }));
  Client during(AF_UNIX), more(AF_UNIX), after(AF_UNIX);
  rlimit old;
  getrlimit(RLIMIT_NOFILE, &old);
  rlimit tight = old;
  std::vector<int> fill;  // the gaps below the limit
  tight.rlim_cur = static_cast<rlim_t>(after.fd()) + 1;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  for (int fd; (fd = dup(0)) >= 0;) fill.push_back(fd);
  // No expectation until the limit is gone: the sanitizer needs descriptors.
  const bool connected = ConnectUnix(&during) && ConnectUnix(&more);
  const bool refused = Until([&] { return during.closed() && more.closed(); });
  const bool sent = before->Send("3:m 1,");
  const bool served = Until([&] { return before->received() != ""; });
  for (int fd : fill) close(fd);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &old), 0);
  EXPECT_TRUE(connected && refused);
  EXPECT_THAT(log_,
              ElementsAre(HasSubstr("LimitNOFILE"), HasSubstr("LimitNOFILE")));
  EXPECT_TRUE(sent && served);
  EXPECT_EQ(before->received(), "4:OK 1,") << "the others are served on";
  ASSERT_TRUE(ConnectUnix(&after));
  ASSERT_TRUE(after.Send("3:m 2,"));
  EXPECT_TRUE(Gets(&after, "4:OK 2,"));
}

TEST_F(ServerLimitsTest, ServesOthersWhileASlowReaderTakesABigReply) {
  Start();
  auto slow = NewClient(), quick = NewClient();
  std::string requests, expected;
  for (int i = 0; i < 20; ++i) {
    EncodeRequest({"big", "100000"}, &requests);
    ASSERT_TRUE(EncodeReply(std::string(100000, 'x'), &expected));
  }
  ASSERT_TRUE(slow->Send(requests));
  for (int i = 0; i < 10; ++i) Settle();
  ASSERT_TRUE(quick->Send("3:m 1,"));
  EXPECT_TRUE(Gets(quick.get(), "4:OK 1,"));
  EXPECT_TRUE(Gets(slow.get(), expected));
  ASSERT_TRUE(slow->Send("3:m 2,"));
  EXPECT_TRUE(Gets(slow.get(), expected + "4:OK 2,"));
}

TEST_F(ServerLimitsTest, ClosesAClientThatDoesNotReadItsReply) {
  ServerLimits limits;
  limits.max_reply_age = absl::Milliseconds(20);
  Start(limits);
  auto client = NewClient();
  std::string requests;
  for (int i = 0; i < 20; ++i) EncodeRequest({"big", "100000"}, &requests);
  ASSERT_TRUE(client->Send(requests));
  ASSERT_TRUE(Until([&] { return server_->connections() == 1; }));
  EXPECT_TRUE(Until([&] { return server_->connections() == 0; }));
  EXPECT_THAT(log_, ElementsAre(HasSubstr("has not read its reply in time")));
}

TEST_F(ServerLimitsTest, SaysTempInsteadOfAReplyThatNoClientWouldTake) {
  Start();
  auto client = NewClient();
  ASSERT_TRUE(client->Send("10:big 100001,"));
  EXPECT_TRUE(Gets(client.get(), "19:TEMP reply too long,"));
}

}  // namespace
}  // namespace mailverdict::socketmap
