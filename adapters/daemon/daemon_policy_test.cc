#include "adapters/daemon/daemon_policy.h"

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"

namespace mailverdict {
namespace {

absl::StatusOr<std::string> NoFile(const std::string&) {
  return absl::NotFoundError("no such file");
}

absl::StatusOr<LoadedDaemonPolicy> Load(std::string_view text) {
  return LoadDaemonPolicy(text, "p", NoFile, ParsedLists(NoFile));
}

// The error's lines, each without its "p:"; "" if the policy is good.
std::string ErrorsOf(std::string_view text) {
  const absl::StatusOr<LoadedDaemonPolicy> loaded = Load(text);
  if (loaded.ok()) return "";
  EXPECT_TRUE(absl::IsInvalidArgument(loaded.status()));
  return absl::StrReplaceAll("\n" + std::string(loaded.status().message()),
                             {{"\np:", "\n"}})
      .substr(1);
}

TEST(DaemonPolicy, ReadsEveryField) {
  const auto loaded = Load(R"policy(
listener {
  socketmap: "unix:/run/mv"
  mode: "0640"
  owner: "mv"
  group: "mail"
}
listener { socketmap: "inet:[::1]:7777" }
listener { milter: "unix:/run/milter" mode: "0600" }
listener { admin: "unix:/run/admin" }
user: "nobody"
log: SYSLOG
max_connections: 17
max_list_loss_percent: 7
history { file: "/history" max_entries: 5000 }
shadow: true
)policy");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const DaemonPolicy& daemon = loaded->daemon;
  ASSERT_EQ(daemon.listeners.size(), 4u);
  EXPECT_EQ(daemon.listeners[0].protocol, Listener::Protocol::kSocketmap);
  EXPECT_EQ(daemon.listeners[0].address, "unix:/run/mv");
  EXPECT_EQ(daemon.listeners[0].mode, 0640);
  EXPECT_EQ(daemon.listeners[0].owner, "mv");
  EXPECT_EQ(daemon.listeners[0].group, "mail");
  EXPECT_EQ(daemon.listeners[1].address, "inet:[::1]:7777");
  EXPECT_EQ(daemon.listeners[1].mode, 0660);
  EXPECT_EQ(daemon.listeners[1].owner, "");
  EXPECT_EQ(daemon.listeners[1].group, "");
  EXPECT_EQ(daemon.listeners[2].protocol, Listener::Protocol::kMilter);
  EXPECT_EQ(daemon.listeners[2].address, "unix:/run/milter");
  EXPECT_EQ(daemon.listeners[2].mode, 0600);
  EXPECT_EQ(daemon.listeners[3].protocol, Listener::Protocol::kAdmin);
  EXPECT_EQ(daemon.listeners[3].address, "unix:/run/admin");
  EXPECT_EQ(daemon.user, "nobody");
  EXPECT_EQ(daemon.history.path, "/history");
  EXPECT_EQ(daemon.history.max_entries, 5000u);
  EXPECT_EQ(daemon.log, LogTarget::kSyslog);
  EXPECT_EQ(daemon.max_connections, 17u);
  EXPECT_EQ(daemon.max_list_loss_percent, 7);
  EXPECT_TRUE(loaded->policy.shadow);
}

TEST(DaemonPolicy, AHistoryHasOneDefaultSizeInPolicyAndCode) {
  const auto loaded = Load(
      "listener { socketmap: \"unix:/a\" } history { file: \"/history\" }");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->daemon.history.max_entries, Store::kDefaultMaxEntries);
}

TEST(DaemonPolicy, WhatIsLeftOutHasTheDefaultOfTheStruct) {
  const auto loaded = Load("listener { socketmap: \"unix:/a\" }");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  DaemonPolicy defaults;
  defaults.listeners.resize(1);
  defaults.listeners[0].address = "unix:/a";
  EXPECT_TRUE(loaded->daemon.CanReloadTo(defaults));
  EXPECT_EQ(loaded->daemon.max_list_loss_percent,
            defaults.max_list_loss_percent);
}

TEST(DaemonPolicy, SaysWhichChangesWantARestart) {
  const DaemonPolicy before =
      Load("listener { socketmap: \"unix:/a\" }")->daemon;
  const auto same = [&](std::string_view text) {
    const auto after = Load(text);
    EXPECT_TRUE(after.ok()) << after.status();
    return before.CanReloadTo(after->daemon);
  };
  constexpr char kListener[] = "listener { socketmap: \"unix:/a\" }";
  EXPECT_TRUE(same(kListener));
  EXPECT_TRUE(same(std::string(kListener) + "max_list_loss_percent: 7"));
  EXPECT_TRUE(same(std::string(kListener) + "shadow: true"));
  for (const char* text :
       {"", "listener { socketmap: \"unix:/b\" }",
        "listener { milter: \"unix:/a\" }",
        "listener { socketmap: \"unix:/a\" mode: \"0600\" }",
        "listener { socketmap: \"unix:/a\" owner: \"a\" }",
        "listener { socketmap: \"unix:/a\" group: \"a\" }"}) {
    EXPECT_FALSE(same(text)) << text;
  }
  for (const char* more :
       {"listener { socketmap: \"unix:/b\" }", "user: \"a\"", "log: SYSLOG",
        "max_connections: 5", "history { file: \"/h\" }",
        "history { file: \"/h\" max_entries: 5000 }"}) {
    EXPECT_FALSE(same(std::string(kListener) + more)) << more;
  }
}

TEST(DaemonPolicy, ListsItsErrorsAmongThoseOfTheLibrary) {
  EXPECT_EQ(ErrorsOf("deadline: \"1ms\"\nmax_connections: 0\nlocal_network: "
                     "\"x\""),
            "1:1: deadline is 1ms, under 100ms: no directory could answer in "
            "time; write, say, \"4s\"\n"
            "2:1: max_connections is 0, so nobody could ask; write 1 or more\n"
            "3:1: local_network \"x\" is no network, or has bits behind its "
            "prefix; write, say, \"192.0.2.0/24\" or \"2001:db8::/32\"");
}

struct SaidCase {
  const char* text;
  const char* said;
};

constexpr SaidCase kErrors[] = {
    {"max_connections: 0",
     "1:1: max_connections is 0, so nobody could ask; write 1 or more"},
    {"user: \"mail user\"",
     "1:1: user \"mail user\" is no name; write one word of letters, digits, "
     "'-', '_' and '.', as in \"mailverdict\""},
    {"user: \"-x\"",
     "1:1: user \"-x\" is no name; write one word of letters, digits, '-', '_' "
     "and '.', as in \"mailverdict\""},
    {"listener { }",
     "1:1: listener has no socketmap; write, say, socketmap: "
     "\"unix:/run/mailverdict/socketmap\""},
    {"listener { socketmap: \"/run/x\" }",
     "1:12: socketmap \"/run/x\" is no address; write unix:/PATH or "
     "inet:HOST:PORT"},
    {"listener { socketmap: \"unix:run/x\" }",
     "1:12: socketmap \"unix:run/x\" has no path from the root; write, say, "
     "unix:/run/mailverdict/socketmap"},
    {"listener { socketmap: \"unix:/run/\" }",
     "1:12: socketmap \"unix:/run/\" has no path from the root; write, say, "
     "unix:/run/mailverdict/socketmap"},
    {"listener { socketmap: \"unix:/"
     "123456789012345678901234567890123456789012345678901234567"
     "123456789012345678901234567890123456789012345678901\" }",
     "1:12: socketmap \"unix:/123456789012345678901234567890123456789012"
     "34567890123456712345678901234567...\" has a path of more "
     "than 107 bytes, the most that a socket can have"},
    {"history { file: \"history\" }",
     "1:11: file \"history\" is no file's path from the root; write, say, "
     "\"/var/lib/mailverdict/history\""},
    {"history { file: \"/history\" max_entries: 999 }",
     "1:28: max_entries is 999; write 1000 or more"},
    {"listener { socketmap: \"inet:7777\" }",
     "1:12: socketmap \"inet:7777\" is not inet:HOST:PORT; write, say, "
     "inet:127.0.0.1:7777 or inet:[::1]:7777"},
    {"listener { socketmap: \"inet:7777@localhost\" }",
     "1:12: socketmap \"inet:7777@localhost\" has its port first; write "
     "inet:HOST:PORT"},
    {"listener { socketmap: \"inet:localhost:0\" }",
     "1:12: socketmap \"inet:localhost:0\" is not inet:HOST:PORT; write, say, "
     "inet:127.0.0.1:7777 or inet:[::1]:7777"},
    {"listener { socketmap: \"inet:localhost:65536\" }",
     "1:12: socketmap \"inet:localhost:65536\" is not inet:HOST:PORT; write, "
     "say, inet:127.0.0.1:7777 or inet:[::1]:7777"},
    {"listener { socketmap: \"inet:::1:7777\" }",
     "1:12: socketmap \"inet:::1:7777\" is not inet:HOST:PORT; write, say, "
     "inet:127.0.0.1:7777 or inet:[::1]:7777"},
    {"listener { socketmap: \"inet:[::1]\" }",
     "1:12: socketmap \"inet:[::1]\" is not inet:HOST:PORT; write, say, "
     "inet:127.0.0.1:7777 or inet:[::1]:7777"},
    {"listener { socketmap: \"unix:/a\"\n mode: \"rw\" }",
     "2:2: mode \"rw\" is no mode from 0000 to 0777; write, say, \"0660\""},
    {"listener { socketmap: \"unix:/a\"\n mode: \"0888\" }",
     "2:2: mode \"0888\" is no mode from 0000 to 0777; write, say, \"0660\""},
    {"listener { socketmap: \"unix:/a\"\n mode: \"1777\" }",
     "2:2: mode \"1777\" is no mode from 0000 to 0777; write, say, \"0660\""},
    {"listener { socketmap: \"unix:/a\"\n owner: \"a:b\" group: \"c/d\" }",
     "2:2: owner \"a:b\" is no name; write one word of letters, digits, '-', "
     "'_' and '.', as in \"mail\"\n"
     "2:15: group \"c/d\" is no name; write one word of letters, digits, '-', "
     "'_' and '.', as in \"mail\""},
    {"listener { socketmap: \"inet:localhost:1\" mode: \"0600\"\n owner: \"a\""
     "\n group: \"b\" }",
     "1:42: mode is of unix: sockets only; remove it\n"
     "2:2: owner is of unix: sockets only; remove it\n"
     "3:2: group is of unix: sockets only; remove it"},
    {"listener { socketmap: \"unix:/a\" }\nlistener { socketmap: \"unix:/a\" }",
     "2:12: listener \"unix:/a\" is there already, line 1"},
    {"listener { milter: \"unix:/a\" socketmap: \"unix:/b\" }",
     "1:12: milter stands beside socketmap; write two listeners"},
    {"listener { admin: \"inet:127.0.0.1:7777\" }",
     "1:12: admin has to be a unix socket, since its clients may make "
     "everything pass; write unix:/run/mailverdict/admin"},
    {"listener { admin: \"unix:/a\" control: \"unix:/b\" }",
     "1:12: admin stands beside control; write two listeners"},
    {"listener { milter: \"unix:/a\" }\nlistener { socketmap: \"unix:/a\" }",
     "2:12: listener \"unix:/a\" is there already, line 1"},
    {"listener { milter: \"unix:/a\" }\nlistener { milter: \"unix:/b\" }",
     "2:12: the one milter listener is there already, line 1"},
    {"listener { milter: \"local:/a\" }",
     "1:12: milter \"local:/a\" is no address; write unix:/PATH or "
     "inet:HOST:PORT"},
    {"max_list_loss_percent: 101",
     "1:1: max_list_loss_percent is 101; write 0 to 100"},
};

TEST(DaemonPolicy, SaysWhatIsWrong) {
  for (const SaidCase& c : kErrors)
    EXPECT_EQ(ErrorsOf(c.text), c.said) << c.text;
}

TEST(DaemonPolicy, StillReadsTheFormerNameOfAdmin) {
  const auto loaded = Load("listener { control: \"unix:/a\" }");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_EQ(loaded->daemon.listeners.size(), 1u);
  EXPECT_EQ(loaded->daemon.listeners[0].protocol, Listener::Protocol::kAdmin);
  ASSERT_EQ(loaded->warnings.size(), 2u);  // and: no check
  EXPECT_TRUE(absl::StrContains(
      loaded->warnings[1],
      "control is called admin now; write admin: \"unix:/a\""))
      << loaded->warnings[1];
}

TEST(DaemonPolicy, WarnsOfSocketsThatTheWorldReaches) {
  const auto loaded = Load(
      "listener { socketmap: \"inet:0.0.0.0:7777\" }\nlistener { socketmap: "
      "\"inet:[::]:7777\" }\nlistener { socketmap: \"inet:[127.0.0.1]:7777\" "
      "}\n");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_EQ(loaded->warnings.size(), 4u);  // the last: no check
  std::string listeners;
  for (const std::string& warning : loaded->warnings) {
    if (absl::StrContains(warning, "socketmap")) listeners += warning + "\n";
  }
  EXPECT_EQ(
      listeners,
      "p:1:12: socketmap \"inet:0.0.0.0:7777\" lets whoever reaches this "
      "machine "
      "ask who exists; write the one address that the MTA connects to\n"
      "p:2:12: socketmap \"inet:[::]:7777\" lets whoever reaches this machine "
      "ask "
      "who exists; write the one address that the MTA connects to\n"
      "p:3:12: socketmap \"inet:[127.0.0.1]:7777\" has brackets around an IPv4 "
      "address; write it without\n");
}

}  // namespace
}  // namespace mailverdict
