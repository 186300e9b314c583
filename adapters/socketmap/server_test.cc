#include "adapters/socketmap/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>

#include "adapters/socketmap/server_testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailverdict::socketmap {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(ServerTest, AnswersRequestsThatComeByteByByte) {
  Start();
  auto client = NewClient();
  for (char c : std::string("9:m someone,3:m a,")) {
    ASSERT_TRUE(client->Send(std::string(1, c)));
    Settle();
  }
  EXPECT_TRUE(Gets(client.get(), "10:OK someone,4:OK a,"));
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrderAndOneAtATime) {
  Start();
  auto client = NewClient();
  ASSERT_TRUE(client->Send("3:m 1,7:later 2,3:m 3,7:later 4,3:m 5,"));
  EXPECT_TRUE(Gets(client.get(), "4:OK 1,"));
  ASSERT_EQ(late_.size(), 1u) << "the fourth must wait for the second";
  late_[0].Send("OK 2");
  EXPECT_TRUE(Gets(client.get(), "4:OK 1,4:OK 2,4:OK 3,"));
  ASSERT_EQ(late_.size(), 2u);
  late_[1].Send("OK 4");
  EXPECT_TRUE(Gets(client.get(), "4:OK 1,4:OK 2,4:OK 3,4:OK 4,4:OK 5,"));
}

TEST_F(ServerTest, AcceptsOnlyTheFirstAnswerToARequest) {
  Start();
  auto client = NewClient();
  ASSERT_TRUE(client->Send("7:later 1,7:later 2,"));
  ASSERT_TRUE(Until([&] { return late_.size() == 1; }));
  const Responder copy = late_[0];
  late_[0].Send("OK first");
  ASSERT_TRUE(Until([&] { return late_.size() == 2; }));
  copy.Send("OK again");
  late_[1].Send("OK second");
  EXPECT_TRUE(Gets(client.get(), "8:OK first,9:OK second,"));
}

TEST_F(ServerTest, TakesAnAnswerThatAnotherThreadPosts) {
  Start();
  auto client = NewClient();
  ASSERT_TRUE(client->Send("7:later x,"));
  ASSERT_TRUE(Until([&] { return late_.size() == 1; }));
  std::thread other([this, reply = std::move(late_[0])] {
    loop_->Post([reply] { reply.Send("OK thread"); });
  });
  EXPECT_TRUE(Gets(client.get(), "9:OK thread,"));
  other.join();
}

TEST_F(ServerTest, DropsALateAnswerWhenTheClientOrTheServerHasGone) {
  Start();
  auto gone = NewClient(), stays = NewClient();
  ASSERT_TRUE(gone->Send("7:later 1,"));
  ASSERT_TRUE(stays->Send("7:later 2,"));
  ASSERT_TRUE(Until([&] { return late_.size() == 2; }));
  gone->Close();
  Settle();
  late_[0].Send("OK nobody");
  late_[1].Send("OK somebody");
  EXPECT_TRUE(Until([&] { return server_->connections() == 1; }));
  late_[0].Send("OK nobody");
  late_[1].Send("OK twice");
  server_.reset();
  late_[0].Send("OK no server");
  late_[1].Send("OK no server");
  EXPECT_TRUE(Until([&] { return stays->closed(); }));
  EXPECT_THAT(stays->received(), HasSubstr("OK somebody,"));
}

TEST_F(ServerTest, AnswersAClientThatHasFinishedSending) {
  Start();
  auto client = NewClient();
  ASSERT_TRUE(client->Send("7:later 1,3:m 2,"));
  client->FinishSending();
  ASSERT_TRUE(Until([&] { return late_.size() == 1; }));
  Settle();
  late_[0].Send("OK 1");
  EXPECT_TRUE(Until([&] { return client->closed(); }));
  EXPECT_EQ(client->received(), "4:OK 1,4:OK 2,");
  EXPECT_EQ(server_->connections(), 0u);
  EXPECT_THAT(log_, IsEmpty());
}

