// What an MTA hears when a verdict comes, comes late, or does not come.
// (tests/e2e/milter_test.py has the rest, against a whole daemon.)

#include "adapters/milter/milter.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "lib/core/replies.h"
#include "lib/loop/no_threads_testing.h"
#include "lib/loop/run_until_testing.h"

namespace mailverdict::milter {
namespace {

constexpr absl::Duration kDeadline = absl::Milliseconds(100);
constexpr char kLater[] =
    "y451 4.3.0 Mail cannot be checked right now, try again later";

// The MTA's side (libmilter/mfdef.h). It blocks: for a thread of its own.
class Mta {
 public:
  explicit Mta(const std::string& path)
      : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un name = {};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
    const std::string_view options("\0\0\0\6\0\0\1\377\0\37\377\377", 12);
    EXPECT_EQ(Say('O', options).substr(0, 1), "O");
    EXPECT_EQ(Say('C', std::string_view("h\0004\0\031192.0.2.1\0", 15)), "c");
    EXPECT_EQ(Say('M', std::string_view("<joe@example.org>\0", 18)), "c");
  }
  ~Mta() { close(fd_); }
  Mta(const Mta&) = delete;
  Mta& operator=(const Mta&) = delete;

  // The reply to RCPT: "c", or "y" and the SMTP reply.
  std::string Rcpt(const std::string& who) {
    const std::string reply = Say('R', "<" + who + ">" + '\0');
    return reply.substr(0, reply.find('\0'));
  }

 private:
  std::string Say(char command, std::string_view data) {
    const uint32_t size = htonl(static_cast<uint32_t>(data.size() + 1));
    std::string packet(reinterpret_cast<const char*>(&size), sizeof size);
    packet += command;
    packet += data;
    EXPECT_EQ(send(fd_, packet.data(), packet.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(packet.size()));
    uint32_t length = 0;
    if (recv(fd_, &length, sizeof length, MSG_WAITALL) != sizeof length) {
      return "closed";
    }
    std::string reply(ntohl(length), '\0');
    const ssize_t got = recv(fd_, reply.data(), reply.size(), MSG_WAITALL);
    EXPECT_EQ(got, static_cast<ssize_t>(reply.size()));
    return reply;
  }

  const int fd_;
};

// libmilter has one life in a process: so has this test.
TEST(Milter, WithoutAVerdictItIsLater) {
  char folder[] = "/tmp/mv-milter-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/milter";
  const auto loop = EventLoop::Create();
  ASSERT_TRUE(loop.ok());
  std::vector<Transaction> asked;
  StillWaiting owed, never_given, last_waits;
  Done last_done;
  auto milter =
      Milter::Open("unix:" + path, {}, 100, loop->get(),
                   [&](Transaction tx, Done done, StillWaiting still_waiting) {
                     const std::string who = tx.recipient;
                     asked.push_back(std::move(tx));
                     if (who == "<never@example.org>") {
                       never_given = std::move(still_waiting);
                     } else if (who == "<late@example.org>") {
                       owed = std::move(still_waiting);
                     } else if (who == "<last@example.org>") {
                       last_waits = std::move(still_waiting);
                       last_done = std::move(done);
                     } else {
                       EXPECT_TRUE(still_waiting());
                       done(who == "<pass@example.org>"
                                ? Verdict::Pass()
                                : Verdict::Defer(replies::kDirectoryUnsure));
                     }
                   });
  ASSERT_TRUE(milter.ok()) << milter.status();
  (*milter)->Configure({Stage::kConnect, Stage::kMail, Stage::kRcpt},
                       {Stage::kRcpt}, kDeadline);
  bool ended = false;
  {
    const NoThreads none;
    const absl::Status status = (*milter)->Start([] {});
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  }
  const absl::Status started = (*milter)->Start([&] { ended = true; });
  ASSERT_TRUE(started.ok()) << started;

  std::atomic<bool> answered = false, done = false;
  std::promise<void> patient, gone;
  std::string first, never, late, after_late, last, when_gone;
  std::thread mta([&] {
    { Mta brief(path); }
    Mta session(path);
    first = session.Rcpt("pass@example.org");
    never = session.Rcpt("never@example.org");
    late = session.Rcpt("late@example.org");
    answered = true;
    after_late = session.Rcpt("defer@example.org");
    answered = false;
    patient.get_future().wait();
    last = session.Rcpt("last@example.org");
    gone.get_future().wait();
    when_gone = session.Rcpt("pass@example.org");
    done = true;
  });
  // The verdict comes when the session has told the MTA 451: it must be
  // dropped.
  ASSERT_TRUE(
      RunUntil(loop->get(), [&] { return answered || asked.size() > 3; }));
  ASSERT_NE(owed, nullptr);
  EXPECT_FALSE(owed());
  ASSERT_TRUE(RunUntil(loop->get(), [&] { return !answered.load(); }));
  // With these two it owes no verdict.
  ASSERT_NE(never_given, nullptr);
  EXPECT_FALSE(never_given());

  ASSERT_TRUE(RunUntil(loop->get(), [&] { return (*milter)->sessions() == 1; }))
      << "the brief one has ended";
  // A drain waits for each verdict that is owed, and then leaves no timer.
  (*milter)->Configure({Stage::kConnect, Stage::kMail, Stage::kRcpt},
                       {Stage::kRcpt}, absl::Seconds(9));
  patient.set_value();
  ASSERT_TRUE(RunUntil(loop->get(), [&] { return last_done != nullptr; }));
  int drained = 0;
  (*milter)->Drain(absl::Hours(1), [&] { ++drained; });
  EXPECT_EQ(drained, 0) << "never from within Drain";
  const absl::Time leave = (*loop)->Now() + absl::Milliseconds(300);
  ASSERT_TRUE(RunUntil(loop->get(), [&] { return (*loop)->Now() >= leave; }));
  EXPECT_EQ(drained, 0) << "a verdict is under way";
  ASSERT_TRUE(last_waits());
  last_done(Verdict::Pass());
  EXPECT_EQ(drained, 0) << "its reply has not left";
  ASSERT_TRUE(RunUntil(loop->get(), [&] { return drained > 0; }));
  EXPECT_EQ((*loop)->Leftovers(), "");
  EXPECT_EQ(drained, 1);

  milter->reset();
  gone.set_value();
  ASSERT_TRUE(RunUntil(loop->get(), [&] { return done.load(); }));
  mta.join();

  EXPECT_EQ(first, "c");
  EXPECT_EQ(never, kLater);
  EXPECT_EQ(late, kLater);
  EXPECT_EQ(after_late,
            "y451 4.4.3 Recipient cannot be verified right now, try again "
            "later");
  EXPECT_EQ(last, "c");
  EXPECT_EQ(when_gone, kLater);
  EXPECT_FALSE(ended);
  ASSERT_EQ(asked.size(), 5u);
  EXPECT_EQ(asked[0].stage, Stage::kRcpt);
  EXPECT_EQ(asked[0].client, "192.0.2.1");
  EXPECT_EQ(asked[0].sender, "<joe@example.org>");
  EXPECT_NE(access(path.c_str(), F_OK), 0);  // it went with the milter
  rmdir(folder);
}

}  // namespace
}  // namespace mailverdict::milter
