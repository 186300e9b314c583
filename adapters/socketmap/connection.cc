#include "adapters/socketmap/connection.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace mailverdict::socketmap {
namespace {

// One read takes at most this much. A request fits many times.
constexpr size_t kReadBytes = 16 * 1024;
// A reply buffer that has grown beyond this is given back when it is empty.
constexpr size_t kKeepReplyBytes = 4 * 1024;
// How much of a malformed request a log line shows.
constexpr size_t kShownBytes = 60;
// So many are served together at most, lest the first of them wait for long.
constexpr size_t kServeAtOnce = 32;

std::string Escape(std::string_view bytes) {
  const std::string_view shown = bytes.substr(0, kShownBytes);
  return absl::StrCat(
      "\"", absl::CHexEscape(absl::string_view(shown.data(), shown.size())),
      "\"", shown.size() < bytes.size() ? "..." : "");
}

// recv(3) and send(3), which in a process with threads are points of
// cancellation: that costs a fortieth of an answer.
ssize_t Receive(int fd, char* to, size_t size) {
  return syscall(SYS_recvfrom, fd, to, size, 0, nullptr, nullptr);
}
ssize_t Send(int fd, std::string_view bytes) {
  return syscall(SYS_sendto, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL,
                 nullptr, 0);
}

// Who it is, for a log line.
std::string PeerName(int fd) {
  sockaddr_storage name = {};
  socklen_t size = sizeof name;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
    return "a client that has gone";
  }
  if (name.ss_family == AF_UNIX) {
    ucred peer = {};
    size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
      return "a local client";
    }
    return absl::StrCat("local process ", peer.pid, " of user ", peer.uid);
  }
  char host[NI_MAXHOST], port[NI_MAXSERV];
  if (getnameinfo(reinterpret_cast<sockaddr*>(&name), size, host, sizeof host,
                  port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "a client";
  }
  return absl::StrCat("[", host, "]:", port);
}

}  // namespace

void Reply::Send(std::string_view payload) const {
  if (const std::shared_ptr<Connection> connection = connection_.lock()) {
    connection->Answer(number_, payload);
  }
}

bool Reply::StillWaiting() const {
  const std::shared_ptr<Connection> connection = connection_.lock();
  return connection != nullptr && connection->WaitsFor(number_);
}

Common::Common(EventLoop* its_loop, Handler its_handler,
               const ServerLimits& its_limits, const LogSink& log,
               std::function<void(Connection*)> on_closed)
    : loop(its_loop),
      handler(std::move(its_handler)),
      limits(its_limits),
      bad_peers(log, kLogLines, kLogPeriod),
      closed(std::move(on_closed)),
      serve_all(loop, [this] { ServeAll(); }) {}

// Who closes meanwhile, or is to be served again, changes nothing here.
void Common::ServeAll() {
  std::vector<std::shared_ptr<Connection>> all = std::move(to_serve);
  to_serve.clear();
  for (const auto& connection : all) connection->TakeRequests();
  for (const auto& connection : all) connection->Work();
  all.clear();
  if (to_serve.empty()) to_serve = std::move(all);  // to keep its memory
}

Connection::Connection(Common* common, int fd)
    : common_(common),
      fd_(fd),
      readable_(common->loop, fd, FdWatch::kReadable, [this] { OnReadable(); }),
      writable_(common->loop, fd, FdWatch::kWritable, [this] {
        const std::shared_ptr<Connection> self = shared_from_this();
        Work();
      }) {}

Connection::~Connection() {
  if (closed()) return;
  readable_.Stop();
  writable_.Stop();
  close(fd_);
}

bool Connection::Start() { return readable_.Start(); }

void Connection::Drain() {
  if (closed() || working_) return;  // it will be settled
  const std::shared_ptr<Connection> self = shared_from_this();
  // A request that lies in the kernel's buffer has arrived, too.
  if (!peer_closed_ && reader_.room() > 0) OnReadable();
  if (!closed()) Work();
}

void Connection::Close() {
  if (closed()) return;
  readable_.Stop();
  writable_.Stop();
  common_->loop->Cancel(timer_);
  timer_ = 0;
  close(fd_);
  fd_ = -1;
  common_->closed(this);
}

void Connection::Answer(uint64_t number, std::string_view payload) {
  if (closed() || !busy_ || number != number_) return;
  busy_ = false;
  if (!EncodeReply(payload, &replies_)) {
    (void)EncodeReply("TEMP reply too long", &replies_);
  }
  // From within the handler: HandleRequests, further up the stack, goes on.
  if (!working_) ServeSoon();
}

bool Connection::WaitsFor(uint64_t number) {
  if (closed() || !busy_ || number != number_) return false;
  if (!peer_closed_) return true;
  // The end of file may be half a close. The kernel tells a whole one apart.
  pollfd peer = {fd_, 0, 0};
  if (poll(&peer, 1, 0) != 1 || (peer.revents & POLLHUP) == 0) return true;
  Close();
  return false;
}

void Connection::ServeSoon() {
  if (std::exchange(soon_, true)) return;
  common_->to_serve.push_back(shared_from_this());
  common_->serve_all.Schedule();
}

