#include "adapters/deliver/users/local_map.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/loop/deadline.h"

namespace mailverdict::deliver {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// jane and some odd users of example.org are present, joe is proven absent, and
// all others are unsure.
class Directory : public ProofSource {
 public:
  Ruling Ask(std::string_view recipient, Deadline) const override {
    static const std::map<std::string, Existence, std::less<>> kKnown = {
        {"jane@example.org", Existence::kPresent},
        {"JANE@Example.ORG", Existence::kPresent},
        {"jane@b.test", Existence::kPresent},
        {"x%1@example.org", Existence::kPresent},
        {"a b@example.org", Existence::kPresent},
        {"\"q(\"@example.org", Existence::kPresent},
        {"a@b@example.org", Existence::kPresent},
        {"joe@example.org", Existence::kProvenAbsent},
        {"joe@b.test", Existence::kProvenAbsent}};
    const auto found = kKnown.find(recipient);
    if (found == kKnown.end()) return {Existence::kUnsure, "no\nidea"};
    return {found->second, ""};
  }
};

UnknownUserRule MakeRule(UnknownPolicy policy) {
  std::vector<std::unique_ptr<ProofSource>> proofs;
  proofs.push_back(std::make_unique<Directory>());
  return UnknownUserRule(policy, std::move(proofs), absl::Seconds(60),
                         "example.org");
}

class Map : public ::testing::Test {
 protected:
  std::string Answer(const std::string& key,
                     UnknownPolicy policy = UnknownPolicy::kUnlessProven,
                     const std::string& map = "local") {
    const UnknownUserRule rule = MakeRule(policy);
    return LocalMap(&rule, {"example.org", "b.test"}).Answer({map, key});
  }
};

TEST_F(Map, SaysOkOfAUserOfOurs) {
  for (const char* key : {"jane", "jane@example.org", "jane@b.test"}) {
    EXPECT_EQ(Answer(key), "OK jane") << key;
  }
  EXPECT_EQ(Answer("JANE@Example.ORG"), "OK JANE");
}

TEST_F(Map, SaysNotFoundOnlyOfAProvenAbsence) {
  for (const char* key : {"joe", "joe@example.org", "joe@b.test"}) {
    EXPECT_EQ(Answer(key), "NOTFOUND ") << key;
  }
  EXPECT_EQ(Answer("jim"), "TEMP no\\x0aidea");
  EXPECT_THAT(Answer("jim@example.org"), StartsWith("TEMP "));
}

TEST_F(Map, UnderAlwaysDeferFindsButNeverDenies) {
  const auto policy = UnknownPolicy::kAlwaysDefer;
  EXPECT_EQ(Answer("jane", policy), "OK jane");
  EXPECT_THAT(Answer("joe", policy), StartsWith("TEMP "));
  EXPECT_THAT(Answer("joe@example.org", policy), StartsWith("TEMP "));
}

TEST_F(Map, NeitherAcceptsNorDeniesInADomainThatIsNotOurs) {
  for (const char* key : {"jane@c.test", "joe@c.test", "jane@sub.example.org",
                          "jane@", "jane@org", "jane@example.org@c.test"}) {
    EXPECT_THAT(Answer(key), StartsWith("TEMP ")) << key;
  }
}

TEST_F(Map, HasNoCatchAll) {
  EXPECT_EQ(Answer("@example.org"), "NOTFOUND ");
  EXPECT_EQ(Answer("@c.test"), "NOTFOUND ");
  EXPECT_THAT(Answer("@"), StartsWith("TEMP "));
  EXPECT_THAT(Answer(""), StartsWith("TEMP "));
}

TEST_F(Map, ValueSurvivesSendmail) {
  for (const char* key : {"x%1@example.org", "a b@example.org",
                          "\"q(\"@example.org", "a@b@example.org"}) {
    EXPECT_EQ(Answer(key), "OK user") << key;
  }
}

TEST_F(Map, KnowsOneNameOnly) {
  EXPECT_THAT(Answer("jane", UnknownPolicy::kUnlessProven, "locals"),
              StartsWith("TEMP "));
}

// One connection, served on a thread.
class MapConnection : public ::testing::Test {
 protected:
  explicit MapConnection(const LocalMapLimits& limits = {})
      : rule_(MakeRule(UnknownPolicy::kUnlessProven)) {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0 ||
        pipe2(stop_, O_CLOEXEC) != 0) {
      abort();
    }
    client_ = fds[0];
    thread_ = std::thread([this, limits, fd = fds[1]] {
      const LocalMap map(&rule_, {"example.org"}, limits);
      map.Serve(fd, stop_[0],
                [this](Severity, std::string_view line) { log_ += line; });
      close(fd);
    });
  }
  ~MapConnection() override {
    Join();
    close(client_);
    close(stop_[0]);
  }
  void Join() {
    if (stop_[1] >= 0) close(std::exchange(stop_[1], -1));
    if (thread_.joinable()) thread_.join();
  }
  void Say(const std::string& bytes) {
    EXPECT_EQ(send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // As many bytes as `wanted` has, or what there is ahead of the end.
  std::string Hear(const std::string& wanted) {
    std::string heard(wanted.size(), '\0');
    const ssize_t count =
        recv(client_, heard.data(), heard.size(), MSG_WAITALL);
    heard.resize(count < 0 ? 0 : static_cast<size_t>(count));
    return heard;
  }
  void Expect(const std::string& reply) { EXPECT_EQ(Hear(reply), reply); }

  const UnknownUserRule rule_;
  int client_ = -1;
  int stop_[2] = {-1, -1};
  std::string log_;
  std::thread thread_;
};

TEST_F(MapConnection, AnswersOneRequestAfterTheOther) {
  Say("10:local jane,");
  Expect("7:OK jane,");
  Say("9:local joe,");
  Expect("9:NOTFOUND ,");
}

TEST_F(MapConnection, AnswersRequestsThatWereSentAheadOrInPieces) {
  Say("10:local jane,9:local joe,1");
  Expect("7:OK jane,9:NOTFOUND ,");
  Say("0:local ja");
  Say("ne,");
  Expect("7:OK jane,");
}

TEST_F(MapConnection, EndsAtWhatIsNoRequest) {
  Say("10;local jane,");
  EXPECT_EQ(Hear("x"), "");
  Join();
  EXPECT_THAT(log_, HasSubstr("length is not a plain decimal number"));
}

TEST_F(MapConnection, EndsWhenTheClientCloses) {
  Say("10:local jane,10:lo");
  shutdown(client_, SHUT_WR);
  Expect("7:OK jane,");
  EXPECT_EQ(Hear("x"), "");
}

// The limits differ, so that each test meets its own.
class SlowRequest : public MapConnection {
 protected:
  SlowRequest() : MapConnection({absl::Milliseconds(50), absl::Hours(1)}) {}
};

TEST_F(SlowRequest, EndsTheConnectionThoughItBeganBeforeTheLastReply) {
  Say("10:local jane,10:lo");
  Expect("7:OK jane,");
  EXPECT_EQ(Hear("x"), "");
}

class SlowReader : public MapConnection {
 protected:
  SlowReader() : MapConnection({absl::Hours(1), absl::Milliseconds(50)}) {}
};

TEST_F(SlowReader, EndsTheConnection) {
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += "10:local jane,";
  while (send(client_, requests.data(), requests.size(), MSG_NOSIGNAL) > 0) {
  }
  // ECONNRESET when the server closes with requests unread.
  EXPECT_TRUE(errno == EPIPE || errno == ECONNRESET) << errno;
}

class LivelyConnection : public MapConnection {
 protected:
  static constexpr absl::Duration kLimit = absl::Seconds(2);
  LivelyConnection() : MapConnection({kLimit, kLimit}) {}
};

TEST_F(LivelyConnection, HasTheWholeTimeForEachRequest) {
  const Deadline end = Deadline::After(1.5 * kLimit);
  while (!end.passed()) {
    Say("10:loc");
    Say("al jane,");
    Expect("7:OK jane,");
  }
}

TEST_F(MapConnection, EndsAtAStopWhenItIsIdle) {
  Say("10:local jane,");
  Expect("7:OK jane,");
  Join();
  EXPECT_EQ(log_, "");
}

}  // namespace
}  // namespace mailverdict::deliver
