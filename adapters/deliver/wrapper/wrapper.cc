#include "adapters/deliver/wrapper/wrapper.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "adapters/deliver/users/log_limits.h"
#include "lib/loop/deadline.h"
#include "lib/mail/escape.h"

namespace mailverdict::deliver {
namespace {

// How long the MTA may take to read our output. Many read it only when we have
// ended; then a full pipe would never be read.
constexpr absl::Duration kOutputPatience = absl::Seconds(1);

// The first kMaxOutputBytes of what the program writes.
class CapturedOutput {
 public:
  CapturedOutput() { kept_.reserve(kMaxOutputBytes); }

  // Does one read(2) of at most `limit` bytes, and returns its return value.
  ssize_t ReadFrom(int fd, size_t limit) {
    char bytes[16 * 1024];
    const ssize_t count = read(fd, bytes, std::min(limit, sizeof bytes));
    if (count <= 0) return count;
    const size_t size = static_cast<size_t>(count);
    const size_t taken = std::min(size, kMaxOutputBytes - kept_.size());
    kept_.append(bytes, taken);
    lost_ += size - taken;
    return count;
  }

  // Reads what is in the pipe now, and does not wait for its end: a grandchild
  // may hold the pipe open for ever, and write to it.
  void ReadRest(int fd) {
    int left = 0;
    if (ioctl(fd, FIONREAD, &left) != 0) return;
    while (left > 0) {
      const ssize_t count = ReadFrom(fd, static_cast<size_t>(left));
      if (count <= 0) return;
      left -= static_cast<int>(count);
    }
  }

  const std::string& kept() const { return kept_; }
  size_t lost() const { return lost_; }

 private:
  std::string kept_;
  size_t lost_ = 0;
};

// One run of the program, from its start to its end.
class ProgramRun {
 public:
  ProgramRun(const WrapperOptions& options, const SignalSettings& signals)
      : options_(options), signals_(signals) {}

  Ending Finish() {
    const int error =
        signals_.fd() < 0 ? EMFILE : child_.Start(options_.command, signals_);
    if (error != 0) return {Ending::How::kNotStarted, error};
    deadline_ = Deadline::After(options_.timeout);
    output_open_ = true;
    while (!ended_.has_value()) {
      Step();
      // Not after the end: an end in time is not a timeout.
      if (deadline_.passed() && !ended_.has_value() && !Escalate()) break;
    }
    output_.ReadRest(child_.output());
    return FinalEnding();
  }

  const CapturedOutput& output() const { return output_; }

 private:
  enum class Phase { kRunning, kTerminated, kKilled };

  void Step() {
    pollfd fds[] = {{signals_.fd(), POLLIN, 0},
                    {output_open_ ? child_.output() : -1, POLLIN, 0}};
    if (poll(fds, 2, deadline_.PollTimeout()) <= 0) return;
    if (fds[1].revents != 0) {
      const ssize_t count = output_.ReadFrom(child_.output(), kMaxOutputBytes);
      output_open_ = count > 0 || (count < 0 && errno == EAGAIN);
    }
    if (fds[0].revents != 0) OnSignal();
  }

  void OnSignal() {
    signalfd_siginfo info;
    while (read(signals_.fd(), &info, sizeof info) == sizeof info) {
      const int signal = static_cast<int>(info.ssi_signo);
      if (signal == SIGCHLD) continue;
      stopped_by_ = signal;
      child_.Kill(signal);
    }
    ended_ = child_.Reap();
  }

  // SIGTERM, then SIGKILL. False if both were sent in vain: a program that
  // waits for a dead file server cannot be killed.
  bool Escalate() {
    if (phase_ == Phase::kKilled) return false;
    const bool first = phase_ == Phase::kRunning;
    child_.Kill(first ? SIGTERM : SIGKILL);
    // A stopped program would not get the SIGTERM.
    if (first) child_.Kill(SIGCONT);
    phase_ = first ? Phase::kTerminated : Phase::kKilled;
    deadline_ = Deadline::After(options_.grace);
    return true;
  }

