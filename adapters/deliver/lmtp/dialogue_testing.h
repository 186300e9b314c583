// A harness for tests of LmtpDialogue: a client and a backend.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_LMTP_DIALOGUE_TESTING_H_
#define MAILVERDICT_ADAPTERS_DELIVER_LMTP_DIALOGUE_TESTING_H_

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/deliver/lmtp/dialogue.h"
#include "gtest/gtest.h"

namespace mailverdict::deliver {

// An LmtpDialogue between two peers. It gets their bytes in pieces of `split`
// bytes, and the peers take its output at once.
class Talk {
 public:
  explicit Talk(size_t split, LmtpOptions options = {})
      : split_(split), dialogue_(std::move(options)) {}

  // The recipients whose absence is proven. Questions that no proof answers get
  // the same answers, which must have no effect on them.
  std::vector<std::string> proven;

  // The bytes that each peer got, and the recipients of questions that a proof
  // answers, since the last call.
  std::string ClientGot() { return std::exchange(client_got_, ""); }
  std::string BackendGot() { return std::exchange(backend_got_, ""); }
  std::vector<std::string> Asked() { return std::exchange(asked_, {}); }

  void Client(std::string_view bytes) {
    Feed(bytes, [this](std::string_view part) { dialogue_.FromClient(part); });
  }
  void Backend(std::string_view bytes) {
    Feed(bytes, [this](std::string_view part) { dialogue_.FromBackend(part); });
  }
  LmtpDialogue& dialogue() { return dialogue_; }

  // Gives the peers their bytes, and answers questions, until there are none
  // left.
  void Settle() {
    bool moved = true;
    while (moved) {
      moved = false;
      if (!dialogue_.to_client().empty()) {
        client_got_ += dialogue_.to_client();
        dialogue_.SentToClient(dialogue_.to_client().size());
        moved = true;
      }
      if (!dialogue_.to_backend().empty()) {
        backend_got_ += dialogue_.to_backend();
        dialogue_.SentToBackend(dialogue_.to_backend().size());
        moved = true;
      }
      if (const LmtpQuestion* question = dialogue_.question()) {
        const std::string recipient = question->recipient;
        if (question->stands_if_absent) asked_.push_back(recipient);
        dialogue_.Answer(std::find(proven.begin(), proven.end(), recipient) !=
                         proven.end());
        moved = true;
      }
    }
  }

 private:
  void Feed(std::string_view bytes,
            const std::function<void(std::string_view)>& feed) {
    while (!bytes.empty()) {
      feed(bytes.substr(0, split_));
      bytes.remove_prefix(std::min(split_, bytes.size()));
      Settle();
    }
  }

  const size_t split_;
  LmtpDialogue dialogue_;
  std::string client_got_, backend_got_;
  std::vector<std::string> asked_;
};

// The fixture of all tests of LmtpDialogue. The parameter is the split.
class LmtpDialogueTest : public ::testing::TestWithParam<size_t> {
 protected:
  LmtpDialogueTest() : LmtpDialogueTest(LmtpOptions()) {}
  explicit LmtpDialogueTest(LmtpOptions options)
      : talk_(GetParam(), std::move(options)) {}

  // Sends both texts, and expects that both pass unchanged.
  void Says(std::string_view client, std::string_view backend) {
    talk_.Client(client);
    EXPECT_EQ(talk_.BackendGot(), client);
    talk_.Backend(backend);
    EXPECT_EQ(talk_.ClientGot(), backend);
  }
  void Greet() {
    Says("", "220 host LMTP\r\n");
    Says("LHLO us\r\n", "250-host\r\n250-PIPELINING\r\n250 8BITMIME\r\n");
  }
  // Begins a message to these recipients, up to and including the 354.
  void ToMessage(const std::vector<std::string>& recipients) {
    Greet();
    Says("MAIL FROM:<s@t>\r\n", "250 2.1.0 ok\r\n");
    for (const std::string& recipient : recipients) {
      Says("RCPT TO:<" + recipient + ">\r\n", "250 2.1.5 ok\r\n");
    }
    Says("DATA\r\n", "354 go\r\n");
  }
  // Expects that every 5xx becomes a 4xx, and that no proof is asked for.
  void ExpectBlind() {
    talk_.proven = {"", "a@b", "c@d", "x@y"};
    talk_.Asked();
    talk_.Client("RCPT TO:<a@b>\r\n");
    talk_.BackendGot();
    talk_.Backend("550 5.1.1 a\r\n553 b\r\n250 c\r\n552 5.2.2 d\r\n");
    EXPECT_EQ(talk_.ClientGot(),
              "450 4.1.1 a\r\n451 b\r\n250 c\r\n451 4.2.2 d\r\n");
    EXPECT_TRUE(talk_.Asked().empty());
  }

  Talk talk_;
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_LMTP_DIALOGUE_TESTING_H_
