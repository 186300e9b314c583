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
#include "adapters/deliver/users/log_limits.h"
#include "adapters/socketmap/socket_address.h"
#include "lib/loop/deadline.h"
#include "lib/loop/log.h"
#include "lib/mail/escape.h"

namespace mailverdict::deliver {
namespace {

// Bytes of one read. On the stack of a connection's thread, which is small.
constexpr size_t kReadBytes = 32 * 1024;
// How long a client may take to read what we send it last.
constexpr absl::Duration kFarewell = absl::Seconds(10);

// Turns Nagle's algorithm off: small writes, such as a dot or a reply, must not
// wait for an acknowledgement. Has no effect on a unix socket.
void SendAtOnce(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// A connected socket; -1, with errno, if there is none in time. connect(2)
// blocks for SO_SNDTIMEO at most. A non-blocking connect would not do: poll
// cannot wait for a unix socket whose queue is full.
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

// One client's connection and its backend connection, on the thread that calls
// Run.
class Relay {
 public:
  Relay(const ProxyOptions& options, const SocketAddress& to,
        const RecipientJudge& judge, const LogSink& log, int client,
        int stop_fd)
      : options_(options),
        to_(to),
        judge_(judge),
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
    RestartTimeouts();
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
      // It may block for seconds. What came before has been sent by now.
      AnswerQuestion();
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
    if (backend_ >= 0 && !write_failed_ && !dialogue_.to_backend().empty()) {
      backend.events |= POLLOUT;
    }
    if (backend.events != 0) backend.fd = backend_;
    pollfd fds[] = {client, backend, {stopping_ ? -1 : stop_fd_, POLLIN, 0}};
    if (poll(fds, 3, limit().PollTimeout()) < 0) return errno == EINTR;
    // A client that is gone will never hear of a success, and will send the
    // message again: nothing more may reach the backend.
    if (fds[0].revents & (POLLERR | POLLHUP | POLLNVAL)) return false;
    if (fds[2].revents != 0) {
      stopping_ = true;
      dialogue_.Stop();
    }
    if (fds[1].revents != 0 && reads_backend) ReadBackend();
    if ((fds[0].revents & POLLIN) && !ReadClient()) return false;
    return !limit().passed() || TimeOut();
  }

  // The deadline that counts now.
  const Deadline& limit() const {
    if (dialogue_.done()) return farewell_limit_;
    return dialogue_.waits_for_backend() ? reply_limit_ : idle_limit_;
  }
  // Called when a byte has moved: a slow peer is not a dead one.
  void RestartTimeouts() {
    farewell_limit_ = Deadline::After(kFarewell);
    reply_limit_ = Deadline::After(options_.reply_timeout);
    idle_limit_ = Deadline::After(options_.idle_timeout);
  }

  bool TimeOut() {
    if (dialogue_.done()) return false;
    dialogue_.Fail(dialogue_.waits_for_backend()
                       ? "the mailbox server does not reply"
                       : "the client sends nothing");
    RestartTimeouts();
    return true;
  }

  bool ReadClient() {
    char bytes[kReadBytes];
    const size_t room = std::min(sizeof bytes, dialogue_.ClientRoom());
    // ReadBackend, called before this, may have ended the dialogue.
    if (room == 0) return true;
    const ssize_t count = recv(client_, bytes, room, MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) {
      dialogue_.ClientClosed();
      return true;
    }
    dialogue_.FromClient({bytes, static_cast<size_t>(count)});
    RestartTimeouts();
    return true;
  }

  void ReadBackend() {
    char bytes[kReadBytes];
    const size_t room = std::min(sizeof bytes, dialogue_.BackendRoom());
    if (room == 0) return;
    const ssize_t count = recv(backend_, bytes, room, MSG_DONTWAIT);
    if (count > 0) {
      dialogue_.FromBackend({bytes, static_cast<size_t>(count)});
      RestartTimeouts();
    } else if (count == 0 || write_failed_ ||
               (errno != EAGAIN && errno != EINTR)) {
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
      RestartTimeouts();
    }
    return true;
  }

  void SendToBackend() {
    while (backend_ >= 0 && !write_failed_ && !dialogue_.to_backend().empty()) {
      const std::string_view bytes = dialogue_.to_backend();
      const ssize_t sent = send(backend_, bytes.data(), bytes.size(),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno == EAGAIN) return;
      if (sent < 0) {
        // It may have said why before it closed, so we still read from it.
        write_failed_ = true;
        return;
      }
      dialogue_.SentToBackend(static_cast<size_t>(sent));
      RestartTimeouts();
    }
  }

  void AnswerQuestion() {
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
    RestartTimeouts();  // the time for the proof is not the backend's fault
  }

  // Asked anew for each reply and never remembered: a user may have been
  // created since the last one.
  Ruling Judge(const LmtpQuestion& question) const {
    if (!question.stands_if_absent) {
      return {Existence::kUnsure,
              "it does not speak of one recipient or of the message; see the "
              "log of the mailbox server"};
    }
    if (question.recipient.empty()) {
      return {Existence::kUnsure,
              "the address in the RCPT command could not be read, so no proof "
              "was asked for"};
    }
    return judge_(question.recipient);
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
  const RecipientJudge& judge_;
  const LogSink& log_;
  const int client_, stop_fd_;
  int backend_ = -1;
  bool write_failed_ = false;  // the backend takes no more bytes
  bool stopping_ = false;
  LmtpDialogue dialogue_;
  Deadline farewell_limit_ = Deadline::After(absl::ZeroDuration());
  Deadline reply_limit_ = farewell_limit_, idle_limit_ = farewell_limit_;
};

}  // namespace

absl::Status RunProxy(const ProxyOptions& options, const RecipientJudge& judge,
                      const LogSink& log, int stop_fd) {
  const absl::StatusOr<SocketAddress> to = ParseSocketAddress(options.backend);
  if (!to.ok()) return to.status();
  std::mutex mutex;
  const LogSink one_at_a_time = [&](Severity severity, std::string_view line) {
    const std::lock_guard<std::mutex> lock(mutex);
    if (log) log(severity, line);
  };
  server::ConnectionServerOptions server = options.server;
  if (server.refusal.empty()) server.refusal = "421 4.3.2 too busy\r\n";
  return server::RunConnectionServer(
      server, stop_fd, one_at_a_time, [&](int client, int stop) {
        Relay(options, *to, judge, one_at_a_time, client, stop).Run();
      });
}

}  // namespace mailverdict::deliver
