// A harness for tests of the proxy: a mailbox server, a client, and the proxy
// between them, on unix sockets.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_LMTP_PROXY_TESTING_H_
#define MAILVERDICT_ADAPTERS_DELIVER_LMTP_PROXY_TESTING_H_

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/deliver/lmtp/proxy.h"
#include "gtest/gtest.h"

namespace mailverdict::deliver {

// The limit of every wait: long enough that no test fails on a busy machine.
inline constexpr int kPatienceSeconds = 60;

// A directory in /tmp, which the destructor removes.
class TestDirectory {
 public:
  TestDirectory() {
    char name[] = "/tmp/mv-lmtp-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~TestDirectory() { rmdir(path_.c_str()); }
  std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline sockaddr_un UnixName(const std::string& path) {
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  return name;
}

inline bool SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// A descriptor that becomes readable when Raise is called.
class StopSignal {
 public:
  StopSignal() : fd_(eventfd(0, EFD_CLOEXEC)) {}
  ~StopSignal() { close(fd_); }
  StopSignal(const StopSignal&) = delete;
  int fd() const { return fd_; }
  void Raise() {
    const uint64_t one = 1;
    EXPECT_EQ(write(fd_, &one, sizeof one), 8);
  }

 private:
  const int fd_;
};

// A server on a unix socket. Calls `serve` for one connection after the other,
// on a thread of its own.
class TestServer {
 public:
  TestServer(std::string path, std::function<void(int fd)> serve)
      : path_(std::move(path)),
        listen_fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_un name = UnixName(path_);
    EXPECT_EQ(
        bind(listen_fd_, reinterpret_cast<const sockaddr*>(&name), sizeof name),
        0)
        << strerror(errno);
    EXPECT_EQ(listen(listen_fd_, 100), 0);
    thread_ = std::thread([this, serve = std::move(serve)] { Run(serve); });
  }
  ~TestServer() {
    stop_.Raise();
    thread_.join();
    close(listen_fd_);
    unlink(path_.c_str());
  }
  TestServer(const TestServer&) = delete;

  // Waits until `count` connections have ended. False if that takes too long.
  bool AwaitEnded(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(kPatienceSeconds),
                             [&] { return ended_ >= count; });
  }

 private:
  void Run(const std::function<void(int fd)>& serve) {
    for (;;) {
      pollfd fds[] = {{listen_fd_, POLLIN, 0}, {stop_.fd(), POLLIN, 0}};
      poll(fds, 2, -1);
      if (fds[1].revents != 0) return;
      const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      serve(fd);
      close(fd);
      const std::lock_guard<std::mutex> lock(mutex_);
      ++ended_;
      changed_.notify_all();
    }
  }

  const std::string path_;
  const int listen_fd_;
  StopSignal stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int ended_ = 0;  // guarded by mutex_
  std::thread thread_;
};

// A small LMTP server. It refuses "unknown@..." at RCPT and "ghost@..." after
// the message. With a Cut it closes after so many bytes read or written.
class Mailbox {
 public:
  struct Cut {
    size_t read = SIZE_MAX;
    size_t written = SIZE_MAX;
  };

  void Serve(int fd, const Cut& cut) {
    fd_ = fd;
    cut_ = cut;
    read_ = 0;
    written_ = 0;
    in_.clear();
    Greet();
  }

