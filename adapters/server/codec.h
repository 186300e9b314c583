// The interface of a protocol of requests and answers, without I/O. A server
// (server.h) works with any protocol that implements it. Each connection has a
// Codec of its own.
//
//   codec->Feed(bytes);                  // as they arrive, in any split
//   while (codec->Next(reply) == Codec::Result::kRequest) ...
//   codec->Frame(answer, &bytes_to_send);
//
// The server does the rest: listening, limits, time-outs, writing, draining,
// logging. adapters/socketmap/server.cc has an implementation; the server's
// tests have one for lines of text.

#ifndef MAILVERDICT_ADAPTERS_SERVER_CODEC_H_
#define MAILVERDICT_ADAPTERS_SERVER_CODEC_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mailverdict::server {

class Responder;

// The protocol's state on one connection. Used on the loop's thread only, and
// destroyed with the connection.
class Codec {
 public:
  enum class Result {
    // One request was taken and given to the handler together with `reply`. The
    // server calls Next again after the answer.
    kRequest,
    // One request was taken that the protocol does not answer. `reply` is not
    // used.
    kNoAnswer,
    // No whole request has arrived. `reply` is not used.
    kMore,
    // The bytes are malformed, as error() says. `reply` is not used. The server
    // sends the answers of earlier requests, then closes the connection. Every
    // later call returns kMalformed, too.
    kMalformed,
  };

  // What to do with a connection when its peer has closed the sending half.
  enum class AtEndOfFile {
    kAnswer,  // answer the requests that have arrived, then close it
    kClose,   // close it at once: the peer does not wait for answers
  };

  virtual ~Codec() = default;

  // The number of bytes that Feed takes now. It limits the memory that a peer
  // can use. Never 0 after Next has returned kMore.
  virtual size_t room() const = 0;

  // Takes bytes that have arrived. REQUIRES: bytes.size() <= room().
  virtual void Feed(std::string_view bytes) = 0;

  // Takes the next request. REQUIRES: the request before has been answered, and
  // unread() is not empty.
  virtual Result Next(Responder reply) = 0;

  // The peer will send no more bytes. In a protocol in which the end of the
  // connection ends the last request, Next returns that request. In any other
  // protocol an unfinished request is kMalformed from now on.
  virtual AtEndOfFile EndOfFile() = 0;

  // The bytes that were fed and not taken yet. If they are not empty, a request
  // has begun. After kMalformed they begin with the malformed request, for the
  // log.
  virtual std::string_view unread() const = 0;

  // The fault of the malformed bytes, in a few words for the log.
  virtual std::string_view error() const = 0;

  // Appends `answer` to `out` in the protocol's framing. If the protocol cannot
  // send this answer, appends one that says so.
  virtual void Frame(std::string_view answer, std::string* out) = 0;
};

// Makes the codec of a new connection.
using CodecFactory = std::function<std::unique_ptr<Codec>()>;

}  // namespace mailverdict::server

#endif  // MAILVERDICT_ADAPTERS_SERVER_CODEC_H_