TEST_F(ServerTest, LetsAMalformedRequestCostItsOwnConnectionOnly) {
  Start();
  auto good = NewClient(), bad = NewClient(), waits = NewClient();
  ASSERT_TRUE(waits->Send("7:later x,"));
  ASSERT_TRUE(bad->Send("3:m 1,GET / HTTP/1.0\r\n\033[2J"));
  EXPECT_TRUE(Until([&] { return bad->closed(); }));
  EXPECT_EQ(bad->received(), "4:OK 1,") << "what came before is answered";
  ASSERT_TRUE(good->Send("3:m 2,"));
  EXPECT_TRUE(Gets(good.get(), "4:OK 2,"));
  ASSERT_EQ(late_.size(), 1u);
  late_[0].Send("OK x");
  EXPECT_TRUE(Gets(waits.get(), "4:OK x,"));
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_THAT(log_[0], HasSubstr("local process " + std::to_string(getpid())));
  EXPECT_THAT(log_[0], HasSubstr("length is not a plain decimal number"));
  EXPECT_THAT(log_[0], HasSubstr("\"GET / HTTP/1.0\\x0d\\x0a\\x1b[2J\""));
}

TEST_F(ServerTest, ListensOnTcpAsWell) {
  Start({}, "inet:127.0.0.1:0");
  ASSERT_EQ(server_->addresses().size(), 1u);
  const std::string address = server_->addresses()[0];
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  name.sin_port = htons(
      static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  Client client(AF_INET), bad(AF_INET);
  ASSERT_TRUE(client.Connect(reinterpret_cast<sockaddr*>(&name), sizeof name));
  ASSERT_TRUE(client.Send("3:m 1,"));
  EXPECT_TRUE(Gets(&client, "4:OK 1,"));
  ASSERT_TRUE(bad.Connect(reinterpret_cast<sockaddr*>(&name), sizeof name));
  ASSERT_TRUE(bad.Send("x"));
  EXPECT_TRUE(Until([&] { return bad.closed(); }));
  EXPECT_THAT(log_, ElementsAre(HasSubstr("[127.0.0.1]:")));
}

TEST_F(ServerTest, DrainAnswersWhatIsUnderWayAndClosesTheRest) {
  Start();
  auto idle = NewClient(), busy = NewClient(), half = NewClient(),
       unread = NewClient();
  ASSERT_TRUE(busy->Send("7:later 1,"));
  ASSERT_TRUE(half->Send("3:m"));
  ASSERT_TRUE(
      Until([&] { return server_->connections() == 4 && late_.size() == 1; }));
  Settle();
  ASSERT_TRUE(unread->Send("3:m 2,")) << "arrived, and not read yet";
  bool done = false;
  server_->Drain(absl::Hours(1), [&] { done = true; });
  EXPECT_FALSE(ConnectUnix(std::make_unique<Client>(AF_UNIX).get()));
  EXPECT_TRUE(Until([&] { return idle->closed() && unread->closed(); }));
  EXPECT_EQ(unread->received(), "4:OK 2,");
  ASSERT_TRUE(half->Send(" 3,"));
  EXPECT_TRUE(Until([&] { return half->closed(); }));
  EXPECT_EQ(half->received(), "4:OK 3,");
  EXPECT_FALSE(done);
  late_[0].Send("OK 1");
  EXPECT_TRUE(Until([&] { return done; }));
  EXPECT_TRUE(busy->closed());
  EXPECT_EQ(busy->received(), "4:OK 1,");
  EXPECT_THAT(log_, IsEmpty());
}

TEST_F(ServerTest, DrainEndsAfterItsGraceWhateverIsUnderWay) {
  Start();
  auto busy = NewClient();
  ASSERT_TRUE(busy->Send("7:later 1,"));
  ASSERT_TRUE(Until([&] { return late_.size() == 1; }));
  int done = 0;
  server_->Drain(absl::Milliseconds(20), [&] { ++done; });
  EXPECT_TRUE(Until([&] { return done == 1; }));
  EXPECT_TRUE(busy->closed());
  EXPECT_EQ(server_->connections(), 0u);
  EXPECT_THAT(log_, ElementsAre(HasSubstr("1 connections unfinished")));
}

TEST_F(ServerTest, DrainOfAnEmptyServerIsDoneSoonButNotAtOnce) {
  Start();
  bool done = false;
  server_->Drain(absl::Hours(1), [&] { done = true; });
  EXPECT_FALSE(done);
  EXPECT_TRUE(Until([&] { return done; }));
  EXPECT_NE(access(path_.c_str(), F_OK), 0) << "the path is removed";
}

}  // namespace
}  // namespace mailverdict::socketmap