  // The messages that it got whole, and everything that it sent.
  std::vector<std::string> Messages() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return messages_;
  }
  std::string Said() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return said_;
  }

 private:
  void Greet() {
    if (!Say("220 mailbox LMTP\r\n")) return;
    std::vector<std::string> recipients;
    std::string line;
    while (ReadLine(&line)) {
      const std::string verb = line.substr(0, 4);
      bool goes_on = true;
      if (verb == "LHLO") {
        goes_on = Say("250-mailbox\r\n250-STARTTLS\r\n250 PIPELINING\r\n");
      } else if (verb == "RCPT" && line.find("<unknown") != line.npos) {
        goes_on = Say("550 5.1.1 User unknown\r\n");
      } else if (verb == "RCPT") {
        recipients.push_back(line);
        goes_on = Say("250 2.1.5 OK\r\n");
      } else if (verb == "DATA") {
        goes_on = Say("354 Go\r\n") && TakeMessage(recipients);
        recipients.clear();
      } else if (verb == "QUIT") {
        Say("221 2.0.0 Bye\r\n");
        return;
      } else {
        goes_on = Say("250 2.0.0 OK\r\n");
      }
      if (!goes_on) return;
    }
  }

  bool TakeMessage(const std::vector<std::string>& recipients) {
    std::string message, line;
    while (ReadLine(&line)) {
      if (line != ".\r\n") {
        message += line;
        continue;
      }
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        messages_.push_back(message);
      }
      for (const std::string& recipient : recipients) {
        const bool ghost = recipient.find("<ghost") != recipient.npos;
        if (!Say(ghost ? "550-No\r\n550 5.1.1 ghost\r\n"
                       : "250 2.0.0 Saved\r\n"))
          return false;
      }
      return true;
    }
    return false;
  }

  bool Say(std::string_view reply) {
    const std::string_view part = reply.substr(0, cut_.written - written_);
    written_ += part.size();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      said_ += part;
    }
    return SendAll(fd_, part) && written_ < cut_.written;
  }

  bool ReadLine(std::string* line) {
    size_t end;
    while ((end = in_.find('\n')) == in_.npos) {
      char bytes[65536];
      const size_t most = std::min(sizeof bytes, cut_.read - read_);
      const ssize_t count = most > 0 ? recv(fd_, bytes, most, 0) : 0;
      if (count <= 0) return false;
      read_ += static_cast<size_t>(count);
      in_.append(bytes, static_cast<size_t>(count));
    }
    *line = in_.substr(0, end + 1);
    in_.erase(0, end + 1);
    return true;
  }

  int fd_ = -1;
  Cut cut_;
  size_t read_ = 0, written_ = 0;
  std::string in_;
  std::mutex mutex_;
  std::vector<std::string> messages_;  // guarded by mutex_
  std::string said_;                   // guarded by mutex_
};

// A blocking client. Reads give up after kPatienceSeconds.
class TestClient {
 public:
  explicit TestClient(const std::string& path)
      : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{kPatienceSeconds, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const sockaddr_un name = UnixName(path);
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&name),
                         sizeof name) == 0;
  }
  ~TestClient() { Close(); }
  TestClient(const TestClient&) = delete;

  bool connected() const { return connected_; }
  int fd() const { return fd_; }
  bool Send(std::string_view bytes) { return SendAll(fd_, bytes); }
  void FinishSending() { shutdown(fd_, SHUT_WR); }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

  // The next `size` bytes, or fewer if the connection ends.
  std::string Read(size_t size) {
    std::string bytes(size, '\0');
    const ssize_t count = recv(fd_, &bytes[0], size, MSG_WAITALL);
    bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
    all_ += bytes;
    return bytes;
  }
  // Expects that exactly these bytes come next.
  ::testing::AssertionResult Gets(std::string_view bytes) {
    const std::string got = Read(bytes.size());
    if (got == bytes) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "got " << got;
  }
  std::string ReadToEnd() {
    std::string bytes;
    for (std::string part; !(part = Read(1)).empty();) bytes += part;
    return bytes;
  }
  // Everything that was read so far.
  const std::string& all() const { return all_; }

 private:
  int fd_;
  bool connected_ = false;
  std::string all_;
};

// RunProxy on a thread, until the destructor or Stop.
class TestProxy {
 public:
  TestProxy(ProxyOptions options, RecipientJudge rule)
      : path_(options.server.address.substr(strlen("unix:"))) {
    thread_ = std::thread([this, options = std::move(options),
                           rule = std::move(rule)] {
      status_ = RunProxy(
          options, rule, [this](Severity, std::string_view line) { Log(line); },
          stop_.fd());
    });
    // The proxy listens as soon as its socket appears.
    for (int i = 0; i < kPatienceSeconds * 1000; ++i) {
      if (access(path_.c_str(), F_OK) == 0) return;
      poll(nullptr, 0, 1);
    }
    ADD_FAILURE() << "the proxy does not listen";
  }
  ~TestProxy() { Stop().IgnoreError(); }
  TestProxy(const TestProxy&) = delete;

  void RaiseStop() { stop_.Raise(); }
  absl::Status Stop() {
    if (thread_.joinable()) {
      stop_.Raise();
      thread_.join();
    }
    return status_;
  }
  std::vector<std::string> Lines() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return lines_;
  }

 private:
  void Log(std::string_view line) {
    const std::lock_guard<std::mutex> lock(mutex_);
    lines_.emplace_back(line);
  }

  const std::string path_;
  StopSignal stop_;
  absl::Status status_;
  std::mutex mutex_;
  std::vector<std::string> lines_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_LMTP_PROXY_TESTING_H_
