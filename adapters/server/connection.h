// One client of the server. Internal to the server: see server.h.

#ifndef MAILVERDICT_ADAPTERS_SERVER_CONNECTION_H_
#define MAILVERDICT_ADAPTERS_SERVER_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "adapters/server/codec.h"
#include "adapters/server/server.h"
#include "lib/loop/event_loop.h"
#include "lib/loop/log.h"
#include "lib/loop/timer.h"

namespace mailverdict::server {

// The state that all connections of one server share. Outlives the
// connections' sockets.
struct ServerContext {
  ServerContext(EventLoop* loop, std::string name, CodecFactory make_codec,
                const Limits& limits, const LogSink& log,
                std::function<void(Connection*)> closed);

  EventLoop* const loop;
  const std::string name;
  const CodecFactory make_codec;
  const Limits limits;
  LimitedLog bad_peers;  // malformed requests and timeouts
  const std::function<void(Connection*)> closed;  // a connection calls it last
  bool draining = false;
};

// The server holds a reference until the connection has closed. A function that
// calls a handler holds one, too, since the handler may close the connection.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // Takes over `fd`, a connected non-blocking socket.
  Connection(ServerContext* context, int fd);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Begins to serve the client. False if the kernel cannot watch the socket.
  // Call it once, before any other function.
  bool Start();

  // Reads what has arrived, and closes the connection as soon as no request is
  // under way. Call it after context->draining was set.
  void Drain();

  void Close();

  // Sends the answer to request `number`. Does nothing if that request does not
  // wait for an answer. Calls no handler.
  void Answer(uint64_t number, std::string_view answer);

  // Responder::StillWaiting, for request `number`.
  bool WaitsFor(uint64_t number);

 private:
  // What the connection waits for. Each has a time limit (Limits).
  enum class Wait {
    kNothing,   // idle: no limit
    kRequest,   // the rest of a request: max_request_age
    kAnswer,    // the handler's answer: max_answer_age
    kWritable,  // the client must read: max_reply_age
  };

  void OnReadable();
  void Work();
  void WorkSoon();
  bool TakeRequests();
  bool TakeRequest();
  bool Flush();
  void Settle();
  bool IsIdle() const;
  void SettleWithoutWork();
  void SetWait(Wait wait);
  void SetTimer(absl::Time now);
  void OnTimer();
  void Complain(std::string_view what, std::string_view bytes);

  bool closed() const { return fd_ < 0; }

  ServerContext* const context_;
  int fd_;  // -1 when closed
  FdWatch readable_, writable_;
  const std::unique_ptr<Codec> codec_;
  uint64_t number_ = 0;       // of the last request; the first one is 1
  bool busy_ = false;         // request number_ is not answered yet
  bool working_ = false;      // Work is running, further up the stack
  bool soon_ = false;         // Work is posted
  bool malformed_ = false;    // the codec has returned kMalformed
  bool peer_closed_ = false;  // the peer sends no more, and may still read
  std::string replies_;       // framed; [sent_, end) is to be written
  size_t sent_ = 0;

  Wait wait_ = Wait::kNothing;
  uint64_t wait_number_ = 0;  // number_ when the wait began
  absl::Time deadline_ = absl::InfiniteFuture();
  Timer timer_;  // due at timer_due_, no later than deadline_
  absl::Time timer_due_;
};

}  // namespace mailverdict::server

#endif  // MAILVERDICT_ADAPTERS_SERVER_CONNECTION_H_
