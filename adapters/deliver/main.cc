// mailverdict-deliver. See --help; wrapper/wrapper.h, lmtp/proxy.h and
// users/local_map.h describe its three modes.

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/daemon/version.h"
#include "adapters/deliver/options.h"
#include "adapters/deliver/serve.h"
#include "adapters/deliver/users/absence_client.h"
#include "adapters/deliver/users/mail_log.h"
#include "adapters/deliver/users/passwd.h"
#include "adapters/deliver/wrapper/child.h"
#include "adapters/deliver/wrapper/wrapper.h"
#include "lib/mail/escape.h"

namespace mailverdict::deliver {
namespace {

// How long all log lines of one delivery together may wait for a slow syslog.
constexpr absl::Duration kLogPatience = absl::Seconds(1);

void Print(int fd, const std::string& text) {
  WriteWithTimeout(fd, text, kLogPatience);
}

void Complain(const std::string& what) {
  Print(STDERR_FILENO, "mailverdict-deliver: " + mail::EscapeLine(what) + "\n");
}

UnknownUserRule MakeRule(const Options& options) {
  std::vector<std::unique_ptr<ProofSource>> proofs;
  // Under always-defer no absence counts, so there is nothing to ask; only the
  // map still wants to know who is present.
  const bool needed = options.unknown != UnknownPolicy::kAlwaysDefer ||
                      options.mode == Mode::kMap;
  for (const std::string& proof : options.proofs) {
    if (!needed) break;
    if (proof == "passwd") {
      proofs.push_back(std::make_unique<PasswdProof>());
    } else {
      proofs.push_back(
          std::make_unique<AbsenceClient>(*ParseSocketAddress(proof)));
    }
  }
  return UnknownUserRule(options.unknown, std::move(proofs),
                         options.proof_timeout,
                         options.domains.empty() ? "" : options.domains[0]);
}

int Wrap(const Options& options) {
  const SignalSettings signals;
  MailLog log({"/dev/log", kLogPatience, -1});
  WrapperOptions wrapper;
  wrapper.command = options.command;
  wrapper.recipient = options.recipient;
  wrapper.lists = options.lists;
  wrapper.timeout = options.timeout;
  return RunWrapper(wrapper, signals, MakeRule(options), &log);
}

int Run(const std::vector<std::string>& words) {
  const auto options = ParseOptions(words, std::getenv("RECIPIENT"));
  if (!options.ok()) {
    Complain(std::string(options.status().message()));
    return ExitStatusOfWrongOptions(words);
  }
  switch (options->mode) {
    case Mode::kHelp:
      Print(STDOUT_FILENO, kHelp);
      return 0;
    case Mode::kVersion:
      Print(STDOUT_FILENO,
            std::string("mailverdict-deliver ") + kVersion + "\n");
      return 0;
    case Mode::kWrapper:
      return Wrap(*options);
    case Mode::kProxy:
    case Mode::kMap:
      break;
  }
  const absl::Status status = Serve(*options, MakeRule(*options));
  if (!status.ok()) Complain(std::string(status.message()));
  return status.ok() ? 0 : 1;
}

// Returns the exit status. Whatever goes wrong in here, an MTA must not bounce.
int Main(int argc, char** argv) {
  if (!OpenStandardDescriptors()) return kExTempFail;
  try {
    return Run(std::vector<std::string>(argv + (argc > 0), argv + argc));
  } catch (const std::exception&) {  // out of memory
    return kExTempFail;
  }
}

}  // namespace
}  // namespace mailverdict::deliver

// Leaves by _exit: a lookup that hangs may have left a thread behind.
int main(int argc, char** argv) {
  _exit(mailverdict::deliver::Main(argc, argv));
}
