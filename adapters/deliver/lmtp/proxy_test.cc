#include "adapters/deliver/lmtp/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <atomic>
#include <fstream>
#include <memory>

#include "adapters/deliver/lmtp/proxy_testing.h"
#include "gtest/gtest.h"
#include "lib/loop/deadline.h"

namespace mailverdict::deliver {
namespace {

Ruling Unsure(std::string_view) {
  return {Existence::kUnsure, "no daemon answers"};
}

class ProxyTest : public ::testing::Test {
 protected:
  ProxyTest() {
    options_.server.address = "unix:" + (directory_ / "lmtp");
    options_.backend = "unix:" + (directory_ / "mailbox");
  }

  // A mailbox server like any.
  void StartMailbox() {
    StartBackend([this](int fd) { mailbox_.Serve(fd, {}); });
  }
  void StartBackend(std::function<void(int fd)> serve) {
    backend_ =
        std::make_unique<TestServer>(directory_ / "mailbox", std::move(serve));
  }
  void StartProxy(RecipientJudge rule = Unsure) {
    proxy_ = std::make_unique<TestProxy>(options_, std::move(rule));
    client_ = std::make_unique<TestClient>(directory_ / "lmtp");
    ASSERT_TRUE(client_->connected());
  }
  void Greet() {
    EXPECT_TRUE(client_->Gets("220 mailbox LMTP\r\n"));
    client_->Send("LHLO us\r\n");
    EXPECT_TRUE(client_->Gets("250-mailbox\r\n250 PIPELINING\r\n"));
  }

