// A server on the event loop, for any protocol of requests and answers that has
// a Codec.
//
//   server::Server server(loop, "socketmap", make_codec, log);
//   absl::Status status = server.Listen("unix:/run/mailverdict/socketmap");
//   loop->Run();
//
// What every protocol gets from it:
// - An idle connection is never closed. sendmail would count the end of file as
//   a temporary failure, and have no map for the rest of that SMTP session.
// - A reply leaves in one write whenever the socket takes all of it. sendmail
//   does not recover from a socket map's reply that arrives in two parts.
// - Each connection has one request at a time. Requests that a client sends
//   ahead wait in the codec's bounded buffer, then in the kernel.
// - A client that sends malformed bytes or does not read loses its own
//   connection, and nothing else.
//
// connection_server.h is the other server, with a thread for each connection,
// for handlers that block.

#ifndef MAILVERDICT_ADAPTERS_SERVER_SERVER_H_
#define MAILVERDICT_ADAPTERS_SERVER_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "adapters/server/codec.h"
#include "lib/loop/event_loop.h"
#include "lib/loop/listen.h"
#include "lib/loop/log.h"

namespace mailverdict::server {

class Connection;

struct Limits {
  // A connection beyond this number is accepted and closed at once, which the
  // MTA takes for a temporary failure. sendmail and Postfix hold one connection
  // for each SMTP session; the default is above the number of sessions that an
  // MTA has. Each connection costs a descriptor and about 2 KiB.
  size_t max_connections = 10000;

  // The time from the first byte of a request to its last. An MTA sends a
  // request in one write, so a client that takes this long is stuck or hostile.
  absl::Duration max_request_age = absl::Seconds(10);

  // The time from a request to the handler's answer. It is needed only if an
  // answer never comes: the handler's own deadline is far shorter (4 s, at most
  // 9 s), and clients give up after 5 s (sendmail -d5s) to 100 s (Postfix).
  absl::Duration max_answer_age = absl::Seconds(100);

  // The time that a client may take to read replies, from the first byte that
  // its socket did not take.
  absl::Duration max_reply_age = absl::Seconds(30);

  // Replies to requests that a client sent ahead are gathered up to this size
  // before they are written. A connection holds at most this and one reply.
  size_t max_reply_backlog_bytes = 64 * 1024;
};

// Sends the answer to one request. A value, which can be copied and kept. Send
// and StillWaiting are for the loop's thread; copying and destroying are for
// any thread.
class Responder {
 public:
  // Makes a Responder without a request. Send does nothing. For tests of a
  // Codec without a server.
  Responder() = default;

  // Sends `answer`, framed by the connection's codec. Only the first Send of
  // all copies counts. Does nothing after the connection or the server has
  // gone. Calls no handler before it returns.
  void Send(std::string_view answer) const;

  // Whether the client still waits for an answer: none was sent, and the
  // connection is open. If a client has closed both directions of a unix
  // socket, returns false and closes the connection. A client that has closed
  // only its sending half still waits. (Over TCP the two look the same until
  // the client's host resets the connection; until then the client counts as
  // waiting.)
  bool StillWaiting() const;

 private:
  friend class Connection;
  Responder(std::weak_ptr<Connection> connection, uint64_t number)
      : connection_(std::move(connection)), number_(number) {}

  std::weak_ptr<Connection> connection_;
  uint64_t number_ = 0;  // of the request on its connection
};

// Loop's thread only. A connection whose request is not answered is closed
// after max_answer_age. A handler must not destroy the server.
class Server {
 public:
  // Borrows the loop. `name` begins each line of the log; `log` may be empty.
  Server(EventLoop* loop, std::string name, CodecFactory make_codec,
         LogSink log, const Limits& limits = Limits());

  // Closes all connections at once. Call Drain first to answer the requests
  // that are under way.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens on one more address. The form of `address` and the errors are those
  // of mailverdict::Listen (lib/loop/listen.h).
  absl::Status Listen(const std::string& address,
                      const UnixSocketOptions& unix_options = {});

  // The addresses that the server listens on, with real port numbers.
  std::vector<std::string> addresses() const;

  // The number of open connections.
  size_t connections() const;

  // Stops listening at once, answers the requests that have arrived, and closes
  // each connection when its last request is answered. Closes all others after
  // `grace`. Then runs `done`, once, never from within Drain. Call it once.
  void Drain(absl::Duration grace, std::function<void()> done);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mailverdict::server

#endif  // MAILVERDICT_ADAPTERS_SERVER_SERVER_H_
