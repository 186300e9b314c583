#include "adapters/socketmap/client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace mailverdict::socketmap {
namespace {

// Whether `fd` became ready before the deadline.
bool Await(int fd, short events, Deadline deadline) {
  for (;;) {
    pollfd ready{fd, events, 0};
    const int count = poll(&ready, 1, deadline.PollTimeout());
    if (count > 0) return true;
    if (count == 0 ? deadline.passed() : errno != EINTR) return false;
  }
}

// One question on one connection. What fails is said by `why()`.
class Dialogue {
 public:
  Dialogue(Deadline deadline, size_t max_reply_bytes)
      : deadline_(deadline), max_reply_bytes_(max_reply_bytes) {}
  ~Dialogue() {
    if (fd_ >= 0) close(fd_);
  }
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;

  const std::string& why() const { return why_; }

  // The socket blocks while it connects, for SO_SNDTIMEO at most: poll cannot
  // wait for a unix socket whose queue is full (EAGAIN).
  bool Connect(const SocketAddress& to) {
    fd_ = socket(to.name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return Fail("no socket: ", strerror(errno));
    // 0 would mean no limit.
    timeval limit =
        absl::ToTimeval(std::max(deadline_.Remaining(), absl::Microseconds(1)));
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&to.name), to.size) ==
        0) {
      return true;
    }
    const bool late = errno == EAGAIN || errno == EINPROGRESS;
    return Fail("cannot connect: ",
                late ? "no answer in time" : strerror(errno));
  }

  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent =
          send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes.remove_prefix(static_cast<size_t>(sent));
      } else if (errno == EAGAIN) {
        if (!Await(fd_, POLLOUT, deadline_)) return Fail("no answer in time");
      } else if (errno != EINTR) {
        return Fail("cannot ask: ", strerror(errno));
      }
    }
    return true;
  }

  // The payload of the one netstring that comes.
  std::optional<std::string> Receive() {
    NetstringReader reader(max_reply_bytes_);
    std::string_view payload;
    ReadResult result;
    while ((result = reader.Next(&payload)) == ReadResult::kMore) {
      if (!ReadInto(&reader)) return std::nullopt;
    }
    if (result == ReadResult::kError || !reader.unread().empty()) {
      Fail("a malformed reply");
      return std::nullopt;
    }
    return std::string(payload);
  }

 private:
  template <typename... Text>
  bool Fail(const Text&... text) {
    why_ = absl::StrCat(text...);
    return false;
  }

  bool ReadInto(NetstringReader* reader) {
    if (deadline_.passed() || !Await(fd_, POLLIN, deadline_)) {
      return Fail("no answer in time");
    }
    char bytes[1024];
    const ssize_t count =
        recv(fd_, bytes, std::min(sizeof bytes, reader->room()), MSG_DONTWAIT);
    if (count > 0) {
      reader->Feed(std::string_view(bytes, static_cast<size_t>(count)));
      return true;
    }
    if (count == 0) return Fail("it closed the connection without an answer");
    if (errno == EAGAIN || errno == EINTR) return true;
    return Fail("no answer: ", strerror(errno));
  }

  const Deadline deadline_;
  const size_t max_reply_bytes_;
  int fd_ = -1;
  std::string why_;
};

}  // namespace

absl::StatusOr<std::string> Ask(const SocketAddress& daemon,
                                const Request& request, size_t max_reply_bytes,
                                Deadline deadline) {
  std::string question;
  EncodeRequest(request, &question);
  Dialogue dialogue(deadline, max_reply_bytes);
  std::optional<std::string> reply;
  if (dialogue.Connect(daemon) && dialogue.Send(question)) {
    reply = dialogue.Receive();
  }
  if (reply.has_value()) return *std::move(reply);
  return absl::UnavailableError(
      absl::StrCat("mailverdictd at ", daemon.text, ": ", dialogue.why()));
}

}  // namespace mailverdict::socketmap