// While a request is being handled we go on reading, into the bounded buffer:
// for a client that waits for its reply, as MTAs do, that costs nothing, where
// stopping and starting the watch would cost two system calls each time.
void Connection::OnReadable() {
  char bytes[kReadBytes];
  const size_t room = std::min(reader_.room(), sizeof bytes);
  if (room == 0) return;  // until it is served, which is soon
  const ssize_t count = Receive(fd_, bytes, room);
  if (count > 0) {
    reader_.Feed(std::string_view(bytes, static_cast<size_t>(count)));
    ServeSoon();
    if (common_->to_serve.size() >= kServeAtOnce) common_->ServeAll();
  } else if (count == 0) {
    // It may have closed its sending half only, and wait for the last reply.
    peer_closed_ = true;
    ServeSoon();
  } else if (errno != EAGAIN && errno != EINTR) {
    const std::shared_ptr<Connection> self = shared_from_this();
    Close();
  }
}

void Connection::TakeRequests() {
  if (working_ || closed() || !replies_.empty()) return;
  working_ = true;
  HandleRequests();
  working_ = false;
}

void Connection::Work() {
  soon_ = false;
  if (working_ || closed()) return;
  working_ = true;
  while (Flush() && !reader_.unread().empty() && HandleRequests()) {
  }
  working_ = false;
  if (!closed()) Settle();
}

// Takes requests until one must wait for its answer, or there are enough
// replies to be written. True if there are any.
bool Connection::HandleRequests() {
  Request request;
  while (!busy_ && !closed() &&
         replies_.size() < common_->limits.max_reply_backlog_bytes &&
         reader_.Next(&request) == ReadResult::kOne) {
    ++number_;
    busy_ = true;
    common_->handler(request, Reply(weak_from_this(), number_));
  }
  return !replies_.empty();
}

// Writes the replies. False if some are left, or the connection has gone.
bool Connection::Flush() {
  while (!closed() && sent_ < replies_.size()) {
    const ssize_t count = Send(fd_, std::string_view(replies_).substr(sent_));
    if (count >= 0) {
      sent_ += static_cast<size_t>(count);
    } else if (errno == EAGAIN) {
      return false;
    } else if (errno != EINTR) {
      Close();
    }
  }
  sent_ = 0;
  replies_.clear();
  if (replies_.capacity() > kKeepReplyBytes) replies_.shrink_to_fit();
  return !closed();
}

// Decides what to wait for, with nothing left to do at once.
void Connection::Settle() {
  if (wait_ == Wait::kNothing && IsIdle()) return;  // as after most answers
  if (!replies_.empty()) {
    SetWait(Wait::kWritable);
  } else if (busy_) {
    SetWait(Wait::kAnswer);
  } else {
    SettleWithoutWork();
  }
  if (closed()) return;
  if (peer_closed_ || reader_.room() == 0) readable_.Stop();
  if (replies_.empty()) writable_.Stop();
  const bool watched =
      (peer_closed_ || reader_.room() == 0 || readable_.Start()) &&
      (replies_.empty() || writable_.Start());
  if (!watched) Close();
}

// Whether there is nothing to do but to wait for a request.
bool Connection::IsIdle() const {
  return replies_.empty() && !busy_ && !peer_closed_ && !common_->draining &&
         reader_.unread().empty() && reader_.error() == CodecError::kNone;
}

// All requests that have arrived are answered, and the answers are written.
void Connection::SettleWithoutWork() {
  if (peer_closed_) reader_.Finish();
  const bool idle = reader_.unread().empty();
  if (reader_.error() != CodecError::kNone) {
    Complain(Describe(reader_.error()), reader_.unread());
    Close();
  } else if (idle && (peer_closed_ || common_->draining)) {
    Close();
  } else {
    SetWait(idle ? Wait::kNothing : Wait::kRequest);
  }
}

// The same wait for the same request goes on with its old deadline: dripping
// bytes gains no time.
void Connection::SetWait(Wait wait) {
  if (wait == wait_ && number_ == wait_number_) return;
  wait_ = wait;
  wait_number_ = number_;
  if (wait == Wait::kNothing) {
    deadline_ = absl::InfiniteFuture();
    return;
  }
  const ServerLimits& limits = common_->limits;
  const absl::Time now = common_->loop->Now();
  deadline_ = now + (wait == Wait::kRequest  ? limits.max_request_age
                     : wait == Wait::kAnswer ? limits.max_answer_age
                                             : limits.max_reply_age);
  ArmTimer(now);
}

// A timer that will run early enough is left alone, and finds out by itself
// that the deadline has moved: most never come.
void Connection::ArmTimer(absl::Time now) {
  if (timer_ != 0 && timer_due_ <= deadline_) return;
  common_->loop->Cancel(timer_);
  timer_due_ = deadline_;
  timer_ = common_->loop->RunAfter(deadline_ - now, [this] { OnTimer(); });
}

void Connection::OnTimer() {
  const std::shared_ptr<Connection> self = shared_from_this();
  timer_ = 0;
  if (soon_) Work();  // what was to come by now has come
  if (closed()) return;
  const absl::Time now = common_->loop->Now();
  if (deadline_ == absl::InfiniteFuture()) return;
  if (now < deadline_) {
    ArmTimer(now);
    return;
  }
  switch (wait_) {
    case Wait::kNothing:
      return;
    case Wait::kRequest:
      Complain("half a request, and not the rest in time", reader_.unread());
      break;
    case Wait::kAnswer:
      Complain("our own answer has not come in time", "");
      break;
    case Wait::kWritable:
      Complain("the client has not read its reply in time", "");
      break;
  }
  Close();
}

void Connection::Complain(std::string_view what, std::string_view bytes) {
  common_->bad_peers.Write(common_->loop->Now(), Severity::kWarning, [&] {
    std::string line = absl::StrCat("socketmap: closing the connection of ",
                                    PeerName(fd_), ": ");
    line += what;
    if (!bytes.empty()) line += ": " + Escape(bytes);
    return line;
  });
}

}  // namespace mailverdict::socketmap
