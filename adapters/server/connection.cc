#include "adapters/server/connection.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/server/acceptor.h"
#include "lib/mail/escape.h"

namespace mailverdict::server {
namespace {

// One read takes at most this much. A request fits many times.
constexpr size_t kReadBytes = 16 * 1024;
// A reply buffer that has grown beyond this is given back when it is empty.
constexpr size_t kKeepReplyBytes = 4 * 1024;
// How much of a malformed request a log line shows, escaped.
constexpr size_t kShownBytes = 100;

// The client of `fd`, for a log line.
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

void Responder::Send(std::string_view answer) const {
  if (const std::shared_ptr<Connection> connection = connection_.lock()) {
    connection->Answer(number_, answer);
  }
}

bool Responder::StillWaiting() const {
  const std::shared_ptr<Connection> connection = connection_.lock();
  return connection != nullptr && connection->WaitsFor(number_);
}

ServerContext::ServerContext(EventLoop* its_loop, std::string its_name,
                             CodecFactory its_make_codec,
                             const Limits& its_limits, const LogSink& log,
                             std::function<void(Connection*)> on_closed)
    : loop(its_loop),
      name(std::move(its_name)),
      make_codec(std::move(its_make_codec)),
      limits(its_limits),
      bad_peers(log, kLogLines, kLogPeriod),
      closed(std::move(on_closed)) {}

Connection::Connection(ServerContext* context, int fd)
    : context_(context),
      fd_(fd),
      readable_(context->loop, fd, FdWatch::kReadable,
                [this] {
                  const std::shared_ptr<Connection> self = shared_from_this();
                  OnReadable();
                }),
      writable_(context->loop, fd, FdWatch::kWritable,
                [this] {
                  const std::shared_ptr<Connection> self = shared_from_this();
                  Work();
                }),
      codec_(context->make_codec()),
      timer_(context->loop) {}

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
  if (!peer_closed_) OnReadable();
  if (!closed()) Work();
}

void Connection::Close() {
  if (closed()) return;
  readable_.Stop();
  writable_.Stop();
  close(fd_);
  fd_ = -1;
  context_->closed(this);
}

// The caller, a handler's callback, may be in the middle of anything: what it
// waited for is written at once, but the next request is taken by the loop.
void Connection::Answer(uint64_t number, std::string_view answer) {
  if (closed() || !busy_ || number != number_) return;
  busy_ = false;
  codec_->Frame(answer, &replies_);
  // From within the handler: TakeRequests, further up the stack, goes on.
  if (working_) return;
  if (!Flush() && closed()) return;
  if (codec_->unread().empty()) {
    Settle();
  } else {
    WorkSoon();
  }
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

void Connection::WorkSoon() {
  if (std::exchange(soon_, true)) return;
  context_->loop->Post([weak = weak_from_this()] {
    const std::shared_ptr<Connection> self = weak.lock();
    if (self == nullptr) return;
    self->soon_ = false;
    self->Work();
  });
}

// While a request is being handled we go on reading, into the bounded buffer:
// for a client that waits for its reply, as MTAs do, that costs nothing, where
// stopping and starting the watch would cost two system calls each time.
void Connection::OnReadable() {
  char bytes[kReadBytes];
  const size_t room = std::min(codec_->room(), sizeof bytes);
  if (room == 0) return;  // until there is an answer
  const ssize_t count = recv(fd_, bytes, room, 0);
  if (count > 0) {
    codec_->Feed(std::string_view(bytes, static_cast<size_t>(count)));
    Work();
  } else if (count == 0) {
    peer_closed_ = true;
    if (codec_->EndOfFile() == Codec::AtEndOfFile::kAnswer) {
      Work();
    } else {
      Close();
    }
  } else if (errno != EAGAIN && errno != EINTR) {
    Close();
  }
}

// Does all that can be done now. It may close, so the caller holds us.
void Connection::Work() {
  if (working_ || closed()) return;
  working_ = true;
  while (Flush() && !codec_->unread().empty() && TakeRequests()) {
  }
  working_ = false;
  if (!closed()) Settle();
}

// Takes requests until one must wait for its answer, or there are enough
// replies to be written. True if there are any.
bool Connection::TakeRequests() {
  while (!busy_ && !closed() && !malformed_ && !codec_->unread().empty() &&
         replies_.size() < context_->limits.max_reply_backlog_bytes &&
         TakeRequest()) {
  }
  return !replies_.empty();
}

// False if there is none.
bool Connection::TakeRequest() {
  // The handler may answer before Next returns.
  ++number_;
  busy_ = true;
  switch (codec_->Next(Responder(weak_from_this(), number_))) {
    case Codec::Result::kRequest:
      return true;
    case Codec::Result::kNoAnswer:
      busy_ = false;
      return true;
    case Codec::Result::kMalformed:
      malformed_ = true;
      break;
    case Codec::Result::kMore:
      break;
  }
  busy_ = false;
  --number_;  // a wait for the rest of this request goes on
  return false;
}

// Writes the replies. False if some are left, or the connection has gone.
bool Connection::Flush() {
  while (!closed() && sent_ < replies_.size()) {
    const ssize_t count = send(fd_, replies_.data() + sent_,
                               replies_.size() - sent_, MSG_NOSIGNAL);
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
  if (peer_closed_ || codec_->room() == 0) readable_.Stop();
  if (replies_.empty()) writable_.Stop();
  const bool watched =
      (peer_closed_ || codec_->room() == 0 || readable_.Start()) &&
      (replies_.empty() || writable_.Start());
  if (!watched) Close();
}

// Whether there is nothing to do but to wait for a request.
bool Connection::IsIdle() const {
  return replies_.empty() && !busy_ && !peer_closed_ && !context_->draining &&
         codec_->unread().empty() && !malformed_;
}

// All requests that have arrived are answered, and the answers are written.
void Connection::SettleWithoutWork() {
  const bool idle = codec_->unread().empty();
  if (malformed_) {
    Complain(codec_->error(), codec_->unread());
    Close();
  } else if (peer_closed_ || (idle && context_->draining)) {
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
  const Limits& limits = context_->limits;
  const absl::Time now = context_->loop->Now();
  deadline_ = now + (wait == Wait::kRequest  ? limits.max_request_age
                     : wait == Wait::kAnswer ? limits.max_answer_age
                                             : limits.max_reply_age);
  SetTimer(now);
}

// A timer that will run early enough is left alone, and finds out by itself
// that the deadline has moved: most never come.
void Connection::SetTimer(absl::Time now) {
  if (timer_.pending() && timer_due_ <= deadline_) return;
  timer_due_ = deadline_;
  timer_.Set(deadline_ - now, [this] { OnTimer(); });
}

void Connection::OnTimer() {
  const std::shared_ptr<Connection> self = shared_from_this();
  if (soon_) Work();  // what was to come by now has come
  if (closed()) return;
  const absl::Time now = context_->loop->Now();
  if (deadline_ == absl::InfiniteFuture()) return;
  if (now < deadline_) {
    SetTimer(now);
    return;
  }
  switch (wait_) {
    case Wait::kNothing:
      return;
    case Wait::kRequest:
      Complain("half a request, and not the rest in time", codec_->unread());
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
  context_->bad_peers.Write(context_->loop->Now(), Severity::kWarning, [&] {
    std::string line = absl::StrCat(
        context_->name, ": closing the connection of ", PeerName(fd_), ": ");
    line += what;
    if (!bytes.empty()) {
      absl::StrAppend(&line, ": \"", mail::EscapeUpTo(bytes, kShownBytes),
                      "\"");
    }
    return line;
  });
}

}  // namespace mailverdict::server
