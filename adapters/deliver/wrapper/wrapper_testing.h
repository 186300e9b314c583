// A harness for the wrapper's tests: it runs the real mailverdict-deliver in
// the way in which an MTA runs it.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_WRAPPER_TESTING_H_
#define MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_WRAPPER_TESTING_H_

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace mailverdict::deliver {

using Words = std::vector<std::string>;

inline constexpr char kDeliver[] = "adapters/deliver/mailverdict-deliver";

// How the MTA starts the program.
struct Start {
  Words environment = {"PATH=/usr/bin:/bin"};
  int stdin_fd = -1;   // -1: /dev/null
  int stdout_fd = -1;  // -1: a pipe that is read to its end
  int fd9 = -1;        // passed on as descriptor 9
  // Called in the child before exec; async-signal-safe calls only.
  std::function<void()> prepare = [] {};
  // Called in the test while the program runs.
  std::function<void(pid_t)> meanwhile = [](pid_t) {};
};

struct End {
  int status = -1;  // exit status; -1: killed by a signal
  std::string output;
};

inline std::string ReadAll(int fd) {
  std::string all;
  char bytes[4096];
  for (ssize_t count; (count = read(fd, bytes, sizeof bytes)) > 0;) {
    all.append(bytes, static_cast<size_t>(count));
  }
  return all;
}

inline std::vector<char*> Pointers(const Words& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) {
    pointers.push_back(const_cast<char*>(word.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

// Runs a program, given by its path.
inline End RunProgram(const Words& words, const Start& start = {}) {
  const std::vector<char*> argv = Pointers(words);
  const std::vector<char*> environment = Pointers(start.environment);
  int output[2];
  if (pipe2(output, O_CLOEXEC) != 0) abort();
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(start.stdin_fd < 0 ? null : start.stdin_fd, 0);
    dup2(start.stdout_fd < 0 ? output[1] : start.stdout_fd, 1);
    dup2(start.stdout_fd < 0 ? output[1] : start.stdout_fd, 2);
    if (start.fd9 >= 0) dup2(start.fd9, 9);
    start.prepare();
    execve(argv[0], argv.data(), environment.data());
    _exit(99);
  }
  close(output[1]);
  close(null);
  start.meanwhile(pid);
  End end;
  end.output = ReadAll(output[0]);
  close(output[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  if (WIFEXITED(status)) end.status = WEXITSTATUS(status);
  return end;
}

// Runs mailverdict-deliver with these options and this program.
inline End Deliver(Words options, const Words& program,
                   const Start& start = {}) {
  options.insert(options.begin(), kDeliver);
  options.push_back("--");
  options.insert(options.end(), program.begin(), program.end());
  return RunProgram(options, start);
}

// Runs mailverdict-deliver with these options and a shell script.
inline End DeliverBy(const std::string& script, const Words& options = {},
                     const Start& start = {}) {
  return Deliver(options, {"/bin/sh", "-c", script}, start);
}

// A pipe by which the program tells the test which step it has reached. Its
// write end is the program's descriptor 9 (Start::fd9).
class Progress {
 public:
  Progress() {
    if (pipe2(fds_, O_CLOEXEC) != 0) abort();
  }
  ~Progress() {
    close(fds_[0]);
    CloseWriter();
  }
  int writer() const { return fds_[1]; }
  // Call it when the program has started. Then Line sees the end of file once
  // the program has ended.
  void CloseWriter() {
    if (fds_[1] >= 0) close(std::exchange(fds_[1], -1));
  }
  // The next line without its newline, or the rest before the end of file.
  std::string Line() {
    std::string line;
    char c;
    while (read(fds_[0], &c, 1) == 1 && c != '\n') line += c;
    return line;
  }

 private:
  int fds_[2];
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_WRAPPER_TESTING_H_
