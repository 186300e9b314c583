#include "adapters/deliver/lmtp/proxy.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "adapters/deliver/lmtp/dialogue.h"
#include "adapters/deliver/users/log_text.h"
#include "adapters/socketmap/socket_address.h"
#include "lib/loop/deadline.h"
#include "lib/loop/log.h"
#include "lib/mail/escape.h"

namespace mailverdict::deliver {
namespace {

// On the stack, which is small.
constexpr size_t kReadBytes = 32 * 1024;
// For a client that does not take our last words.
constexpr absl::Duration kFarewell = absl::Seconds(10);

// Small writes, such as a dot or a reply, are not to wait for an
// acknowledgement. Has no effect on a unix socket.
void SendAtOnce(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// -1 and errno if nobody answers in time. The socket blocks while it connects,
// for SO_SNDTIMEO at most: poll cannot wait for a unix socket whose queue is
// full.
int Connect(const SocketAddress& to, absl::Duration patience) {
  const int fd = socket(to.name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  // 0 would mean no limit.
  const timeval limit =
      absl::ToTimeval(std::max(patience, absl::Microseconds(1)));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to.name), to.size) == 0) {
    SendAtOnce(fd);
    return fd;
  }
  const int error = errno == EINPROGRESS || errno == EAGAIN ? ETIMEDOUT : errno;
  close(fd);
  errno = error;
  return -1;
}

// One client and its backend.
class Relay {
 public:
  Relay(const ProxyOptions& options, const SocketAddress& to,
        const JudgeRecipient& rule, const LogSink& log, int client, int stop_fd)
      : options_(options),
        to_(to),
        rule_(rule),
        log_(log),
        client_(client),
        stop_fd_(stop_fd),
        dialogue_(LmtpOptions{options.codes}) {}
  ~Relay() { CloseBackend(); }
  Relay(const Relay&) = delete;

  void Run() {
    SendAtOnce(client_);
    backend_ = Connect(to_, options_.connect_timeout);
    if (backend_ < 0) {
      Log(Severity::kError, "cannot connect: ", strerror(errno),
          "; mail waits in the MTA's queue; is the mailbox server running?");
      dialogue_.Fail("the mailbox server cannot be reached");
    }
    Restart();
    while (Step()) {
    }
    const std::string_view end = dialogue_.failure();
    if (!end.empty()) {
      Log(Severity::kWarning, "the MTA hears \"",
          mail::EscapeUpTo(end, kShownReasonBytes), "\" and tries again later");
    }
  }

 private:
  // False when it is over.
  bool Step() {
    if (!SendToClient()) return false;
    SendToBackend();
    if (dialogue_.question() != nullptr) {
      Decide();  // which blocks: so what was before it has been sent
      return true;
    }
    if (!dialogue_.done()) return Wait();
    return !dialogue_.to_client().empty() && Wait();
  }

  bool Wait() {
    const bool reads_client = dialogue_.ClientRoom() > 0;
    const bool reads_backend = backend_ >= 0 && dialogue_.BackendRoom() > 0;
    pollfd client{client_, 0, 0}, backend{-1, 0, 0};
    if (reads_client) client.events |= POLLIN;
    if (!dialogue_.to_client().empty()) client.events |= POLLOUT;
    if (reads_backend) backend.events |= POLLIN;
    if (backend_ >= 0 && !deaf_ && !dialogue_.to_backend().empty()) {
      backend.events |= POLLOUT;
    }
    if (backend.events != 0) backend.fd = backend_;
    pollfd fds[] = {client, backend, {stopping_ ? -1 : stop_fd_, POLLIN, 0}};
    if (poll(fds, 3, limit().PollTimeout()) < 0) return errno == EINTR;
    // A client that has gone will never know of a success: nothing more is to
    // happen.
    if (fds[0].revents & (POLLERR | POLLHUP | POLLNVAL)) return false;
    if (fds[2].revents != 0) {
      stopping_ = true;
      dialogue_.Stop();
    }
    if (fds[1].revents != 0 && reads_backend) ReadBackend();
    if ((fds[0].revents & POLLIN) && !ReadClient()) return false;
    return !limit().passed() || TimeOut();
  }

  // Everything has its limit, which begins anew when a byte moves.
  const Deadline& limit() const {
    if (dialogue_.done()) return farewell_limit_;
    return dialogue_.waits_for_backend() ? reply_limit_ : idle_limit_;
  }
  void Restart() {
    farewell_limit_ = Deadline::After(kFarewell);
    reply_limit_ = Deadline::After(options_.reply_timeout);
    idle_limit_ = Deadline::After(options_.idle_timeout);
  }

  bool TimeOut() {
    if (dialogue_.done()) return false;
    dialogue_.Fail(dialogue_.waits_for_backend()
                       ? "the mailbox server does not reply"
                       : "the client sends nothing");
    Restart();
    return true;
  }

