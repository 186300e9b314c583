// The server with a protocol of lines: what is not particular to socket maps,
// whose own tests (adapters/socketmap) are the rest.

#include "adapters/server/server.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/server/client_testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/loop/run_until_testing.h"

namespace mailverdict::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr size_t kMaxLine = 100;

using LineHandler =
    std::function<void(const std::string& line, Responder reply)>;

// A request is a line. A client that has no more to say may close its sending
// half instead of ending its last line, as Exim's ${readsocket} does. A line
// that begins with '#' has no answer.
// `at_end` says what an end of file means.
class LineCodec final : public Codec {
 public:
  LineCodec(const LineHandler* handler, AtEndOfFile at_end, int* ends)
      : handler_(*handler), at_end_(at_end), ends_(*ends) {}

  size_t room() const override { return kMaxLine + 1 - unread_.size(); }
  void Feed(std::string_view bytes) override { unread_.append(bytes); }
  Result Next(Responder reply) override {
    size_t end = unread_.find('\n');
    if (end == unread_.npos) {
      if (unread_.size() > kMaxLine) return Result::kMalformed;
      if (!finished_) return Result::kMore;
      end = unread_.size();
    }
    const std::string line = unread_.substr(0, end);
    unread_.erase(0, end + 1);
    if (line.substr(0, 1) == "#") return Result::kNoAnswer;
    handler_(line, std::move(reply));
    return Result::kRequest;
  }
  AtEndOfFile EndOfFile() override {
    finished_ = true;
    ++ends_;
    return at_end_;
  }
  std::string_view unread() const override { return unread_; }
  std::string_view error() const override { return "the line is too long"; }
  void Frame(std::string_view answer, std::string* out) override {
    out->append(answer).push_back('\n');
  }

 private:
  const LineHandler& handler_;
  const AtEndOfFile at_end_;
  int& ends_;
  std::string unread_;
  bool finished_ = false;
};

class LineServerTest : public ::testing::Test {
 protected:
  LineServerTest() : loop_(*EventLoop::Create()) {
    char name[] = "/tmp/mv-lines-XXXXXX";
    directory_ = mkdtemp(name);
    path_ = directory_ + "/socket";
  }
  ~LineServerTest() override {
    server_.reset();
    rmdir(directory_.c_str());
  }
  // Answers a line that begins with "later" when the test does, by late_;
  // others with the line itself, at once.
  void Start(Codec::AtEndOfFile at_end = Codec::AtEndOfFile::kAnswer,
             const Limits& limits = {}) {
    MakeServer(at_end, limits);
    Listen();
  }
  void MakeServer(Codec::AtEndOfFile at_end, const Limits& limits) {
    handler_ = [this](const std::string& line, Responder reply) {
      lines_.push_back(line);
      if (line.substr(0, 5) == "later") {
        late_.push_back(std::move(reply));
      } else {
        reply.Send("<" + line + ">");
      }
    };
    server_ = std::make_unique<Server>(
        loop_.get(), "lines",
        [this, at_end] {
          return std::make_unique<LineCodec>(&handler_, at_end, &ends_);
        },
        [this](Severity, std::string_view line) { log_.emplace_back(line); },
        limits);
  }
  void Listen() {
    const absl::Status status = server_->Listen("unix:" + path_);
    ASSERT_TRUE(status.ok()) << status;
  }
  std::unique_ptr<Client> NewClient() {
    auto client = std::make_unique<Client>(AF_UNIX);
    EXPECT_TRUE(client->ConnectUnix(path_));
    return client;
  }
  bool Until(const std::function<bool()>& condition) {
    return RunUntil(loop_.get(), condition);
  }
  // Lets the loop do all that it can do now.
  void Settle() {
    for (int i = 0; i < 3; ++i) {
      loop_->Post([this] { loop_->Stop(); });
      loop_->Run();
    }
  }

  std::unique_ptr<EventLoop> loop_;
  std::string directory_, path_;
  LineHandler handler_;
  std::vector<std::string> lines_;
  int ends_ = 0;  // calls of EndOfFile
  std::vector<Responder> late_;
  std::vector<std::string> log_;
  std::unique_ptr<Server> server_;
};