  TestDirectory directory_;
  ProxyOptions options_;
  Mailbox mailbox_;
  std::unique_ptr<TestServer> backend_;
  std::unique_ptr<TestProxy> proxy_;
  std::unique_ptr<TestClient> client_;
};

TEST_F(ProxyTest, DeliversAndSoftensAndLogs) {
  StartMailbox();
  StartProxy([](std::string_view recipient) {
    return recipient == "unknown.2@b"
               ? Ruling{Existence::kProvenAbsent, "asked three controls"}
               : Ruling{Existence::kUnsure, "no daemon answers"};
  });
  Greet();
  client_->Send(
      "MAIL FROM:<s@t>\r\nRCPT TO:<a@b>\r\nRCPT TO:<unknown@b>\r\n"
      "RCPT TO:<unknown.2@b>\r\nRCPT TO:<ghost@b>\r\nDATA\r\n");
  EXPECT_TRUE(
      client_->Gets("250 2.0.0 OK\r\n250 2.1.5 OK\r\n450 4.1.1 User unknown\r\n"
                    "550 5.1.1 User unknown\r\n250 2.1.5 OK\r\n354 Go\r\n"));
  client_->Send("Subject: x\r\n\r\n..\r\n.\r\nQUIT\r\n");
  EXPECT_TRUE(client_->Gets(
      "250 2.0.0 Saved\r\n450-No\r\n450 4.1.1 ghost\r\n221 2.0.0 Bye\r\n"));
  EXPECT_EQ(client_->ReadToEnd(), "");
  EXPECT_EQ(mailbox_.Messages(),
            std::vector<std::string>{"Subject: x\r\n\r\n..\r\n"});
  EXPECT_TRUE(proxy_->Stop().ok());
  const std::string us = "lmtp: " + options_.backend + ": ";
  EXPECT_EQ(
      proxy_->Lines(),
      (std::vector<std::string>{
          us + "recipient <unknown@b>: \"550 5.1.1 User unknown\" to RCPT "
               "becomes 450, the MTA tries again: no daemon answers",
          us + "recipient <unknown.2@b>: \"550 5.1.1 User unknown\" to RCPT "
               "stands, the MTA bounces the message: asked three controls",
          us + "recipient <ghost@b>: \"550-No / 550 5.1.1 ghost\" to the "
               "message becomes 450, the MTA tries again: no daemon answers"}));
}

TEST_F(ProxyTest, SaysSoWhenNobodyIsAtTheBackend) {
  StartProxy();
  EXPECT_EQ(client_->ReadToEnd(),
            "421 4.3.0 the mailbox server cannot be reached\r\n");
  StartMailbox();
  client_ = std::make_unique<TestClient>(directory_ / "lmtp");
  Greet();
}

TEST_F(ProxyTest, SaysSoWhenTheBackendDoesNotTakeTheConnection) {
  // A listener whose queue is full and that never accepts.
  const int full = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un name = UnixName(directory_ / "mailbox");
  ASSERT_EQ(bind(full, reinterpret_cast<const sockaddr*>(&name), sizeof name),
            0);
  ASSERT_EQ(listen(full, 0), 0);
  const TestClient first(directory_ / "mailbox");
  ASSERT_TRUE(first.connected());
  options_.connect_timeout = absl::Milliseconds(50);
  StartProxy();
  EXPECT_EQ(client_->ReadToEnd(),
            "421 4.3.0 the mailbox server cannot be reached\r\n");
  close(full);
  unlink(name.sun_path);
}

TEST_F(ProxyTest, AGreetingThatRefusesBecomesA421) {
  StartBackend([](int fd) { SendAll(fd, "554 5.3.2 not today\r\n"); });
  StartProxy();
  const std::string heard =
      "421 4.3.0 the mailbox server refuses the session: 554 5.3.2 not today";
  EXPECT_EQ(client_->ReadToEnd(), heard + "\r\n");
  EXPECT_TRUE(proxy_->Stop().ok());
  EXPECT_EQ(proxy_->Lines(),
            std::vector<std::string>{"lmtp: " + options_.backend +
                                     ": the MTA hears \"" + heard +
                                     "\" and tries again later"});
}

// The server is well, and loses its database while the MTA keeps on.
TEST_F(ProxyTest, AGreetingMayRefuseTheSecondConnectionOnly) {
  int connections = 0;
  StartBackend([&](int fd) {
    if (++connections == 2) {
      SendAll(fd, "500 database is away\r\n");
    } else {
      mailbox_.Serve(fd, {});
    }
  });
  StartProxy();
  Greet();
  client_ = std::make_unique<TestClient>(directory_ / "lmtp");
  EXPECT_EQ(client_->ReadToEnd().substr(0, 4), "421 ");
  client_ = std::make_unique<TestClient>(directory_ / "lmtp");
  Greet();
}

TEST_F(ProxyTest, ALineOfTheLogHasItsReasonWhateverTheReplyIs) {
  StartBackend([](int fd) {
    SendAll(fd, "220 host\r\n");
    char bytes[4096];
    recv(fd, bytes, sizeof bytes, 0);
    std::string reply = "550 ";
    for (int i = 0; i < 2000; ++i) reply += '\xff';
    SendAll(fd, reply + "\r\n554 5.3.0 disk\r\n");
    recv(fd, bytes, sizeof bytes, 0);
  });
  StartProxy();
  EXPECT_TRUE(client_->Gets("220 host\r\n"));
  client_->Send("RCPT TO:<" + std::string(1000, 'a') +
                "@b>\r\nMAIL FROM:<>\r\n");
  EXPECT_EQ(client_->Read(4), "450 ");
  EXPECT_TRUE(
      client_->Gets(std::string(2000, '\xff') + "\r\n451 4.3.0 disk\r\n"));
  EXPECT_TRUE(proxy_->Stop().ok());
  ASSERT_GE(proxy_->Lines().size(), 2u);       // and perhaps the end's
  EXPECT_LT(proxy_->Lines()[0].size(), 900u);  // MailLog::kMaxLineBytes
  EXPECT_NE(proxy_->Lines()[0].find("no daemon answers"), std::string::npos);
  EXPECT_NE(
      proxy_->Lines()[1].find(
          "\"554 5.3.0 disk\" to MAIL becomes 451, the MTA tries again: "),
      std::string::npos);
}

TEST_F(ProxyTest, EndsWhenTheBackendDoesNotReply) {
  StartBackend([](int fd) {
    SendAll(fd, "220 host\r\n");
    char bytes[64];
    while (recv(fd, bytes, sizeof bytes, 0) > 0) {
    }
  });
  options_.reply_timeout = absl::Milliseconds(50);
  StartProxy();
  EXPECT_TRUE(client_->Gets("220 host\r\n"));
  client_->Send("MAIL FROM:<>\r\n");
  EXPECT_EQ(client_->ReadToEnd(),
            "421 4.3.0 the mailbox server does not reply\r\n");
}

TEST_F(ProxyTest, EndsWhenTheClientSendsNothing) {
  StartMailbox();
  options_.idle_timeout = absl::Milliseconds(50);
  StartProxy();
  EXPECT_TRUE(client_->Gets("220 mailbox LMTP\r\n"));
  EXPECT_EQ(client_->ReadToEnd(), "421 4.3.0 the client sends nothing\r\n");
  EXPECT_TRUE(backend_->AwaitEnded(1));
}

// A session may last far longer than a timeout, as long as bytes move.
TEST_F(ProxyTest, TheTimeoutsBeginAnewWithEachByte) {
  StartMailbox();
  options_.idle_timeout = options_.reply_timeout = absl::Seconds(2);
  StartProxy();
  Greet();
  const Deadline end = Deadline::After(1.5 * options_.idle_timeout);
  while (!end.passed()) {
    client_->Send("NOOP\r\n");
    ASSERT_TRUE(client_->Gets("250 2.0.0 OK\r\n"));
  }
}

// A user may be created, or a proof may fail, between two replies.
TEST_F(ProxyTest, AProofIsAskedForAnewForEachReply) {
  StartMailbox();
  std::atomic<int> asked = 0;
  StartProxy([&asked](std::string_view) {
    return ++asked == 1 ? Ruling{Existence::kProvenAbsent, "no entry"}
                        : Ruling{Existence::kUnsure, "no daemon answers"};
  });
  Greet();
  client_->Send("MAIL FROM:<s@t>\r\nRCPT TO:<unknown@b>\r\n");
  EXPECT_TRUE(client_->Gets("250 2.0.0 OK\r\n550 5.1.1 User unknown\r\n"));
  client_->Send("RCPT TO:<unknown@b>\r\n");
  EXPECT_TRUE(client_->Gets("450 4.1.1 User unknown\r\n"));
  client_ = std::make_unique<TestClient>(directory_ / "lmtp");
  Greet();
  client_->Send("RCPT TO:<unknown@b>\r\n");
  EXPECT_TRUE(client_->Gets("450 4.1.1 User unknown\r\n"));
  EXPECT_EQ(asked, 3);
}

TEST_F(ProxyTest, AnswersAClientThatHasFinishedSending) {
  StartMailbox();
  StartProxy();
  Greet();
  client_->Send("MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\nx\r\n.\r\n");
  client_->FinishSending();
  EXPECT_EQ(client_->ReadToEnd(),
            "250 2.0.0 OK\r\n250 2.1.5 OK\r\n354 Go\r\n250 2.0.0 Saved\r\n");
  EXPECT_TRUE(backend_->AwaitEnded(1));
}

TEST_F(ProxyTest, RefusesTooMany) {
  StartMailbox();
  options_.server.max_connections = 1;
  StartProxy();
  Greet();
  TestClient second(directory_ / "lmtp");
  EXPECT_EQ(second.ReadToEnd(), "421 4.3.2 too busy\r\n");
  client_->Send("QUIT\r\n");
  EXPECT_EQ(client_->ReadToEnd(), "221 2.0.0 Bye\r\n");
}

TEST_F(ProxyTest, AStopLetsATransactionEnd) {
  StartMailbox();
  options_.server.drain = absl::Seconds(kPatienceSeconds);
  StartProxy();
  Greet();
  client_->Send("MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n");
  EXPECT_TRUE(client_->Gets("250 2.0.0 OK\r\n250 2.1.5 OK\r\n354 Go\r\n"));
  proxy_->RaiseStop();
  client_->Send("x\r\n.\r\n");
  EXPECT_EQ(client_->ReadToEnd(),
            "250 2.0.0 Saved\r\n421 4.3.2 shutting down\r\n");
  EXPECT_TRUE(proxy_->Stop().ok());
  EXPECT_EQ(mailbox_.Messages(), std::vector<std::string>{"x\r\n"});
}

TEST_F(ProxyTest, TheDrainEndsATransactionThatHangs) {
  StartMailbox();
  options_.server.drain = absl::Milliseconds(50);
  StartProxy();
  Greet();
  client_->Send("MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n");
  EXPECT_TRUE(client_->Gets("250 2.0.0 OK\r\n250 2.1.5 OK\r\n354 Go\r\n"));
  EXPECT_TRUE(proxy_->Stop().ok());
  EXPECT_EQ(client_->ReadToEnd(), "");
  EXPECT_TRUE(backend_->AwaitEnded(1));
  EXPECT_TRUE(mailbox_.Messages().empty());
}

TEST_F(ProxyTest, AWrongBackendAddressIsAnError) {
  options_.backend = "localhost:24";
  EXPECT_FALSE(RunProxy(options_, Unsure, nullptr, -1).ok());
}

TEST_F(ProxyTest, SpeaksOverInetToo) {
  StartMailbox();
  // A second proxy in front of the first, both on TCP in between.
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  ASSERT_EQ(bind(probe, reinterpret_cast<sockaddr*>(&name), size), 0);
  ASSERT_EQ(getsockname(probe, reinterpret_cast<sockaddr*>(&name), &size), 0);
  close(probe);
  const std::string inet =
      "inet:127.0.0.1:" + std::to_string(ntohs(name.sin_port));
  ProxyOptions behind = options_;
  behind.server.address = inet;
  StopSignal stop;
  std::thread thread([&] {
    const absl::Status status = RunProxy(behind, Unsure, nullptr, stop.fd());
    EXPECT_TRUE(status.ok()) << status;
  });
  options_.backend = inet;
  StartProxy();
  while (client_->Read(3) == "421") {  // the one behind does not listen yet
    client_ = std::make_unique<TestClient>(directory_ / "lmtp");
  }
  EXPECT_TRUE(client_->Gets(" mailbox LMTP\r\n"));
  client_->Send("MAIL FROM:<>\r\nRCPT TO:<unknown@b>\r\nQUIT\r\n");
  EXPECT_EQ(client_->ReadToEnd(),
            "250 2.0.0 OK\r\n450 4.1.1 User unknown\r\n221 2.0.0 Bye\r\n");
  EXPECT_TRUE(proxy_->Stop().ok());
  stop.Raise();
  thread.join();
}

// Resident memory in bytes, of which a proxy in this process is a part.
size_t ResidentBytes() {
  size_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

TEST_F(ProxyTest, ALargeMessageIsNotGathered) {
  constexpr size_t kLine = 1024, kLines = 100 * 1024;
  std::atomic<size_t> taken = 0;
  StartBackend([&taken](int fd) {
    SendAll(fd, "220 host\r\n");
    char bytes[65536];
    recv(fd, bytes, sizeof bytes, 0);
    SendAll(fd, "250 ok\r\n250 ok\r\n354 go\r\n");
    while (taken < kLine * kLines + 3) {
      const ssize_t count = recv(fd, bytes, sizeof bytes, 0);
      if (count <= 0) return;
      taken += static_cast<size_t>(count);
    }
    SendAll(fd, "250 saved\r\n");
  });
  StartProxy();
  EXPECT_TRUE(client_->Gets("220 host\r\n"));
  client_->Send("MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n");
  EXPECT_TRUE(client_->Gets("250 ok\r\n250 ok\r\n354 go\r\n"));
  const std::string line = std::string(kLine - 2, 'x') + "\r\n";
  const size_t before = ResidentBytes();
  size_t most = 0;
  for (size_t i = 0; i < kLines; ++i) {
    ASSERT_TRUE(client_->Send(line));
    if (i % 1024 == 0) most = std::max(most, ResidentBytes());
  }
  client_->Send(".\r\n");
  EXPECT_TRUE(client_->Gets("250 saved\r\n"));
  EXPECT_EQ(taken, kLine * kLines + 3);
  EXPECT_LT(most, before + 20 * 1024 * 1024);
}

TEST_F(ProxyTest, ABackendThatDoesNotReadHoldsTheClientBack) {
  StopSignal go_on;
  StartBackend([&go_on](int fd) {
    SendAll(fd, "220 host\r\n");
    char command[64];
    EXPECT_GT(recv(fd, command, sizeof command, 0), 0);
    SendAll(fd, "354 go\r\n");
    uint64_t count;
    EXPECT_EQ(read(go_on.fd(), &count, sizeof count), 8);
  });
  StartProxy();
  EXPECT_TRUE(client_->Gets("220 host\r\n"));
  client_->Send("DATA\r\n");
  EXPECT_TRUE(client_->Gets("354 go\r\n"));
  const std::string bytes(64 * 1024, 'x');
  size_t sent = 0;
  for (;;) {
    const ssize_t count = send(client_->fd(), bytes.data(), bytes.size(),
                               MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) {
      sent += static_cast<size_t>(count);
      continue;
    }
    // Full for so long that the proxy had its time to read on.
    pollfd writable{client_->fd(), POLLOUT, 0};
    if (poll(&writable, 1, 300) == 0) break;
    ASSERT_LT(sent, 16u * 1024 * 1024);
  }
  EXPECT_LT(sent, 16u * 1024 * 1024);
  go_on.Raise();
  backend_.reset();
}

}  // namespace
}  // namespace mailverdict::deliver
