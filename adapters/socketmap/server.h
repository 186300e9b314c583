// A socketmap server: connections on one side, a handler on the other.
//
//   Server server(loop, [](const Request& request, Reply reply) {
//     reply.Send("NOTFOUND ");            // now, or later: keep `reply`
//   }, log);
//   absl::Status status = server.Listen("unix:/run/mailverdict/socketmap");
//   loop->Run();
//
// What it keeps to, because of how MTAs behave:
// - An idle connection is never closed: sendmail counts an EOF as a temporary
//   failure and has no map for the rest of that SMTP session.
// - A reply leaves in one write whenever the socket takes it: sendmail never
//   recovers from one that is torn between its length and its colon.
// - One request at a time on each connection; what a client sends ahead waits
//   in a bounded buffer, then in the kernel.
// - What one client sends or fails to read is its own connection's problem.
//
// An answer at once costs one read and one write and no allocation.

#ifndef MAILVERDICT_ADAPTERS_SOCKETMAP_SERVER_H_
#define MAILVERDICT_ADAPTERS_SOCKETMAP_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "adapters/socketmap/codec.h"
#include "lib/loop/event_loop.h"
#include "lib/loop/listen.h"
#include "lib/loop/log.h"

namespace mailverdict::socketmap {

class Connection;

struct ServerLimits {
  // One more is accepted and closed at once, which its MTA counts as a
  // temporary failure. sendmail and Postfix hold one for each SMTP session, so
  // this is above any sane number of those. Each costs a descriptor and about
  // 2 KiB.
  size_t max_connections = 10000;

  // From the first byte of a request to its last. An MTA sends a request in
  // one write; who takes this long is stuck or hostile.
  absl::Duration max_request_age = absl::Seconds(10);

  // From a request to the handler's answer. A backstop against an answer that
  // never comes: the handler's own deadline is far shorter (4 s), and clients
  // give up after 5 s (sendmail -d5) to 100 s (Postfix).
  absl::Duration max_answer_age = absl::Seconds(100);

  // From the first byte of a reply that the client's socket did not take to
  // the last one.
  absl::Duration max_reply_age = absl::Seconds(30);

  // Replies to requests that a client sent ahead are gathered up to this size
  // before they are written. One connection holds at most this and one reply.
  size_t max_reply_backlog_bytes = 64 * 1024;
};

// Where to send the answer to one request. A value: copy it, keep it. Send is
// for the loop's thread; copying and destroying, for any.
class Reply {
 public:
  // Answers with `payload`, such as "OK yes" (see EncodeReply). Only the first
  // Send of all copies counts; after the connection or the server has gone it
  // does nothing. A payload over kMaxReplyBytes becomes "TEMP reply too long".
  void Send(std::string_view payload) const;

  // Whether the client can still take an answer: none was sent, and the
  // connection is open. A client that has closed both directions of a unix
  // socket is gone, and its connection is closed here; one that has closed only
  // its sending half waits. (Over TCP the two look the same until the client's
  // host resets the connection, so the client counts as waiting.)
  bool StillWaiting() const;

 private:
  friend class Connection;
  Reply(std::weak_ptr<Connection> connection, uint64_t number)
      : connection_(std::move(connection)), number_(number) {}

  std::weak_ptr<Connection> connection_;
  uint64_t number_;  // of the request on its connection
};

// Called on the loop's thread for each request. The request's views are valid
// during the call only. A reply that is never sent keeps its connection busy
// until max_answer_age. Must not destroy the server.
using Handler = std::function<void(const Request& request, Reply reply)>;

// Loop's thread only.
class Server {
 public:
  // Borrows the loop. `log` may be empty.
  Server(EventLoop* loop, Handler handler, LogSink log,
         const ServerLimits& limits = ServerLimits());

  // Closes everything at once. To be polite, Drain first.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens on one more address, in the form and with the errors of
  // mailverdict::Listen.
  absl::Status Listen(const std::string& address,
                      const UnixSocketOptions& unix_options = {});

  // What we listen on, with real port numbers.
  std::vector<std::string> addresses() const;

  // How many connections are open.
  size_t connections() const;

  // Ends in peace: stops listening at once, answers the requests that have
  // arrived, closes each connection as soon as it has none, and what is left
  // after `grace`. Then runs `done`, once, never from within Drain. To be
  // called once.
  void Drain(absl::Duration grace, std::function<void()> done);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mailverdict::socketmap

#endif  // MAILVERDICT_ADAPTERS_SOCKETMAP_SERVER_H_
