// The delivery program as a child process. It inherits everything as the MTA
// gave it to us, except its output, which we read. Linux only.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_CHILD_H_
#define MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_CHILD_H_

#include <signal.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "adapters/deliver/wrapper/exit_status.h"

namespace mailverdict::deliver {

// Opens /dev/null as each of the descriptors 0, 1 and 2 that is closed, so that
// no other file gets these numbers. Call it before anything else. False on
// failure.
bool OpenStandardDescriptors();

// The signal settings of this process, and those that the MTA had given it.
// From the constructor on, SIGPIPE is ignored, and SIGCHLD and the signals that
// ask a program to end are blocked and read from fd(). Construct it before the
// first thread; the destructor undoes nothing.
class Signals {
 public:
  Signals();

  // A signalfd, non-blocking; -1 if there is none.
  int fd() const { return fd_; }
  // Restores the MTA's settings. For the child, before exec. Allocates nothing.
  void Restore() const;

 private:
  struct sigaction pipe_, chld_;
  sigset_t mask_;
  int fd_ = -1;
};

// One child process. Not thread-safe.
class Child {
 public:
  Child() = default;
  // Closes the pipes; does not wait for the process.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Starts `command`, in a process group of its own. Returns 0 or errno. A name
  // without a slash is looked up in PATH.
  //
  // The child gets our stdin, of which we read no byte. Ours becomes /dev/null,
  // so that the MTA notices when the program closes it.
  //
  // The child gets SIGTERM when we die: an MTA that kills our process group
  // does not reach the child's. (The kernel does not do that for a set-user-id
  // program.)
  //
  // REQUIRES: `command` is not empty and outlives this object; Start is called
  // once in the life of this process.
  int Start(const std::vector<std::string>& command, const Signals& signals);

  // The pipe, non-blocking, with what the child writes to stdout and stderr.
  int output() const { return output_; }

  // Sends a signal to the child's process group. Does nothing after Reap has
  // returned an ending: the group's number may belong to others then.
  void Kill(int signal) const;

  // Reaps the child and returns how it ended: kExited, kSignalled, or
  // kNotStarted if exec failed; nullopt while it runs. Does not block.
  std::optional<Ending> Reap();

 private:
  // Read by the child, which shares our memory until its exec.
  std::string file_;
  std::vector<char*> argv_;

  pid_t pid_ = -1;  // -1: not started, or reaped
  int output_ = -1;
  int exec_error_ = -1;  // a pipe: errno of a failed exec; empty if it succeeds
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_CHILD_H_