TEST_F(LineServerTest, ARequestMayEndWithTheClientsSendingHalf) {
  Start();
  auto client = NewClient();
  ASSERT_TRUE(client->Send("one\nlater two\nthree"));
  client->FinishSending();
  ASSERT_TRUE(Until([&] { return late_.size() == 1; }));
  Settle();
  EXPECT_FALSE(client->closed()) << "it waits for two answers";
  EXPECT_EQ(ends_, 1) << "the loop does not spin on an end of file";
  late_[0].Send("<two>");
  EXPECT_TRUE(Until([&] { return client->closed(); }));
  EXPECT_EQ(client->received(), "<one>\n<two>\n<three>\n");
  EXPECT_EQ(server_->connections(), 0u);
  EXPECT_THAT(log_, IsEmpty());
}

// The end of file comes after the bytes, by itself.
TEST_F(LineServerTest, ALateEndOfFileCompletesTheRequestThatWasBegun) {
  Start();
  auto client = NewClient();
  ASSERT_TRUE(client->Send("three"));
  ASSERT_TRUE(Until([&] { return server_->connections() == 1; }));
  Settle();
  EXPECT_THAT(lines_, IsEmpty());
  client->FinishSending();
  EXPECT_TRUE(Until([&] { return client->closed(); }));
  EXPECT_EQ(client->received(), "<three>\n");
  EXPECT_THAT(log_, IsEmpty());
}

TEST_F(LineServerTest, WhereAnEndOfFileEndsTheSessionNothingIsAnswered) {
  Start(Codec::AtEndOfFile::kClose);
  auto client = NewClient();
  ASSERT_TRUE(client->Send("later one\ntwo\n"));
  ASSERT_TRUE(Until([&] { return late_.size() == 1; }));
  client->FinishSending();
  EXPECT_TRUE(Until([&] { return client->closed(); }));
  EXPECT_EQ(server_->connections(), 0u);
  late_[0].Send("<one>");
  Settle();
  EXPECT_EQ(client->received(), "");
  EXPECT_THAT(lines_, ElementsAre("later one"));
  EXPECT_THAT(log_, IsEmpty());
}

TEST_F(LineServerTest, ARequestWithoutAnAnswerHoldsUpNothing) {
  Start();
  auto client = NewClient();
  ASSERT_TRUE(client->Send("#one\ntwo\n#three\n#four\nfive\n#six\n"));
  EXPECT_TRUE(Until([&] { return client->received() == "<two>\n<five>\n"; }));
  ASSERT_TRUE(client->Send("#seven\neight\n"));
  EXPECT_TRUE(
      Until([&] { return client->received() == "<two>\n<five>\n<eight>\n"; }));
  EXPECT_EQ(server_->connections(), 1u);
}

TEST_F(LineServerTest, MalformedBytesAreLoggedInTheCodecsWords) {
  Start();
  auto client = NewClient();
  ASSERT_TRUE(client->Send("one\n" + std::string(2 * kMaxLine, 'x')));
  EXPECT_TRUE(Until([&] { return client->closed(); }));
  EXPECT_EQ(client->received(), "<one>\n");
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_THAT(log_[0], HasSubstr("lines: closing the connection of local "));
  EXPECT_THAT(log_[0], HasSubstr(": the line is too long: \"xxx"));
}

// The caller of Send may be in the middle of its own work.
TEST_F(LineServerTest, SendingAnAnswerCallsNoHandler) {
  Start();
  auto client = NewClient();
  ASSERT_TRUE(client->Send("later one\ntwo\n"));
  ASSERT_TRUE(Until([&] { return late_.size() == 1; }));
  Settle();
  late_[0].Send("<one>");
  EXPECT_EQ(lines_.size(), 1u);
  EXPECT_EQ(client->received(), "<one>\n") << "but the answer leaves at once";
  EXPECT_TRUE(Until([&] { return lines_.size() == 2; }));
  EXPECT_TRUE(Until([&] { return client->received() == "<one>\n<two>\n"; }));
}

TEST_F(LineServerTest, TheServerMayGoBetweenAnAnswerAndTheNextRequest) {
  Start();
  auto client = NewClient();
  ASSERT_TRUE(client->Send("later one\ntwo\n"));
  ASSERT_TRUE(Until([&] { return late_.size() == 1; }));
  Settle();
  late_[0].Send("<one>");
  server_.reset();
  late_.clear();  // a reply keeps the memory of its connection
  Settle();
  EXPECT_THAT(lines_, ElementsAre("later one"));
}

