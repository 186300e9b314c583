// The command mailverdict, by which operators ask a running mailverdictd and
// give it orders: see --help. adapters/daemon/admin.h has the daemon's side.

#include <getopt.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "adapters/command/case_files.h"
#include "adapters/daemon/print_lines.h"
#include "adapters/daemon/version.h"
#include "adapters/socketmap/client.h"

namespace {

constexpr char kHelp[] =
    R"(usage: mailverdict [--socket ADDRESS] COMMAND
       mailverdict check-cases [--policy FILE] FOLDER

See what the daemon does:
  explain RECIPIENT [resolved ADDRESS] [from SENDER] [client ADDRESS]
                      print the verdict on a recipient and its reasons; nothing
                      is remembered. The ADDRESS after "resolved" is the address
                      that the MTA makes of the recipient
  explain from SENDER [client ADDRESS]
                      the same for a sender
  status              print the state of each directory, DNS and the lists: each
                      server and since when it is well or fails, vanished
                      addresses, holds, connections, and files that are broken
                      or held

Override the policy, for all mail:
  hold defer-all      from now on defer everything ("try again later")
  hold pass-all       from now on pass everything
  hold off            let the policy decide again

When addresses vanish from a directory (DIRECTORY is its name in the policy):
  release DIRECTORY   confirm that the addresses that vanished from DIRECTORY
                      are really gone; ends the hold that they have caused
  grace DIRECTORY 24h set `grace`, the time for which a vanished address is
                      deferred
  vanished DIRECTORY 20/10m
                      set the limit of `hold { vanished: 20 within: "10m" }`:
                      when more than 20 addresses vanish within 10 minutes, the
                      directory is held and rejects no recipient. This sets a
                      limit and prints nothing; `status` prints how many
                      addresses have vanished
  grace DIRECTORY policy
  vanished DIRECTORY policy
                      go back to the policy's value

When a list of addresses has lost many entries:
  accept FILE         confirm the new version of a file that is held: it comes
                      into force

Domains that do not exist:
  domain list         print the domains that are remembered as missing, and
                      whether each is learned. A learned domain is refused when
                      it is proven missing again
  domain add DOMAIN   DOMAIN is learned from now on
  domain pin DOMAIN   the same, and it is not forgotten when the domain exists
                      for a while
  domain remove DOMAIN
                      forget DOMAIN

Try a policy, without a daemon:
  check-cases [--policy FILE] FOLDER
                      try the cases in the files *.case in and below FOLDER
                      against the policy FILE, or the policy that they name.
                      docs/cases.md explains cases

  --socket ADDRESS    the address of the policy's admin listener
                      (unix:/run/mailverdict/admin)
  --version           print the version
  --help              print this

Exit status: 0; 1 if the daemon refuses or a case is wrong; 64 if the command
line is wrong; 69 if no daemon answers; 78 if cases or their policy cannot be
read. A hold ends when the daemon ends. What grace and vanished set ends when
the daemon ends or reads its policy again (SIGHUP). The daemon logs each of
these commands.
)";

// EX_USAGE and EX_UNAVAILABLE of sysexits.h.
constexpr int kRefused = 1;
constexpr int kUsage = 64;
constexpr int kUnavailable = 69;

// How long to wait for a daemon that does not answer at all. Longer than any
// verdict, which has a deadline of its own in the policy.
constexpr absl::Duration kPatience = absl::Seconds(60);

// The socket that the documents name, or its former name if only that exists.
std::string DefaultSocket() {
  constexpr char kSocket[] = "/run/mailverdict/admin";
  constexpr char kFormerSocket[] = "/run/mailverdict/control";
  const bool former =
      access(kSocket, F_OK) != 0 && access(kFormerSocket, F_OK) == 0;
  return absl::StrCat("unix:", former ? kFormerSocket : kSocket);
}

int Usage() {
  std::fputs(kHelp, stderr);
  return kUsage;
}

// The number of words that this command must have, its name included; 0 if
// there is no such command. `words`: how many were given.
int WordsOf(std::string_view command, int words) {
  if (command == "status") return 1;
  if (command == "domain") return words == 2 ? 2 : 3;
  if (command == "hold" || command == "release" || command == "accept") {
    return 2;
  }
  return command == "grace" || command == "vanished" ? 3 : 0;
}

