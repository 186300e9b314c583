// The client, the proxy and the mailbox server each die at every byte of a
// dialogue with two messages. Then no success may be invented, and the mailbox
// server may have no message that the client did not complete.

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/deliver/lmtp/proxy.h"
#include "adapters/deliver/lmtp/proxy_testing.h"
#include "adapters/deliver/lmtp/reply.h"
#include "gtest/gtest.h"

namespace mailverdict::deliver {
namespace {

constexpr std::string_view kFirst = "Subject: 1\r\n\r\n..\r\nx\r\n";
constexpr std::string_view kSecond = "2\r\n";

// Bytes that the client sends at once, and how many replies they have.
struct Part {
  std::string bytes;
  int replies;
};
const std::vector<Part>& Script() {
  static const auto* const script = new std::vector<Part>{
      {"LHLO us\r\n", 1},
      {"MAIL FROM:<s@t>\r\nRCPT TO:<a@b>\r\nRCPT TO:<unknown@b>\r\n"
       "RCPT TO:<ghost@b>\r\nDATA\r\n",
       5},
      {std::string(kFirst) + ".\r\n", 2},
      {"MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n", 3},
      {std::string(kSecond) + ".\r\nQUIT\r\n", 2},
  };
  return *script;
}
size_t ScriptBytes() {
  size_t size = 0;
  for (const Part& part : Script()) size += part.bytes.size();
  return size;
}

// Where in the client's bytes each message is complete.
std::vector<size_t> MessageEnds() {
  std::string all;
  for (const Part& part : Script()) all += part.bytes;
  std::vector<size_t> ends;
  for (size_t at = 0; (at = all.find("\r\n.\r\n", at)) != all.npos;) {
    ends.push_back(at += 5);
  }
  return ends;
}

// The whole replies at the beginning of `bytes`.
std::vector<std::string> WholeReplies(std::string_view bytes) {
  std::vector<std::string> replies;
  ReplyReader reader;
  size_t length;
  while (reader.Next(bytes, &length) == ReplyReader::Result::kOne) {
    replies.emplace_back(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  return replies;
}

// What the client must get when the backend has said this.
std::string Expected(std::string_view said) {
  std::string expected;
  bool goodbye = false;
  for (const std::string& reply : WholeReplies(said)) {
    goodbye = ReplyCode(reply) == "221";
    expected += reply[0] == '5' ? Softened(reply) : WithoutStartTls(reply);
  }
  if (!goodbye) {
    expected += "421 4.3.0 the mailbox server closed the connection\r\n";
  }
  return expected;
}

class ProxyKillTest : public ::testing::Test {
 protected:
  ProxyKillTest() {
    options_.server.address = "unix:" + (directory_ / "lmtp");
    options_.backend = "unix:" + (directory_ / "mailbox");
  }
  void Start(const Mailbox::Cut& cut) {
    backend_.reset();
    mailbox_ = std::make_unique<Mailbox>();
    backend_ = std::make_unique<TestServer>(
        directory_ / "mailbox",
        [this, cut](int fd) { mailbox_->Serve(fd, cut); });
    client_ = std::make_unique<TestClient>(directory_ / "lmtp");
    ASSERT_TRUE(client_->connected());
  }

  // Sends the first `size` bytes of the script, each part after the replies to
  // the one before. False if the connection ended.
  bool Send(size_t size) {
    if (!ReadReplies(1)) return false;
    for (const Part& part : Script()) {
      const size_t count = std::min(size, part.bytes.size());
      // After a failed write there may still be replies to read.
      client_->Send(std::string_view(part.bytes).substr(0, count));
      size -= count;
      if (count < part.bytes.size()) return true;
      if (!ReadReplies(part.replies)) return false;
    }
    return true;
  }
  bool ReadReplies(int count) {
    for (std::string reply; count > 0; --count) {
      reply.clear();
      while (WholeReplies(reply).empty()) {
        const std::string byte = client_->Read(1);
        if (byte.empty()) return false;
        reply += byte;
      }
      if (ReplyCode(reply) == "421") return false;
    }
    return true;
  }

  // Whether the mailbox holds only what the client completed within its first
  // `size` bytes.
  void CheckMessages(size_t size) {
    const std::vector<std::string> messages = mailbox_->Messages();
    const std::vector<size_t> ends = MessageEnds();
    const auto completed = static_cast<size_t>(std::count_if(
        ends.begin(), ends.end(), [size](size_t end) { return end <= size; }));
    ASSERT_LE(messages.size(), completed);
    const std::string_view sent[] = {kFirst, kSecond};
    for (size_t i = 0; i < messages.size(); ++i) {
      EXPECT_EQ(messages[i], sent[i]);
    }
  }
  // Every success that the client saw is one of the backend's, in order.
  void CheckSuccesses() {
    const std::vector<std::string> seen = WholeReplies(client_->all());
    const std::vector<std::string> said = WholeReplies(mailbox_->Said());
    for (size_t i = 0; i < seen.size(); ++i) {
      if (seen[i][0] != '2') continue;
      ASSERT_LT(i, said.size());
      EXPECT_EQ(seen[i], WithoutStartTls(said[i]));
    }
  }

  TestDirectory directory_;
  ProxyOptions options_;
  std::unique_ptr<Mailbox> mailbox_;
  std::unique_ptr<TestServer> backend_;
  std::unique_ptr<TestClient> client_;
};

Ruling Unsure(std::string_view) { return {Existence::kUnsure, "a test"}; }

TEST_F(ProxyKillTest, TheClientDiesAtEveryByte) {
  ASSERT_EQ(MessageEnds().size(), 2u);
  TestProxy proxy(options_, Unsure);
  for (size_t size = 0; size <= ScriptBytes(); ++size) {
    SCOPED_TRACE(size);
    Start({});
    EXPECT_TRUE(Send(size));
    client_->Close();
    ASSERT_TRUE(backend_->AwaitEnded(1));
    CheckMessages(size);
    CheckSuccesses();
  }
  EXPECT_EQ(mailbox_->Messages().size(), 2u);
}

TEST_F(ProxyKillTest, TheBackendDiesAfterEveryByteThatItWrites) {
  TestProxy proxy(options_, Unsure);
  Start({});
  EXPECT_TRUE(Send(ScriptBytes()));
  ASSERT_TRUE(backend_->AwaitEnded(1));
  const std::string all = mailbox_->Said();
  ASSERT_EQ(all.substr(all.size() - 5), "Bye\r\n");
  for (size_t size = 1; size <= all.size(); ++size) {
    SCOPED_TRACE(size);
    Start({SIZE_MAX, size});
    Send(ScriptBytes());
    client_->ReadToEnd();
    EXPECT_EQ(client_->all(), Expected(all.substr(0, size)));
    ASSERT_TRUE(backend_->AwaitEnded(1));
    CheckMessages(ScriptBytes());
  }
}

TEST_F(ProxyKillTest, TheBackendDiesAfterEveryByteThatItReads) {
  TestProxy proxy(options_, Unsure);
  for (size_t size = 0; size < ScriptBytes(); ++size) {
    SCOPED_TRACE(size);
    Start({size, SIZE_MAX});
    Send(ScriptBytes());
    client_->ReadToEnd();
    ASSERT_TRUE(backend_->AwaitEnded(1));
    EXPECT_EQ(client_->all(), Expected(mailbox_->Said()));
    CheckMessages(size);
  }
}

// Stopping without a drain closes all connections at once, as a kill does.
TEST_F(ProxyKillTest, TheProxyDiesAtEveryByte) {
  options_.server.drain = absl::ZeroDuration();
  for (size_t size = 0; size <= ScriptBytes(); size += 3) {
    SCOPED_TRACE(size);
    TestProxy proxy(options_, Unsure);
    Start({});
    EXPECT_TRUE(Send(size));
    EXPECT_TRUE(proxy.Stop().ok());
    client_->ReadToEnd();
    ASSERT_TRUE(backend_->AwaitEnded(1));
    CheckMessages(size);
    CheckSuccesses();
  }
}

}  // namespace
}  // namespace mailverdict::deliver