  // The ending that counts. An end that we caused is a timeout or a stop,
  // whatever the status, unless the program has delivered.
  Ending FinalEnding() const {
    const Ending timed_out{Ending::How::kTimedOut, 0};
    if (!ended_.has_value()) return timed_out;
    const bool delivered =
        ended_->how == Ending::How::kExited && ended_->number == kExOk;
    if (delivered || ended_->how == Ending::How::kNotStarted) return *ended_;
    if (phase_ != Phase::kRunning) return timed_out;
    if (stopped_by_ != 0) return {Ending::How::kStopped, stopped_by_};
    return *ended_;
  }

  const WrapperOptions& options_;
  const SignalSettings& signals_;
  Child child_;
  CapturedOutput output_;
  bool output_open_ = false;
  Phase phase_ = Phase::kRunning;
  Deadline deadline_ = Deadline::After(absl::ZeroDuration());
  int stopped_by_ = 0;
  std::optional<Ending> ended_;
};

// The status that an ending leads to, and the log line about it.
struct Decision {
  int status = kExTempFail;
  bool stands = false;  // `status` is the program's own
  std::string line;     // empty for a delivery
};

// Why a status became 75, and what the operator can do.
std::string WhyTemporary(const Ending& ending, const StatusLists& lists) {
  const bool exited = ending.how == Ending::How::kExited;
  if (exited && lists.defer[ending.number]) return "it is listed by --defer";
  return absl::StrCat("it may be the fault of this host; see the program's ",
                      "output",
                      exited && ending.number <= kMaxPassedStatus
                          ? absl::StrCat(", and --pass ", ending.number,
                                         " if the mail is at fault")
                          : "");
}

Decision Decide(const WrapperOptions& options, const Ending& ending,
                const UnknownUserRule& rule) {
  Decision decision;
  decision.status = ExitStatusFor(ending, options.lists);
  std::string why, recipient;
  if (decision.status == kExNoUser) {
    const Ruling ruling = rule.Judge(options.recipient);
    const bool proven = ruling.existence == Existence::kProvenAbsent;
    if (!proven) decision.status = kExTempFail;
    why = ruling.why;
    if (!options.recipient.empty()) {
      recipient = absl::StrCat(
          " for <", mail::EscapeUpTo(options.recipient, kShownRecipientBytes),
          ">");
    }
  }
  const bool exited = ending.how == Ending::How::kExited;
  decision.stands = exited && decision.status == ending.number;
  if (decision.status == kExOk) return decision;
  if (!decision.stands && why.empty()) {
    why = WhyTemporary(ending, options.lists);
  }
  decision.line = absl::StrCat(
      Describe(ending), " of ", options.command[0], recipient,
      decision.stands ? " stands" : absl::StrCat(" becomes ", decision.status),
      decision.status == kExTempFail ? ", the MTA tries again"
                                     : ", the MTA bounces the message",
      why.empty() ? "" : ": ", why);
  return decision;
}

void Log(const Decision& decision, const CapturedOutput& output, MailLog* log) {
  if (!decision.line.empty()) {
    log->Write(decision.stands ? Severity::kInfo : Severity::kWarning,
               decision.line);
  }
  std::string_view rest = output.kept();
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (!line.empty()) log->Write(Severity::kInfo, line);
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
}

void WriteForMta(const Decision& decision, const CapturedOutput& output) {
  std::string text;
  if (decision.status == kExTempFail) {
    absl::StrAppend(
        &text, "mailverdict-deliver: ", mail::EscapeLine(decision.line), "\n");
  }
  absl::StrAppend(&text, output.kept());
  if (output.lost() > 0) {
    absl::StrAppend(&text, "\nmailverdict-deliver: ", output.lost(),
                    " bytes more are left out\n");
  }
  WriteWithTimeout(STDOUT_FILENO, text, kOutputPatience);
}

}  // namespace

int RunWrapper(const WrapperOptions& options, const SignalSettings& signals,
               const UnknownUserRule& rule, MailLog* log) {
  ProgramRun run(options, signals);
  const Ending ending = run.Finish();
  int status = kExTempFail;
  try {
    const Decision decision = Decide(options, ending, rule);
    status = decision.status;
    WriteForMta(decision, run.output());
    Log(decision, run.output(), log);
  } catch (const std::exception&) {  // out of memory: the decision stands
    if (ending.how == Ending::How::kExited && ending.number == kExOk) return 0;
  }
  return status;
}

}  // namespace mailverdict::deliver
