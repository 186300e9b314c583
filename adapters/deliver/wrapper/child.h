// The delivery program as a child: started so that it finds everything as the
// MTA gave it to us, but for its output. Linux.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_CHILD_H_
#define MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_CHILD_H_

#include <signal.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "adapters/deliver/wrapper/exit_status.h"

namespace mailverdict::deliver {

// Opens /dev/null for those of the descriptors 0, 1 and 2 that are closed, so
// that nothing else gets these numbers. To be called first. False if it cannot.
bool OpenStandardDescriptors();

// The signals of this process from now on, and how the MTA had set them.
// SIGPIPE is ignored. SIGCHLD and the signals that ask a program to end are
// blocked and come out of `fd`. Before the first thread; never undone.
class Signals {
 public:
  Signals();

  // A signalfd, non-blocking; -1 if there is none.
  int fd() const { return fd_; }
  // In the child, ahead of exec: as they were. Allocates nothing.
  void Restore() const;

 private:
  struct sigaction pipe_, chld_;
  sigset_t mask_;
  int fd_ = -1;
};

// Not thread-safe.
class Child {
 public:
  Child() = default;
  // Closes its descriptors; does not wait.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Starts `command`, in a process group of its own. A name without a slash is
  // looked up in PATH. Its stdin is ours: not a byte of it is read here, and
  // ours becomes /dev/null, so that the MTA notices when the program closes it.
  // It is sent SIGTERM when we die ourselves: an MTA that kills our group does
  // not reach its. (The kernel forgets that for a program with set-user-id.)
  // 0, or errno. REQUIRES: `command` is not empty and outlives us; this is the
  // process's only Start.
  int Start(const std::vector<std::string>& command, const Signals& signals);

  // What it writes to stdout and stderr: a pipe, non-blocking.
  int output() const { return output_; }

  // Sends a signal to its group.
  void Kill(int signal) const;

  // How it ended: kExited, kSignalled, or kNotStarted if exec failed; nullopt
  // while it runs. Does not block.
  std::optional<Ending> Reap();

 private:
  std::string file_;         // the child's, until it is the program
  std::vector<char*> argv_;  // as well
  pid_t pid_ = -1;
  int output_ = -1;
  int exec_error_ = -1;  // errno of exec comes here; nothing if it succeeds
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_CHILD_H_
