// A server of requests and answers on the event loop, for any protocol that has
// a Codec.
//
//   server::Server server(loop, "socketmap", make_codec, log);
//   absl::Status status = server.Listen("unix:/run/mailverdict/socketmap");
//   loop->Run();
//
// What every protocol gets from it:
// - An idle connection is never closed: sendmail counts an end of file as a
//   temporary failure and has no map for the rest of that SMTP session.
// - A reply leaves in one write whenever the socket takes it: sendmail never
//   recovers from a socket map's reply that is cut in two.
// - One request at a time on each connection. What a client sends ahead waits
//   in the codec's bounded buffer, then in the kernel.
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
  // One more is accepted and closed at once, which its MTA counts as a
  // temporary failure. sendmail and Postfix hold one connection for each SMTP
  // session, so this is above any sane number of those. Each costs a descriptor
  // and about 2 KiB.
  size_t max_connections = 10000;

  // From the first byte of a request to its last. An MTA sends a request in
  // one write; a client that takes this long is stuck or hostile.
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
  // Answers with `answer`, which the connection's codec frames. Only the first
  // Send of all copies counts; after the connection or the server has gone it
  // does nothing. Calls no handler before it returns.
  void Send(std::string_view answer) const;

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

// Loop's thread only. A request whose answer is never sent keeps its connection
// busy until max_answer_age. A handler must not destroy the server.
class Server {
 public:
  // Borrows the loop. `name` begins each line of the log; `log` may be empty.
  Server(EventLoop* loop, std::string name, CodecFactory make_codec,
         LogSink log, const Limits& limits = Limits());

  // Closes everything at once. Drain first to answer what is under way.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens on one more address, in the form and with the errors of
  // mailverdict::Listen.
  absl::Status Listen(const std::string& address,
                      const UnixSocketOptions& unix_options = {});

  // The addresses that the server listens on, with real port numbers.
  std::vector<std::string> addresses() const;

  // How many connections are open.
  size_t connections() const;

  // Stops listening at once, answers the requests that have arrived, and closes
  // each connection as soon as it has none left; those that are left after
  // `grace` are closed, too. Then runs `done`, once, never from within Drain.
  // To be called once.
  void Drain(absl::Duration grace, std::function<void()> done);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mailverdict::server

#endif  // MAILVERDICT_ADAPTERS_SERVER_SERVER_H_
