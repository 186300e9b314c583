#include "adapters/local_delivery/absence_client.h"

#include <memory>
#include <string>

#include "adapters/local_delivery/scripted_daemon.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailverdict::local_delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::Duration kLong = absl::Seconds(60);
constexpr absl::Duration kShort = absl::Milliseconds(50);

Ruling Ask(const std::string& address, absl::Duration time = kLong,
           const std::string& recipient = "jane@example.org") {
  const auto daemon = ParseSocketAddress(address);
  EXPECT_TRUE(daemon.ok()) << daemon.status();
  return AbsenceClient(*daemon).Ask(recipient, Deadline::After(time));
}

Existence Answered(const std::string& reply) {
  ScriptedDaemon daemon(reply);
  return Ask(daemon.address()).existence;
}

TEST(AbsenceReply, HasThreeWordsAndAllElseIsUnsure) {
  EXPECT_EQ(ParseAbsenceReply("OK proven no entry").existence,
            Existence::kProvenAbsent);
  EXPECT_EQ(ParseAbsenceReply("OK proven no entry").why, "no entry");
  EXPECT_EQ(ParseAbsenceReply("OK proven").existence, Existence::kProvenAbsent);
  EXPECT_EQ(ParseAbsenceReply("OK pass").existence, Existence::kPresent);
  EXPECT_EQ(ParseAbsenceReply("OK pass x").existence, Existence::kPresent);
  for (const char* payload :
       {"OK unsure slow", "", "OK", "OK ", "OK  proven", "proven", "ok proven",
        "OK Proven", "OK provenly", "OK proven\tno", "NOTFOUND ", "NOTFOUND",
        "TEMP x", "TIMEOUT x", "PERM proven", "OK defer:4.3:\"x\"",
        "OK reject:1.1:550:\"x\"", "OK proven\n", " OK proven"}) {
    EXPECT_EQ(ParseAbsenceReply(payload).existence, Existence::kUnsure)
        << payload;
  }
  EXPECT_EQ(ParseAbsenceReply("OK unsure a\nb").why, "a\\x0ab");
}

TEST(AbsenceClient, AsksTheMapForTheAddress) {
  ScriptedDaemon daemon("13:OK proven why,");
  const Ruling ruling = Ask(daemon.address());
  EXPECT_EQ(ruling.existence, Existence::kProvenAbsent);
  EXPECT_EQ(ruling.why, "why");
  EXPECT_THAT(daemon.requests(), ElementsAre("24:absence jane@example.org,"));
}

TEST(AbsenceClient, TakesOneWholeReplyAndNothingElse) {
  EXPECT_EQ(Answered("9:OK proven,"), Existence::kProvenAbsent);
  EXPECT_EQ(Answered("7:OK pass,"), Existence::kPresent);
  for (const char* reply :
       {"", "9", "9:", "9:OK proven", "9:OK proven;", "09:OK proven,",
        "8:OK proven,", "10:OK proven,", "9:OK proven,9:OK proven,",
        "9:OK proven,x", "OK proven\n", "9 :OK proven,", "-9:OK proven,",
        "4097:OK proven,", "999999999999:OK proven,", "0:,"}) {
    EXPECT_EQ(Answered(reply), Existence::kUnsure) << reply;
  }
}

TEST(AbsenceClient, IsUnsureWithoutADaemon) {
  const Ruling ruling = Ask("unix:/tmp/mv-no-such-socket");
  EXPECT_EQ(ruling.existence, Existence::kUnsure);
  EXPECT_THAT(ruling.why, HasSubstr("No such file"));
  EXPECT_THAT(Ask("inet:127.0.0.1:1").why, HasSubstr("refused"));
}

TEST(AbsenceClient, IsUnsureAtADaemonThatNeverAnswers) {
  ScriptedDaemon daemon(
      [](int, int stop_fd) { ScriptedDaemon::Stopped(stop_fd, -1); });
  const Ruling ruling = Ask(daemon.address(), kShort);
  EXPECT_EQ(ruling.existence, Existence::kUnsure);
  EXPECT_THAT(ruling.why, HasSubstr("in time"));
}

TEST(AbsenceClient, DribblingBytesGainNoTime) {
  ScriptedDaemon daemon([](int fd, int stop_fd) {
    ScriptedDaemon::Say(fd, "4096:OK proven ");
    while (!ScriptedDaemon::Stopped(stop_fd, 1)) ScriptedDaemon::Say(fd, "x");
  });
  const Deadline limit = Deadline::After(absl::Seconds(30));
  EXPECT_EQ(Ask(daemon.address(), kShort).existence, Existence::kUnsure);
  EXPECT_FALSE(limit.passed());
}

TEST(AbsenceClient, IsUnsureWhenTheQueueOfTheSocketIsFull) {
  char directory[] = "/tmp/mv-full-XXXXXX";
  const std::string path = std::string(mkdtemp(directory)) + "/s";
  const auto address = ParseSocketAddress("unix:" + path);
  ASSERT_TRUE(address.ok());
  const auto* name = reinterpret_cast<const sockaddr*>(&address->name);
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(listener, name, address->size), 0);
  ASSERT_EQ(listen(listener, 0), 0);  // takes one
  const int first = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(connect(first, name, address->size), 0);
  const Ruling ruling = Ask("unix:" + path, kShort);
  EXPECT_EQ(ruling.existence, Existence::kUnsure);
  EXPECT_THAT(ruling.why, HasSubstr("cannot connect: no answer in time"));
  close(first);
  close(listener);
  unlink(path.c_str());
  rmdir(directory);
}

TEST(AbsenceClient, DoesNotAskWithoutADomain) {
  ScriptedDaemon daemon("9:OK proven,");
  for (const char* recipient : {"jane", "jane@", "@example.org", ""}) {
    EXPECT_EQ(Ask(daemon.address(), kLong, recipient).existence,
              Existence::kUnsure)
        << recipient;
  }
  EXPECT_TRUE(daemon.requests().empty());
}

}  // namespace
}  // namespace mailverdict::local_delivery
