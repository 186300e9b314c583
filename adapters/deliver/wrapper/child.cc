#include "adapters/deliver/wrapper/child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include "lib/mail/cursor.h"

// For functions that run on a stack that asan does not know.
#define MAILVERDICT_NO_ASAN __attribute__((no_sanitize("address")))

namespace mailverdict::deliver {
namespace {

// The path where execvp(3) would find the program. We do not call execvp: it
// runs a file of unknown format by the shell, so that the failure to start
// would look like an exit status.
std::string FindProgram(const std::string& name) {
  if (name.find('/') != name.npos) return name;
  const char* path = getenv("PATH");
  mail::Cursor in(path == nullptr ? "/usr/bin:/bin" : path);
  while (!in.done()) {
    const std::string directory(in.TakeWhile([](char c) { return c != ':'; }));
    in.Skip(':');
    const std::string file = directory + "/" + name;
    if (!directory.empty() && access(file.c_str(), X_OK) == 0) return file;
  }
  return name;
}

void CloseFd(int* fd) {
  if (*fd >= 0) close(std::exchange(*fd, -1));
}

// The child's stack. Until its exec the child shares our memory (CLONE_VM):
// copying it, as fork does, takes longer than all the rest. It has descriptors
// and signals of its own. errno is shared, so meanwhile we make no call that
// can fail, and nothing that the child runs may allocate. vfork would suspend
// us until the exec, which may wait for a dead file server.
constexpr size_t kStackBytes = 64 * 1024;
alignas(64) char child_stack[kStackBytes];

struct Launch {
  const char* file;
  char* const* argv;
  int output, error;
  pid_t parent;
  const SignalSettings* signals;
};

// Returns errno.
MAILVERDICT_NO_ASAN int BecomeProgram(const Launch& launch) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  // The parent may have died before prctl; then no SIGTERM would come.
  if (getppid() != launch.parent) return ESRCH;
  if (dup2(launch.output, STDOUT_FILENO) < 0 ||
      dup2(launch.output, STDERR_FILENO) < 0) {
    return errno;
  }
  launch.signals->Restore();
  execv(launch.file, launch.argv);
  return errno;
}

MAILVERDICT_NO_ASAN int RunChild(void* argument) {
  const Launch& launch = *static_cast<const Launch*>(argument);
  const int number = BecomeProgram(launch);
  // The pipe is empty, so the write is whole and does not block.
  if (write(launch.error, &number, sizeof number) < 0) {
  }
  _exit(kExTempFail);
}

}  // namespace

bool OpenStandardDescriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) return false;
  }
  return true;
}

SignalSettings::SignalSettings() {
  struct sigaction action = {};
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, &pipe_);
  // Ignored, it would take our children away before we ask after them.
  // An MTA may have SIGCHLD ignored; then waitpid would have nothing to tell.
  action.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &action, &chld_);
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGCHLD);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    struct sigaction before;
    sigaction(signal, nullptr, &before);
    // As under nohup: a signal that the MTA has us ignore stays ignored.
    if (before.sa_handler != SIG_IGN) sigaddset(&wanted, signal);
  }
  sigprocmask(SIG_BLOCK, &wanted, &mask_);
  fd_ = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
}

MAILVERDICT_NO_ASAN void SignalSettings::Restore() const {
  sigaction(SIGPIPE, &pipe_, nullptr);
  sigaction(SIGCHLD, &chld_, nullptr);
  sigprocmask(SIG_SETMASK, &mask_, nullptr);
}

Child::~Child() {
  CloseFd(&output_);
  CloseFd(&exec_error_);
}

int Child::Start(const std::vector<std::string>& command,
                 const SignalSettings& signals) {
  file_ = FindProgram(command[0]);
  for (const std::string& word : command) {
    argv_.push_back(const_cast<char*>(word.c_str()));  // exec does not write
  }
  argv_.push_back(nullptr);
  int output[2], error[2];
  if (pipe2(output, O_CLOEXEC) != 0) return errno;
  output_ = output[0];
  if (fcntl(output_, F_SETFL, O_NONBLOCK) != 0 ||
      pipe2(error, O_CLOEXEC) != 0) {
    const int failure = errno;
    close(output[1]);
    return failure;
  }
  exec_error_ = error[0];
  static Launch launch;
  launch = {file_.c_str(), argv_.data(), output[1],
            error[1],      getpid(),     &signals};
  pid_ =
      clone(RunChild, child_stack + kStackBytes, CLONE_VM | SIGCHLD, &launch);
  const int failure = errno;
  close(output[1]);
  close(error[1]);
  if (pid_ < 0) return failure;
  // We give up our copy of stdin; see Start in the header.
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null >= 0) {
    dup2(null, STDIN_FILENO);
    close(null);
  }
  return 0;
}

// The group exists until the child is reaped. Only if setpgid has failed in the
// child is there none; then the child alone is signalled.
void Child::Kill(int signal) const {
  if (pid_ > 0 && kill(-pid_, signal) != 0) kill(pid_, signal);
}

std::optional<Ending> Child::Reap() {
  int status = 0;
  if (pid_ <= 0 || waitpid(pid_, &status, WNOHANG) != pid_) {
    return std::nullopt;
  }
  pid_ = -1;  // the number is free now: Kill must not reach a stranger
  int number = 0;
  if (read(exec_error_, &number, sizeof number) == sizeof number) {
    return Ending{Ending::How::kNotStarted, number};
  }
  if (WIFEXITED(status)) {
    return Ending{Ending::How::kExited, WEXITSTATUS(status)};
  }
  return Ending{Ending::How::kSignalled, WTERMSIG(status)};
}

}  // namespace mailverdict::deliver
