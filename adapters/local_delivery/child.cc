#include "adapters/local_delivery/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include "lib/mail/cursor.h"

namespace mailverdict::local_delivery {
namespace {

// Where execvp(3) would find it. We do not use that: it gives a file that is
// no program to the shell, and ENOEXEC would look like an exit status.
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

// After fork: async-signal-safe calls only. Returns errno.
int BecomeProgram(const char* file, char* const* argv, int output, pid_t parent,
                  const Signals& signals) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) return ESRCH;  // it died before that
  if (dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0) {
    return errno;
  }
  signals.Restore();
  execv(file, argv);
  return errno;
}

}  // namespace

bool OpenStandardDescriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) return false;
  }
  return true;
}

Signals::Signals() {
  struct sigaction action = {};
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, &pipe_);
  // Ignored, it would take our children away before we ask after them.
  action.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &action, &chld_);
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGCHLD);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    struct sigaction before;
    sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_IGN) sigaddset(&wanted, signal);
  }
  sigprocmask(SIG_BLOCK, &wanted, &mask_);
  fd_ = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
}

void Signals::Restore() const {
  sigaction(SIGPIPE, &pipe_, nullptr);
  sigaction(SIGCHLD, &chld_, nullptr);
  sigprocmask(SIG_SETMASK, &mask_, nullptr);
}

Child::~Child() {
  CloseFd(&output_);
  CloseFd(&exec_error_);
}

int Child::Start(const std::vector<std::string>& command,
                 const Signals& signals) {
  const std::string file = FindProgram(command[0]);
  std::vector<char*> argv;
  for (const std::string& word : command) {
    argv.push_back(const_cast<char*>(word.c_str()));  // exec does not write
  }
  argv.push_back(nullptr);
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
  const pid_t parent = getpid();
  pid_ = fork();
  const int failure = errno;
  if (pid_ == 0) {
    const int number =
        BecomeProgram(file.c_str(), argv.data(), output[1], parent, signals);
    // A pipe that is empty takes an int whole.
    if (write(error[1], &number, sizeof number) < 0) {
    }
    _exit(kExTempFail);
  }
  close(output[1]);
  close(error[1]);
  if (pid_ < 0) return failure;
  setpgid(pid_, pid_);  // whoever comes first
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null >= 0) {
    dup2(null, STDIN_FILENO);
    close(null);
  }
  return 0;
}

// Its group lives at least as long as it has not been waited for. Only if
// neither process could make the group is there none.
void Child::Kill(int signal) const {
  if (pid_ > 0 && kill(-pid_, signal) != 0) kill(pid_, signal);
}

std::optional<Ending> Child::Reap() {
  int status = 0;
  if (pid_ <= 0 || waitpid(pid_, &status, WNOHANG) != pid_) {
    return std::nullopt;
  }
  pid_ = -1;
  int number = 0;
  if (read(exec_error_, &number, sizeof number) == sizeof number) {
    return Ending{Ending::How::kNotStarted, number};
  }
  if (WIFEXITED(status)) {
    return Ending{Ending::How::kExited, WEXITSTATUS(status)};
  }
  return Ending{Ending::How::kSignalled, WTERMSIG(status)};
}

}  // namespace mailverdict::local_delivery