  bool ReadClient() {
    char bytes[kReadBytes];
    const size_t room = std::min(sizeof bytes, dialogue_.ClientRoom());
    if (room == 0) return true;  // the backend's reply has ended it
    const ssize_t count = recv(client_, bytes, room, MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) {
      dialogue_.ClientClosed();
      return true;
    }
    dialogue_.FromClient({bytes, static_cast<size_t>(count)});
    Restart();
    return true;
  }

  void ReadBackend() {
    char bytes[kReadBytes];
    const size_t room = std::min(sizeof bytes, dialogue_.BackendRoom());
    if (room == 0) return;
    const ssize_t count = recv(backend_, bytes, room, MSG_DONTWAIT);
    if (count > 0) {
      dialogue_.FromBackend({bytes, static_cast<size_t>(count)});
      Restart();
    } else if (count == 0 || deaf_ || (errno != EAGAIN && errno != EINTR)) {
      CloseBackend();
      dialogue_.BackendClosed();
    }
  }

  bool SendToClient() {
    while (!dialogue_.to_client().empty()) {
      const std::string_view bytes = dialogue_.to_client();
      const ssize_t sent = send(client_, bytes.data(), bytes.size(),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) return errno == EAGAIN;
      dialogue_.SentToClient(static_cast<size_t>(sent));
      Restart();
    }
    return true;
  }

  void SendToBackend() {
    while (backend_ >= 0 && !deaf_ && !dialogue_.to_backend().empty()) {
      const std::string_view bytes = dialogue_.to_backend();
      const ssize_t sent = send(backend_, bytes.data(), bytes.size(),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno == EAGAIN) return;
      if (sent < 0) {
        deaf_ = true;  // what it has said is still to be read
        return;
      }
      dialogue_.SentToBackend(static_cast<size_t>(sent));
      Restart();
    }
  }

  void Decide() {
    const LmtpQuestion& question = *dialogue_.question();
    const Ruling ruling = Judge(question);
    const bool stands = ruling.existence == Existence::kProvenAbsent;
    std::string recipient;
    if (!question.recipient.empty()) {
      recipient = absl::StrCat(
          "recipient <",
          mail::EscapeUpTo(question.recipient, kShownRecipientBytes), ">: ");
    }
    const std::string heard = Softened(question.reply).substr(0, 3);
    Log(stands ? Severity::kInfo : Severity::kWarning, recipient, "\"",
        mail::EscapeUpTo(OneLine(question.reply), kShownReplyBytes), "\" to ",
        absl::string_view(question.step.data(), question.step.size()),
        stands ? std::string(" stands, the MTA bounces the message: ")
               : absl::StrCat(" becomes ", heard, ", the MTA tries again: "),
        ruling.why);
    dialogue_.Answer(stands);
    Restart();
  }

  // Whether the recipient of this reply is proven to be absent.
  Ruling Judge(const LmtpQuestion& question) const {
    if (!question.provable) {
      return {Existence::kUnsure,
              "it does not speak of one recipient or of the message; see the "
              "log of the mailbox server"};
    }
    if (question.recipient.empty()) {
      return {Existence::kUnsure,
              "the address in the RCPT command could not be read, so no proof "
              "was asked for"};
    }
    return rule_(question.recipient);
  }

  void CloseBackend() {
    if (backend_ >= 0) close(std::exchange(backend_, -1));
  }

  template <typename... Text>
  void Log(Severity severity, const Text&... text) {
    log_(severity, absl::StrCat("lmtp: ", to_.text, ": ", text...));
  }

  const ProxyOptions& options_;
  const SocketAddress& to_;
  const JudgeRecipient& rule_;
  const LogSink& log_;
  const int client_, stop_fd_;
  int backend_ = -1;
  bool deaf_ = false;  // the backend takes no more
  bool stopping_ = false;
  LmtpDialogue dialogue_;
  Deadline farewell_limit_ = Deadline::After(absl::ZeroDuration());
  Deadline reply_limit_ = farewell_limit_, idle_limit_ = farewell_limit_;
};

}  // namespace

absl::Status RunProxy(const ProxyOptions& options, const JudgeRecipient& rule,
                      const LogSink& log, int stop_fd) {
  const absl::StatusOr<SocketAddress> to = ParseSocketAddress(options.backend);
  if (!to.ok()) return to.status();
  std::mutex mutex;
  const LogSink one_at_a_time = [&](Severity severity, std::string_view line) {
    const std::lock_guard<std::mutex> lock(mutex);
    if (log) log(severity, line);
  };
  ConnectionServerOptions server = options.server;
  if (server.refusal.empty()) server.refusal = "421 4.3.2 too busy\r\n";
  return RunConnectionServer(
      server, stop_fd, one_at_a_time, [&](int client, int stop) {
        Relay(options, *to, rule, one_at_a_time, client, stop).Run();
      });
}

}  // namespace mailverdict::deliver