// A reply names its request, not a descriptor: the next connection has the same
// number.
TEST_F(LineServerTest, AnAnswerForAClientThatHasGoneReachesNobodyElse) {
  Start();
  auto gone = NewClient();
  ASSERT_TRUE(gone->Send("later one\n"));
  ASSERT_TRUE(Until([&] { return late_.size() == 1; }));
  gone->Send("x");
  gone->FinishSending();
  gone->Close();
  late_[0].Send("<one>");  // it fails, or lies in a socket that nobody reads
  ASSERT_TRUE(Until([&] { return server_->connections() == 0; }));
  auto next = NewClient();
  ASSERT_TRUE(next->Send("later two\n"));
  ASSERT_TRUE(Until([&] { return late_.size() == 2; }));
  late_[0].Send("<one>");
  Settle();
  EXPECT_EQ(next->received(), "");
  late_[1].Send("<two>");
  EXPECT_EQ(next->received(), "<two>\n");
}

TEST_F(LineServerTest, LeavesNothingInTheLoopWhenItGoes) {
  Limits limits;
  limits.max_request_age = absl::Hours(1);
  limits.max_answer_age = absl::Hours(2);
  Start(Codec::AtEndOfFile::kAnswer, limits);
  auto half = NewClient(), busy = NewClient(), idle = NewClient();
  ASSERT_TRUE(half->Send("hal"));
  ASSERT_TRUE(busy->Send("later\n"));
  ASSERT_TRUE(
      Until([&] { return server_->connections() == 3 && late_.size() == 1; }));
  Settle();
  EXPECT_THAT(loop_->Leftovers(), HasSubstr("2 timers"));
  half->Close();
  ASSERT_TRUE(Until([&] { return server_->connections() == 2; }));
  EXPECT_THAT(loop_->Leftovers(), HasSubstr("1 timers"))
      << "its timer went with the connection";
  server_->Drain(absl::Hours(3), [] {});
  EXPECT_THAT(loop_->Leftovers(), HasSubstr("2 timers"));
  server_.reset();
  EXPECT_EQ(loop_->Leftovers(), "");
}

TEST_F(LineServerTest, AnIdleConnectionOutlivesTheTimeOfItsLastAnswer) {
  Limits limits;
  limits.max_answer_age = absl::Milliseconds(50);
  Start(Codec::AtEndOfFile::kAnswer, limits);
  auto client = NewClient();
  ASSERT_TRUE(client->Send("later one\n"));
  ASSERT_TRUE(Until([&] { return late_.size() == 1; }));
  EXPECT_THAT(loop_->Leftovers(), HasSubstr("1 timers"));
  late_[0].Send("<one>");
  // The timer of the answer runs in vain.
  EXPECT_TRUE(Until(
      [&] { return loop_->Leftovers().find("timers") == std::string::npos; }));
  ASSERT_TRUE(client->Send("two\n"));
  EXPECT_TRUE(Until([&] { return client->received() == "<one>\n<two>\n"; }));
  EXPECT_THAT(log_, IsEmpty());
}

// Takes all descriptors but those that are open already.
class NoDescriptors {
 public:
  explicit NoDescriptors(int last) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit tight = before_;
    tight.rlim_cur = static_cast<rlim_t>(last) + 1;
    setrlimit(RLIMIT_NOFILE, &tight);
    for (int fd; (fd = dup(0)) >= 0;) fill_.push_back(fd);
  }
  ~NoDescriptors() {
    for (const int fd : fill_) close(fd);
    setrlimit(RLIMIT_NOFILE, &before_);
  }

 private:
  rlimit before_;
  std::vector<int> fill_;  // the gaps below the limit
};

