// Every way in which a program can end, with real programs.

#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "adapters/deliver/users/scripted_daemon_testing.h"
#include "adapters/deliver/wrapper/wrapper_testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailverdict::deliver {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const Words kNoDaemon = {"--proof", "unix:/tmp/mv-no-such-socket"};
const Words kNobody = {"--recipient", "nobody@example.org"};

Words operator+(Words a, const Words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Words ProofBy(const ScriptedDaemon& daemon) {
  return Words{"--proof", daemon.address()};
}

TEST(WrapperStatus, OfEveryProgramIsOneThatMayLeaveOr75) {
  const ScriptedDaemon daemon("9:OK proven,");
  const std::set<int> leaves = {0, 67, 75, 77};
  for (int status = 0; status < 256; ++status) {
    const End end =
        DeliverBy(absl::StrCat("exit ", status), ProofBy(daemon) + kNobody);
    EXPECT_EQ(end.status, leaves.count(status) ? status : 75) << status;
    if (end.status == 75) {
      EXPECT_THAT(end.output, StartsWith(absl::StrCat(
                                  "mailverdict-deliver: exit status ", status)))
          << status;
    } else {
      EXPECT_EQ(end.output, "") << status;
    }
  }
}

TEST(WrapperStatus, IsTheOperatorsWhereHeListsIt) {
  const Words lists = {"--pass", "65,100,125", "--defer=77,67"};
  for (const int status : {65, 100, 125}) {
    EXPECT_EQ(DeliverBy(absl::StrCat("exit ", status), lists).status, status);
  }
  for (const int status : {64, 66, 67, 75, 77, 126}) {
    EXPECT_EQ(DeliverBy(absl::StrCat("exit ", status), lists).status, 75);
  }
  EXPECT_EQ(DeliverBy("exit 0", lists).status, 0);
}

TEST(WrapperStatus, OfEveryDeathIs75AndNamesTheSignal) {
  const std::set<int> not_deadly = {SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP,
                                    SIGTTIN, SIGTTOU, SIGURG,  SIGWINCH};
  Start start;
  // Those that run tests may block or ignore 32, which glibc keeps to itself:
  // only the kernel sets it.
  start.prepare = [] {
    const uint64_t none = 0, default_action[4] = {};
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
    syscall(SYS_rt_sigaction, 32, default_action, nullptr, sizeof none);
  };
  for (int number = 1; number <= 64; ++number) {
    if (not_deadly.count(number)) continue;
    const End end =
        DeliverBy(absl::StrCat("kill -", number, " $$; exit 0"), {}, start);
    EXPECT_EQ(end.status, 75) << number;
    EXPECT_THAT(end.output,
                HasSubstr(absl::StrCat("death by signal ", number)));
  }
}

TEST(WrapperStatus, OfAProgramThatWasStoppedIs75AfterTheTimeout) {
  const End end = DeliverBy("kill -STOP $$; exit 0", {"--timeout", "100ms"});
  EXPECT_EQ(end.status, 75);
  EXPECT_THAT(end.output, HasSubstr("timeout"));
}

TEST(WrapperUnknown, StandsOnlyWithAProof) {
  struct Row {
    const char* reply;
    int status;
    const char* why;
  };
  for (const Row& row :
       {Row{"16:OK proven no one,", 67, ""}, Row{"9:OK proven,", 67, ""},
        Row{"7:OK pass,", 75, "says \"pass\", which proves no absence"},
        Row{"33:OK pass pass [domain is not ours],", 75,
            "says \"pass [domain is not ours]\", which proves no absence"},
        Row{"14:OK unsure slow,", 75, "slow"},
        Row{"9:NOTFOUND ,", 75, "NOTFOUND"},
        Row{"", 75, "closed the connection"},
        Row{"rubbish", 75, "malformed"}}) {
    const ScriptedDaemon daemon(row.reply);
    const End end = DeliverBy("exit 67", ProofBy(daemon) + kNobody);
    EXPECT_EQ(end.status, row.status) << row.reply;
    EXPECT_THAT(end.output, HasSubstr(row.why));
    if (row.status == 75) {
      EXPECT_THAT(end.output,
                  StartsWith("mailverdict-deliver: exit status 67 (EX_NOUSER) "
                             "of /bin/sh for <nobody@example.org> becomes "
                             "75, the MTA tries again: mailverdictd at unix:"));
    }
  }
}

TEST(WrapperUnknown, MayBeSaidByAnotherStatus) {
  const Words mail_local = {"--unknown-status", "69"};
  const ScriptedDaemon proven("16:OK proven no one,");
  const ScriptedDaemon slow("14:OK unsure slow,");
  const End end = DeliverBy("exit 69", ProofBy(proven) + mail_local + kNobody);
  EXPECT_EQ(end.status, 67);
  EXPECT_EQ(DeliverBy("exit 69", ProofBy(slow) + mail_local + kNobody).status,
            75);
  EXPECT_EQ(DeliverBy("exit 69", ProofBy(proven) + kNobody).status, 75);
}

TEST(WrapperUnknown, WithoutADaemonIs75) {
  EXPECT_EQ(DeliverBy("exit 67", kNoDaemon + kNobody).status, 75);
}

TEST(WrapperUnknown, WithoutARecipientIs75) {
  ScriptedDaemon daemon("9:OK proven,");
  EXPECT_EQ(DeliverBy("exit 67", ProofBy(daemon)).status, 75);
  EXPECT_EQ(
      DeliverBy("exit 67", ProofBy(daemon) + Words{"--recipient", ""}).status,
      75);
  EXPECT_EQ(DeliverBy("exit 67", ProofBy(daemon) + Words{"--recipient=nobody"})
                .status,
            75);
  EXPECT_TRUE(daemon.requests().empty());
}

TEST(WrapperUnknown, TakesTheRecipientOfTheEnvironment) {
  ScriptedDaemon daemon("9:OK proven,");
  Start start;
  start.environment = {"RECIPIENT=jane@example.org"};
  EXPECT_EQ(DeliverBy("exit 67", ProofBy(daemon), start).status, 67);
  EXPECT_EQ(DeliverBy("exit 67", ProofBy(daemon) + kNobody, start).status, 67);
  EXPECT_EQ(DeliverBy("exit 67", ProofBy(daemon) + Words{"--recipient=joe",
                                                         "--domain=b.test"})
                .status,
            67);
  EXPECT_THAT(daemon.requests(),
              ::testing::ElementsAre("24:absence jane@example.org,",
                                     "26:absence nobody@example.org,",
                                     "18:absence joe@b.test,"));
}

TEST(WrapperUnknown, IsNotAskedUnderAlwaysDefer) {
  ScriptedDaemon daemon("9:OK proven,");
  const End end = DeliverBy("exit 67", ProofBy(daemon) + kNobody +
                                           Words{"--unknown", "always-defer"});
  EXPECT_EQ(end.status, 75);
  EXPECT_THAT(end.output, HasSubstr("always-defer"));
  EXPECT_TRUE(daemon.requests().empty());
}

TEST(WrapperUnknown, NeedsEveryProof) {
  const ScriptedDaemon daemon("9:OK proven,");
  const ScriptedDaemon other("9:OK unsure,");
  EXPECT_EQ(
      DeliverBy("exit 67", ProofBy(daemon) + ProofBy(daemon) + kNobody).status,
      67);
  EXPECT_EQ(
      DeliverBy("exit 67", ProofBy(daemon) + ProofBy(other) + kNobody).status,
      75);
  EXPECT_EQ(DeliverBy("exit 67", ProofBy(daemon) + kNoDaemon + kNobody).status,
            75);
  EXPECT_EQ(DeliverBy("exit 67", ProofBy(daemon) + Words{"--proof", "passwd"} +
                                     Words{"--recipient=root@example.org"})
                .status,
            75);
}

TEST(WrapperUnknown, IsJudgedWithinTheTimeOfProof) {
  const ScriptedDaemon daemon([](int fd, int stop_fd) {
    ScriptedDaemon::Say(fd, "4000:OK proven ");
    while (!ScriptedDaemon::Stopped(stop_fd, 1)) ScriptedDaemon::Say(fd, "x");
  });
  const End end = DeliverBy(
      "exit 67", ProofBy(daemon) + kNobody + Words{"--proof-timeout", "100ms"});
  EXPECT_EQ(end.status, 75);
  EXPECT_THAT(end.output, HasSubstr("no answer in time"));
}

TEST(WrapperStart, ThatFailsIs75AndToldFromAProgramThatSays127) {
  const std::string directory = getenv("TEST_TMPDIR");
  const std::string text = directory + "/text", plain = directory + "/plain";
  std::ofstream(text) << "exit 0\n";
  std::ofstream(plain) << "#!/bin/sh\nexit 0\n";
  chmod(text.c_str(), 0755);
  chmod(plain.c_str(), 0644);
  struct Row {
    std::string program;
    const char* error;
  };
  for (const Row& row :
       {Row{"/no/such/program", "ENOENT"}, Row{"no-such-program", "ENOENT"},
        Row{plain, "EACCES"}, Row{directory, "EACCES"}, Row{text, "ENOEXEC"},
        Row{text + "/x", "ENOTDIR"}}) {
    const End end = Deliver({}, {row.program});
    EXPECT_EQ(end.status, 75);
    EXPECT_THAT(end.output,
                HasSubstr(absl::StrCat("failure to start (", row.error, ": ")));
  }
  const End end = DeliverBy("exit 127");
  EXPECT_EQ(end.status, 75);
  EXPECT_THAT(end.output, HasSubstr("exit status 127 of /bin/sh"));
}

TEST(WrapperStart, LooksInPath) {
  EXPECT_EQ(Deliver({}, {"true"}).status, 0);
  Start start;
  start.environment = {"PATH=:/no/such:/usr/bin:/bin"};
  EXPECT_EQ(Deliver({}, {"true"}, start).status, 0);
  start.environment = {};
  EXPECT_EQ(Deliver({}, {"true"}, start).status, 0);
  start.environment = {"PATH=/no/such"};
  EXPECT_EQ(Deliver({}, {"true"}, start).status, 75);
}

TEST(WrapperOptions, ThatAreWrongAre75AndNothingRuns) {
  for (const Words& options :
       {Words{"--unknown", "never"}, Words{"--pass", "75"},
        Words{"--pass", "67"}, Words{"--defer", "0"}, Words{"--no-such"},
        Words{"--help"}, Words{"--version"}, Words{"--timeout", "soon"},
        Words{"--proof"}, Words{"--lmtp", "unix:/tmp/x"}}) {
    const End end = DeliverBy("echo ran; exit 0", options);
    EXPECT_EQ(end.status, 75) << options[0];
    EXPECT_THAT(end.output, StartsWith("mailverdict-deliver: "));
    EXPECT_THAT(end.output, HasSubstr(options[0]));
    EXPECT_THAT(end.output, ::testing::Not(HasSubstr("ran")));
  }
  EXPECT_EQ(Deliver({}, {}).status, 75);
  EXPECT_EQ(RunProgram({kDeliver}).status, 75);
  EXPECT_EQ(RunProgram({kDeliver, "/bin/true"}).status, 75);
}

TEST(WrapperOptions, HelpAndVersionStandAlone) {
  EXPECT_EQ(RunProgram({kDeliver, "--help"}).status, 0);
  EXPECT_THAT(RunProgram({kDeliver, "--help"}).output, StartsWith("usage: "));
  EXPECT_THAT(RunProgram({kDeliver, "--version"}).output,
              StartsWith("mailverdict-deliver "));
}

}  // namespace
}  // namespace mailverdict::deliver
