// Runs the delivery program as a child process. The child inherits everything
// that the MTA gave to this process, except stdout and stderr: these are a pipe
// that this process reads. Linux only.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_CHILD_H_
#define MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_CHILD_H_

#include <signal.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "adapters/deliver/wrapper/exit_status.h"

namespace mailverdict::deliver {

// Opens /dev/null for each of the descriptors 0, 1 and 2 that is closed, so
// that no other file gets its number. Call it before anything else. Returns
// false on failure.
bool OpenStandardDescriptors();

// Saves the signal settings that the MTA gave this process, then installs our
// own. The constructor ignores SIGPIPE, and blocks SIGCHLD and the signals
// that ask a program to end; these are read from fd(). Construct it before the
// first thread. The destructor does not undo it.
class SignalSettings {
 public:
  SignalSettings();

  // A non-blocking signalfd(2); -1 if it could not be made.
  int fd() const { return fd_; }
  // Restores the MTA's settings. The child calls it before exec. Allocates
  // nothing.
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
  // The child takes over stdin, unread. We replace our own stdin with
  // /dev/null, so that the pipe closes when the child closes its end, and the
  // MTA notices.
  //
  // The child gets SIGTERM when this process dies, since it is in another
  // process group: an MTA that kills this process's group does not reach it.
  // (The kernel does not send this signal to a set-user-id program.)
  //
  // REQUIRES: `command` is not empty and outlives this object; Start is called
  // once in the life of this process.
  int Start(const std::vector<std::string>& command,
            const SignalSettings& signals);

  // A non-blocking pipe with the bytes that the child writes to stdout and
  // stderr.
  int output() const { return output_; }

  // Sends a signal to the child's process group. Does nothing after Reap has
  // returned an ending, since the group's number may have been reused.
  void Kill(int signal) const;

  // Reaps the child and returns how it ended: kExited, kSignalled, or
  // kNotStarted if exec failed; nullopt while it runs. Does not block.
  std::optional<Ending> Reap();

 private:
  // The child reads these: it shares this process's memory until its exec.
  std::string file_;
  std::vector<char*> argv_;

  pid_t pid_ = -1;  // -1: not started, or reaped
  int output_ = -1;
  // A pipe with the errno of a failed exec; empty if exec succeeds.
  int exec_error_ = -1;
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_CHILD_H_