// The daemon's map (adapters/daemon/maps.h) and the key that answer
// `explain [RECIPIENT] [resolved ADDRESS] [from SENDER] [client ADDRESS]`;
// nullopt if the words do not have this form.
std::optional<std::pair<std::string, std::string>> ExplainRequest(
    const std::vector<std::string>& words) {
  std::string recipient, resolved, sender, client;
  for (size_t i = 0; i < words.size(); ++i) {
    std::string* const named = words[i] == "from"       ? &sender
                               : words[i] == "client"   ? &client
                               : words[i] == "resolved" ? &resolved
                                                        : nullptr;
    if (named == nullptr && i > 0) return std::nullopt;
    if (named != nullptr && ++i == words.size()) return std::nullopt;
    (named == nullptr ? recipient : *named) = words[i];
  }
  if (recipient.empty() && sender.empty()) return std::nullopt;
  const std::string end =
      absl::StrCat(",client=<", client, ">,id=<>,auth=<>,;");
  if (recipient.empty()) return {{"explain-sender", sender + end}};
  std::string key = recipient;
  if (!resolved.empty()) absl::StrAppend(&key, ",resolved=<", resolved, ">");
  if (!sender.empty()) absl::StrAppend(&key, ",sender=<", sender, ">");
  return {{"explain", key + end}};
}

// check-cases [--policy FILE] FOLDER. Returns the exit status.
int Cases(const std::vector<std::string>& words) {
  const bool policy = words.size() == 3 && words[0] == "--policy";
  if (!policy && words.size() != 1) return Usage();
  return mailverdict::CheckCases(words.back(), policy ? words[1] : "");
}

// Asks the daemon and prints its answer. Returns the exit status.
int Order(const std::string& address,
          const mailverdict::socketmap::Request& r) {
  using mailverdict::ParseSocketAddress;
  const auto daemon = ParseSocketAddress(address);
  if (!daemon.ok()) {
    mailverdict::PrintLines(stderr, absl::StrCat("mailverdict: --socket ",
                                                 daemon.status().message()));
    return kUsage;
  }
  const auto reply = mailverdict::socketmap::Ask(
      *daemon, r, mailverdict::socketmap::kMaxReplyBytes,
      mailverdict::Deadline::After(kPatience));
  if (!reply.ok()) {
    mailverdict::PrintLines(
        stderr, absl::StrCat("mailverdict: ", reply.status().message(),
                             "; does it run, has its policy listener { admin: "
                             "\"",
                             address, "\" }, and may you use it?"));
    return kUnavailable;
  }
  const bool done = absl::StartsWith(*reply, "OK ");
  const size_t text = reply->find(' ') + 1;
  mailverdict::PrintLines(done ? stdout : stderr, reply->substr(text));
  return done && std::fflush(stdout) == 0 ? 0 : kRefused;
}

}  // namespace

int main(int argc, char** argv) {
  const option options[] = {{"socket", required_argument, nullptr, 's'},
                            {"version", no_argument, nullptr, 'v'},
                            {"help", no_argument, nullptr, 'h'},
                            {nullptr, 0, nullptr, 0}};
  std::string address = DefaultSocket();
  for (int c; (c = getopt_long(argc, argv, "+", options, nullptr)) != -1;) {
    switch (c) {
      case 's':
        address = optarg;
        break;
      case 'v':
        std::printf("mailverdict %s\n", mailverdict::kVersion);
        return 0;
      case 'h':
        std::fputs(kHelp, stdout);
        return 0;
      default:
        return Usage();
    }
  }
  const int words = argc - optind;
  if (words == 0) return Usage();
  const std::string_view command = argv[optind];
  if (command == "check-cases") {
    return Cases({argv + optind + 1, argv + argc});
  }
  if (command == "explain") {
    const auto request = ExplainRequest({argv + optind + 1, argv + argc});
    if (!request.has_value()) return Usage();
    return Order(address, {request->first, request->second});
  }
  if (words != WordsOf(command, words)) return Usage();
  std::string key;
  for (int word = optind + 1; word < argc; ++word) {
    if (!key.empty()) key += ' ';
    key += argv[word];
  }
  return Order(address, {command, key});
}
