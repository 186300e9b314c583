// The socketmap protocol without I/O: bytes in, requests out.
//
//   request = netstring( mapname SP key )          "16:verdict a@b.test,"
//   reply   = netstring( STATUS [ SP data ] )      "5:OK no,"
//   netstring(s) = decimal length of s ":" s ","
//
//   RequestReader reader;
//   reader.Feed(bytes);                            // in any split
//   Request request;
//   while (reader.Next(&request) == ReadResult::kOne) {
//     std::string reply;
//     EncodeReply("NOTFOUND ", &reply);
//   }
//   if (reader.error() != CodecError::kNone) ...   // close the connection
//
// Sources: sendmail's map.c (socket map), Postfix's socketmap_table(5) and
// src/util/dict_sockmap.c, djb's netstrings.txt. Bytes that two of these read
// differently are an error here; no MTA sends such bytes.

#ifndef MAILVERDICT_ADAPTERS_SOCKETMAP_CODEC_H_
#define MAILVERDICT_ADAPTERS_SOCKETMAP_CODEC_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace mailverdict::socketmap {

// The longest request: 4096 bytes for the key, one for the space, 255 for the
// map name. An address has at most 320 bytes (RFC 5321 4.5.3). sendmail cuts a
// key at 1024 bytes (256 without -f). Postfix can send 10,000, but accepts no
// SMTP line over 2,048 (line_length_limit). So no real key is longer, and no
// client can use more memory than this.
inline constexpr size_t kMaxRequestBytes = 4096 + 1 + 255;

// The longest reply that Postfix accepts (DICT_SOCKMAP_DEF_MAX_REPLY). sendmail
// accepts 1,000,000 bytes.
inline constexpr size_t kMaxReplyBytes = 100000;

// The error at the first wrong byte of the stream. It does not depend on how
// the bytes are split.
enum class CodecError {
  kNone,
  kBadLength,      // no decimal number, a leading zero, or no ':' after it
  kTooLong,        // the length is over the limit; found before the payload
  kBadTerminator,  // no ',' where the length says the netstring ends
  kTruncated,      // the peer closed within a request
  kNul,            // a NUL in a request: C programs would read a shorter key
  kNoSpace,        // a request without a space
  kNoMap,          // a request whose map name is empty
};

// For a log line, such as "length is not a plain decimal number".
std::string_view Describe(CodecError error);

enum class ReadResult {
  kOne,    // one was read
  kMore,   // none is complete: feed more bytes
  kError,  // see error(); every later call returns the same
};

// Reads netstrings from a stream. Copies its input into one buffer, which grows
// to at most twice the longest netstring. Takes linear time however the input
// is split. Not thread-safe.
class NetstringReader {
 public:
  // `max_bytes` limits the payload. REQUIRES: max_bytes < 1,000,000,000.
  explicit NetstringReader(size_t max_bytes);

  // The number of bytes that Feed takes now. Never 0 after Next has returned
  // kMore; 0 after an error.
  size_t room() const;

  // Takes as many bytes from the front of `bytes` as there is room for, and
  // returns their number. Invalidates the payload that Next returned.
  size_t Feed(std::string_view bytes);

  // The next payload, valid until the next call of Feed.
  ReadResult Next(std::string_view* payload);

  // The peer has closed: if a netstring is unfinished, sets kTruncated. Call it
  // after Next has returned kMore.
  void Finish();

  // Sets an error for the netstring that Next returned last.
  void Fail(CodecError error);

  CodecError error() const { return error_; }

  // The bytes that were fed and not returned yet. After an error they begin
  // with the netstring at fault.
  std::string_view unread() const {
    return std::string_view(buffer_).substr(begin_, end_ - begin_);
  }

 private:
  ReadResult Set(CodecError error) {
    error_ = error;
    return ReadResult::kError;
  }

  const size_t max_bytes_;
  const size_t frame_;  // bytes of the longest netstring, with its framing
  std::string buffer_;  // bytes from end_ on are unused
  size_t begin_ = 0;    // unread() is [begin_, end_) of buffer_
  size_t end_ = 0;      // begin_ <= end_ <= buffer_.size() <= 2 * frame_
  size_t last_ = 0;     // the begin of the netstring that was returned last
  CodecError error_ = CodecError::kNone;
};

// One question. The views borrow from the reader.
struct Request {
  std::string_view map;  // not empty, no space, no NUL
  std::string_view key;  // may be empty and may hold spaces; no NUL
};

// Splits a request's payload at its first space.
CodecError ParseRequest(std::string_view payload, Request* request);

// Requests from a stream; see NetstringReader.
class RequestReader {
 public:
  explicit RequestReader(size_t max_bytes = kMaxRequestBytes)
      : netstrings_(max_bytes) {}

  size_t room() const { return netstrings_.room(); }
  size_t Feed(std::string_view bytes) { return netstrings_.Feed(bytes); }
  // The next request, valid until the next call of Feed.
  ReadResult Next(Request* request);
  void Finish() { netstrings_.Finish(); }
  CodecError error() const { return netstrings_.error(); }
  std::string_view unread() const { return netstrings_.unread(); }

 private:
  NetstringReader netstrings_;
};

// Appends "<len>:<payload>,". Returns false and appends nothing if the payload
// is longer than kMaxReplyBytes. Does not check the payload: the caller must
// write a space and a value after "OK", since sendmail crashes at an "OK"
// without them.
[[nodiscard]] bool EncodeReply(std::string_view payload, std::string* out);

// Appends a request, for clients. REQUIRES: `request` has the form that Request
// describes.
void EncodeRequest(const Request& request, std::string* out);

}  // namespace mailverdict::socketmap

#endif  // MAILVERDICT_ADAPTERS_SOCKETMAP_CODEC_H_
