// A protocol of requests and answers, without I/O: what a server has to know of
// it. Each connection has a Codec of its own.
//
//   codec->Feed(bytes);                  // as they arrive, in any split
//   while (codec->Next(reply) == Codec::Result::kRequest) ...
//   codec->Frame(answer, &bytes_to_send);
//
// The server (server.h) does the rest: listening, limits, time-outs, writing,
// draining, logging. See adapters/socketmap/server.cc for an implementation;
// the server's tests have one for lines of text.

#ifndef MAILVERDICT_ADAPTERS_SERVER_CODEC_H_
#define MAILVERDICT_ADAPTERS_SERVER_CODEC_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mailverdict::server {

class Reply;

// The protocol's state on one connection. Used on the loop's thread only, and
// destroyed with the connection.
class Codec {
 public:
  enum class Result {
    // One request was taken and given to the handler together with `reply`. The
    // next one is taken after the answer.
    kRequest,
    // One request was taken that the protocol does not answer. `reply` is void.
    kNoAnswer,
    // No whole request has arrived. `reply` is void.
    kMore,
    // The bytes break the protocol, as error() says; `reply` is void. What was
    // answered before is still sent, then the connection is closed. Every later
    // call returns the same.
    kMalformed,
  };

  // What becomes of a connection whose peer has closed its sending half.
  enum class AtEndOfFile {
    kAnswer,  // the requests that have arrived are answered, then it is closed
    kClose,   // it is closed at once: nobody waits for the answers
  };

  virtual ~Codec() = default;

  // How many bytes Feed takes. It bounds what a peer can make us hold. Never 0
  // after Next has returned kMore.
  virtual size_t room() const = 0;

  // Takes bytes that have arrived. REQUIRES: bytes.size() <= room().
  virtual void Feed(std::string_view bytes) = 0;

  // Takes the next request. Called when the one before has been answered and
  // unread() is not empty.
  virtual Result Next(Reply reply) = 0;

  // No more bytes will come. A protocol whose last request ends with the
  // connection lets the next Next return that request; in one that does not,
  // half a request is kMalformed from now on.
  virtual AtEndOfFile EndOfFile() = 0;

  // The bytes that were fed and not taken yet. Not empty: a request has begun.
  // After kMalformed they begin with the request at fault, for the log.
  virtual std::string_view unread() const = 0;

  // The fault of the malformed bytes, in a few words for the log.
  virtual std::string_view error() const = 0;

  // Appends `answer` to `out` as the protocol sends it. An answer that the
  // protocol cannot send is replaced by one that says so.
  virtual void Frame(std::string_view answer, std::string* out) = 0;
};

// Makes the codec of a new connection.
using CodecFactory = std::function<std::unique_ptr<Codec>()>;

}  // namespace mailverdict::server

#endif  // MAILVERDICT_ADAPTERS_SERVER_CODEC_H_
