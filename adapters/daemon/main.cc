// mailverdictd --policy FILE: see --help, and docs/sendmail.md.

#include <getopt.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "adapters/daemon/daemon.h"
#include "adapters/daemon/online_check.h"
#include "adapters/daemon/policy_load.h"
#include "adapters/daemon/print_lines.h"
#include "adapters/daemon/version.h"

namespace {

constexpr char kHelp[] =
    R"(usage: mailverdictd --policy FILE [--check [--online]]

Tells an MTA whether to accept a recipient, a sender or a client, over a socket
map or as a milter. Stays in the foreground. Logs to stderr or syslog, as the
policy says.

  --policy FILE  the policy; docs/policy.sample.textproto explains every field
  --check        check the policy, print its errors and warnings, and exit: with
                 0 if there is no error, otherwise with 78
  --online       with --check: also ask each server of each directory, each DNS
                 server and each list, with every control, whether it could prove
                 an answer now; exit with 69 if one could not
  --version      print the version
  --help         print this

At SIGHUP the daemon reads the policy again. If it would not start with this
policy, the old one stays in force. It reads the lists that the policy names
(also_valid, exception_file, instant_reject_file) again when they change. A list
that is broken, or has suddenly lost many entries, does not come into force: see
`mailverdict status` and docs/directory.md.
At SIGTERM the daemon answers the questions that are under way, then exits; at a
second SIGTERM it exits at once.
)";

// EX_USAGE, EX_UNAVAILABLE and EX_CONFIG of sysexits.h.
constexpr int kUsage = 64;
constexpr int kUnavailable = 69;
constexpr int kConfig = 78;

bool NamesAddresses(const mailverdict::ListsInForce& lists) {
  return std::any_of(lists.begin(), lists.end(), [](const auto& list) {
    return list.second.addresses != nullptr;
  });
}

int CheckPolicy(const std::string& path, bool online) {
  mailverdict::PolicyLoadOptions options;
  options.policy_path = path;
  const auto read = mailverdict::LoadPolicyFiles(options);
  if (!read.ok()) {
    mailverdict::PrintLines(stderr, std::string(read.status().message()));
    return kConfig;
  }
  const mailverdict::LoadedDaemonPolicy& loaded = read->loaded;
  for (const std::string& warning : loaded.warnings) {
    mailverdict::PrintLines(stderr, "warning: " + warning);
  }
  if (loaded.daemon.history.path.empty() && NamesAddresses(read->lists)) {
    std::fputs(
        "note: without history { file: ... } a list that is broken or empty at "
        "a start is not compared with what it said before the restart\n",
        stderr);
  }
  // "good" right behind "will reject nobody" would be read alone.
  const size_t warnings = read->loaded.warnings.size();
  mailverdict::PrintLines(
      stdout,
      absl::StrCat(
          path, ": ",
          warnings == 0 ? "good"
          : warnings == 1
              ? "no error, and 1 warning above; read it before you use it"
              : "no error, and warnings above; read them before you use it"));
  if (!online) return 0;
  const bool well =
      mailverdict::CheckOnline(loaded.policy, [](const std::string& line) {
        mailverdict::PrintLines(stdout, line);
        std::fflush(stdout);
      });
  return well ? 0 : kUnavailable;
}

int Serve(const std::string& path) {
  auto daemon = mailverdict::Daemon::Start(path);
  if (!daemon.ok()) {
    mailverdict::PrintLines(stderr, std::string(daemon.status().message()));
    return kConfig;
  }
  const int status = (*daemon)->Run() ? 0 : kUnavailable;
  const bool leaves_a_thread = (*daemon)->leaves_a_thread();
  daemon->reset();
  if (leaves_a_thread) {
    // It must not meet what exit(3) destroys.
    std::fflush(nullptr);
    _exit(status);
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  const option options[] = {{"policy", required_argument, nullptr, 'p'},
                            {"check", no_argument, nullptr, 'c'},
                            {"online", no_argument, nullptr, 'o'},
                            {"version", no_argument, nullptr, 'v'},
                            {"help", no_argument, nullptr, 'h'},
                            {nullptr, 0, nullptr, 0}};
  std::string policy;
  bool check = false, online = false;
  for (int c; (c = getopt_long(argc, argv, "", options, nullptr)) != -1;) {
    switch (c) {
      case 'p':
        policy = optarg;
        break;
      case 'c':
        check = true;
        break;
      case 'o':
        online = true;
        break;
      case 'v':
        std::printf("mailverdictd %s\n", mailverdict::kVersion);
        return 0;
      case 'h':
        std::fputs(kHelp, stdout);
        return 0;
      default:
        std::fputs(kHelp, stderr);
        return kUsage;
    }
  }
  if (policy.empty() || optind != argc || (online && !check)) {
    std::fputs(kHelp, stderr);
    return kUsage;
  }
  return check ? CheckPolicy(policy, online) : Serve(policy);
}
