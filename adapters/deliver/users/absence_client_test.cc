#include "adapters/deliver/users/absence_client.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "adapters/deliver/users/scripted_daemon_testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailverdict::deliver {
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
}

// The line that an operator reads has to say what the daemon said, and what
// that is worth.
TEST(AbsenceReply, IsToldInWords) {
  const std::string more =
      "\", which proves no absence; \"mailverdict explain\" with the address "
      "tells more";
  for (const auto& [payload, why] :
       std::vector<std::pair<std::string, std::string>>{
           {"OK proven reject 550 5.1.1 User unknown",
            "proves the absence: reject 550 5.1.1 User unknown"},
           {"OK proven", "proves the absence: proven"},
           {"OK pass pass [domain is not ours]",
            "says \"pass [domain is not ours]" + more},
           {"OK pass", "says \"pass" + more},
           {"OK unsure defer 451 4.4.3 x [timed out]",
            "says \"defer 451 4.4.3 x [timed out]" + more},
           {"OK unsure", "says \"unsure" + more},
           {"OK unsure a\nb", "says \"a\\x0ab" + more},
           {"OK unsure " + std::string(1000, 'x'),
            "says \"" + std::string(300, 'x') + "..." + more}}) {
    EXPECT_EQ(ParseAbsenceReply(payload).why, why) << payload;
  }
  for (const char* payload : {"", "NOTFOUND ", "TEMP x", "OK gone"}) {
    const std::string& why = ParseAbsenceReply(payload).why;
    EXPECT_THAT(why, HasSubstr(absl::StrCat("answers \"", payload)));
    EXPECT_THAT(why, HasSubstr("--proof")) << payload;
  }
}

TEST(AbsenceClient, AsksTheMapForTheAddress) {
  ScriptedDaemon daemon("13:OK proven why,");
  const Ruling ruling = Ask(daemon.address());
  EXPECT_EQ(ruling.existence, Existence::kProvenAbsent);
  EXPECT_EQ(ruling.why,
            "mailverdictd at " + daemon.address() + " proves the absence: why");
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
  EXPECT_THAT(ruling.why, HasSubstr("mailverdictd at unix:/tmp/mv-no-such-"
                                    "socket: cannot connect: No such file"));
  EXPECT_THAT(ruling.why, HasSubstr("does it run, and may this user open its"));
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

TEST(AbsenceClient, AsksAnewEachTime) {
  int asked = 0;
  ScriptedDaemon daemon([&asked](int fd, int) {
    ScriptedDaemon::Say(fd, ++asked == 1 ? "9:OK proven," : "7:OK pass,");
  });
  const AbsenceClient client(*ParseSocketAddress(daemon.address()));
  const auto ask = [&client] {
    return client.Ask("jane@example.org", Deadline::After(kLong)).existence;
  };
  EXPECT_EQ(ask(), Existence::kProvenAbsent);
  EXPECT_EQ(ask(), Existence::kPresent);
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
}  // namespace mailverdict::deliver
