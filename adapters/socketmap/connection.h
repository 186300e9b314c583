// One client of the server. Internal to the server: see server.h.

#ifndef MAILVERDICT_ADAPTERS_SOCKETMAP_CONNECTION_H_
#define MAILVERDICT_ADAPTERS_SOCKETMAP_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "adapters/socketmap/codec.h"
#include "adapters/socketmap/server.h"
#include "lib/loop/event_loop.h"
#include "lib/loop/log.h"

namespace mailverdict::socketmap {

// Lines of each kind of complaint.
inline constexpr int kLogLines = 5;
inline constexpr absl::Duration kLogPeriod = absl::Seconds(10);

// What the connections of one server have in common. Outlives their sockets.
struct Common {
  Common(EventLoop* loop, Handler handler, const ServerLimits& limits,
         const LogSink& log, std::function<void(Connection*)> closed);

  // Serves those that wait for it, step by step for all of them, since changing
  // from one step to the next is what costs; and a client that waits for
  // several is woken once.
  void ServeAll();

  EventLoop* const loop;
  const Handler handler;
  const ServerLimits limits;
  LimitedLog bad_peers;  // malformed requests and timeouts
  const std::function<void(Connection*)> closed;  // called last
  bool draining = false;
  std::vector<std::shared_ptr<Connection>> to_serve;
  BeforeSleep serve_all;
};

// Held by the server until it has closed, by a reply that is being sent, and
// while it is to be served.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // Takes over `fd`, a connected non-blocking socket.
  Connection(Common* common, int fd);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // False when the kernel cannot watch the socket. To be called once, first.
  bool Start();

  // After common->draining was set: reads what has arrived, and closes when
  // nothing is under way, now or later.
  void Drain();

  void Close();

  // Answers what it can of what has arrived, and writes nothing.
  void TakeRequests();
  // Does all that can be done now. It may close, so whoever calls this holds
  // it.
  void Work();

  // The answer to request `number`; ignored if that is not waiting for one.
  void Answer(uint64_t number, std::string_view payload);

  // Reply::StillWaiting, for request `number`.
  bool WaitsFor(uint64_t number);

 private:
  // What must happen next, and so which limit is running.
  enum class Wait {
    kNothing,   // idle: no limit
    kRequest,   // the rest of a request: max_request_age
    kAnswer,    // the handler's answer: max_answer_age
    kWritable,  // the client must read: max_reply_age
  };

  void OnReadable();
  void ServeSoon();
  bool HandleRequests();
  bool Flush();
  void Settle();
  bool IsIdle() const;
  void SettleWithoutWork();
  void SetWait(Wait wait);
  void ArmTimer(absl::Time now);
  void OnTimer();
  void Complain(std::string_view what, std::string_view bytes);

  bool closed() const { return fd_ < 0; }

  Common* const common_;
  int fd_;  // -1 when closed
  FdWatch readable_, writable_;
  RequestReader reader_;
  uint64_t number_ = 0;       // requests so far; the current one's number
  bool busy_ = false;         // that request is not answered yet
  bool working_ = false;      // requests are handled, further up the stack
  bool soon_ = false;         // ServeAll will call Work
  bool peer_closed_ = false;  // it sends no more, and may still read
  std::string replies_;       // encoded; [sent_, end) is to be written
  size_t sent_ = 0;

  Wait wait_ = Wait::kNothing;
  uint64_t wait_number_ = 0;  // number_ when the wait began
  absl::Time deadline_ = absl::InfiniteFuture();
  // Runs at timer_due_, no later than deadline_; 0 if there is none.
  Executor::TimerId timer_ = 0;
  absl::Time timer_due_;
};

}  // namespace mailverdict::socketmap

#endif  // MAILVERDICT_ADAPTERS_SOCKETMAP_CONNECTION_H_