// Without a descriptor even for the refusal, clients wait.
TEST_F(LineServerTest, AcceptsAgainAfterItCouldNeitherAcceptNorRefuse) {
  Settle();  // the sanitizer's first look at this class takes a descriptor
  auto client = std::make_unique<Client>(AF_UNIX);
  {
    const NoDescriptors none(client->fd());
    MakeServer(Codec::AtEndOfFile::kAnswer, {});
  }
  Listen();
  auto last = std::make_unique<Client>(AF_UNIX);
  bool connected = false, logged = false;
  {
    // No expectation in here: the sanitizer needs descriptors.
    const NoDescriptors none(last->fd());
    connected = client->ConnectUnix(path_) && client->Send("one\n");
    logged = Until([&] { return !log_.empty(); });
  }
  EXPECT_TRUE(connected && logged);
  EXPECT_TRUE(Until([&] { return client->received() == "<one>\n"; }));
  EXPECT_EQ(server_->connections(), 1u);
}

TEST_F(LineServerTest, ADrainThatIsDoneLeavesNoTimer) {
  Start();
  auto client = NewClient();
  ASSERT_TRUE(client->Send("later one\n"));
  ASSERT_TRUE(Until([&] { return late_.size() == 1; }));
  int done = 0;
  server_->Drain(absl::Hours(1), [&] { ++done; });
  late_[0].Send("<one>");
  EXPECT_TRUE(Until([&] { return done == 1; }));
  EXPECT_EQ(client->received(), "<one>\n");
  EXPECT_EQ(loop_->Leftovers(), "");
  Settle();
  EXPECT_EQ(done, 1);
}

// The connection that is half-way through a request when the drain begins is
// not forgotten either.
TEST_F(LineServerTest, ADrainWaitsForEachConnectionThatHasBegunARequest) {
  Start();
  auto half = NewClient(), busy = NewClient();
  ASSERT_TRUE(half->Send("hal"));
  ASSERT_TRUE(busy->Send("later one\n"));
  ASSERT_TRUE(
      Until([&] { return server_->connections() == 2 && late_.size() == 1; }));
  Settle();
  bool done = false;
  server_->Drain(absl::Hours(1), [&] { done = true; });
  late_[0].Send("<one>");
  Settle();
  EXPECT_TRUE(busy->closed());
  EXPECT_FALSE(done);
  EXPECT_FALSE(half->closed());
  ASSERT_TRUE(half->Send("f\n"));
  EXPECT_TRUE(Until([&] { return done; }));
  EXPECT_EQ(half->received(), "<half>\n");
}

TEST(ResponderTest, OfNobodyTakesAnAnswer) {
  const LineHandler answer = [](const std::string& line, Responder responder) {
    EXPECT_EQ(line, "joe");
    EXPECT_FALSE(responder.StillWaiting());
    responder.Send("<joe>");
  };
  int ends = 0;
  LineCodec codec(&answer, Codec::AtEndOfFile::kAnswer, &ends);
  codec.Feed("joe\njo");
  EXPECT_EQ(codec.Next(Responder()), Codec::Result::kRequest);
  EXPECT_EQ(codec.Next(Responder()), Codec::Result::kMore);
}

// The loop has not accepted the connection when the drain begins.
TEST_F(LineServerTest, ARequestThatWasSentBeforeTheDrainIsAnswered) {
  Start();
  auto client = NewClient();
  ASSERT_TRUE(client->Send("joe\n"));
  client->FinishSending();
  bool done = false;
  server_->Drain(absl::Hours(1), [&] { done = true; });
  EXPECT_TRUE(Until([&] { return done && client->closed(); }));
  EXPECT_EQ(client->received(), "<joe>\n");
}

// The daemon that comes next has the same socket, and answers.
TEST_F(LineServerTest, ADrainLeavesWhatWaitsInTheServiceManagersSocket) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  path_.copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  ASSERT_EQ(listen(fd, 9), 0);
  const int manager = dup(fd);
  setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
  setenv("LISTEN_FDS", std::to_string(fd - 2).c_str(), 1);
  Start();
  unsetenv("LISTEN_PID");
  unsetenv("LISTEN_FDS");
  auto client = NewClient();
  ASSERT_TRUE(client->Send("joe\n"));
  bool done = false;
  server_->Drain(absl::Hours(1), [&] { done = true; });
  EXPECT_TRUE(Until([&] { return done; }));
  EXPECT_FALSE(client->closed());
  const int next = accept(manager, nullptr, nullptr);
  EXPECT_GE(next, 0);
  close(next);
  close(manager);
  unlink(path_.c_str());
}

}  // namespace
}  // namespace mailverdict::server
