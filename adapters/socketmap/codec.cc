#include "adapters/socketmap/codec.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>

#include "lib/mail/cursor.h"

namespace mailverdict::socketmap {
namespace {

// Lengths of more digits are over every limit, whatever they are.
constexpr int kMaxDigits = 9;
// Enough for most requests; small, as thousands of connections have one each.
constexpr size_t kFirstBufferBytes = 256;

constexpr auto kIsDigit = [](char c) { return c >= '0' && c <= '9'; };

// "<length>:", written into `header`.
std::string_view Header(size_t length, char (&header)[20 + 1]) {
  char* const end =
      std::to_chars(header, header + sizeof header - 1, length).ptr;
  *end = ':';
  return std::string_view(header, static_cast<size_t>(end + 1 - header));
}

size_t FrameBytes(size_t payload_bytes) {
  char header[20 + 1];
  return Header(payload_bytes, header).size() + payload_bytes + 1;
}

void AppendHeader(size_t length, std::string* out) {
  char header[20 + 1];
  out->append(Header(length, header));
}

}  // namespace

std::string_view Describe(CodecError error) {
  switch (error) {
    case CodecError::kNone:
      return "no error";
    case CodecError::kBadLength:
      return "length is not a plain decimal number and a colon";
    case CodecError::kTooLong:
      return "length is over the limit";
    case CodecError::kBadTerminator:
      return "no comma where the length says it ends";
    case CodecError::kTruncated:
      return "closed in the middle of a request";
    case CodecError::kNul:
      return "NUL byte in a request";
    case CodecError::kNoSpace:
      return "no space between map name and key";
    case CodecError::kNoMap:
      return "empty map name";
  }
  return "unknown error";
}

NetstringReader::NetstringReader(size_t max_bytes)
    : max_bytes_(max_bytes), frame_(FrameBytes(max_bytes)) {}

// The bytes already read make room only once they are a frame or more: the at
// most frame_ bytes behind them are then moved, no more than were read, and so
// all moving is linear in what is fed. If there is no room, more than a frame
// is unread, and Next has something to say.
size_t NetstringReader::room() const {
  if (error_ != CodecError::kNone) return 0;
  const bool movable = begin_ >= frame_ || begin_ == end_;
  return 2 * frame_ - (movable ? end_ - begin_ : end_);
}

size_t NetstringReader::Feed(std::string_view bytes) {
  const size_t taken = std::min(bytes.size(), room());
  if (taken == 0) return 0;
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (end_ + taken > 2 * frame_) {
    std::memmove(&buffer_[0], &buffer_[begin_], end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ + taken > buffer_.size()) {
    const size_t wanted =
        std::max({end_ + taken, 2 * buffer_.size(), kFirstBufferBytes});
    buffer_.resize(std::min(wanted, 2 * frame_));
  }
  std::memcpy(&buffer_[end_], bytes.data(), taken);
  end_ += taken;
  return taken;
}

ReadResult NetstringReader::Next(std::string_view* payload) {
  if (error_ != CodecError::kNone) return ReadResult::kError;
  mail::Cursor in(unread());
  const std::optional<uint64_t> length = in.Decimal(kMaxDigits);
  if (!length.has_value()) {
    if (in.done()) return ReadResult::kMore;
    const std::string_view digits = in.TakeWhile(kIsDigit);
    const bool too_long = !digits.empty() && digits[0] != '0';
    return Set(too_long ? CodecError::kTooLong : CodecError::kBadLength);
  }
  if (*length > max_bytes_) return Set(CodecError::kTooLong);
  if (in.done()) return ReadResult::kMore;
  if (!in.Skip(':')) return Set(CodecError::kBadLength);
  const std::optional<std::string_view> taken = in.Take(*length);
  if (!taken.has_value() || in.done()) return ReadResult::kMore;
  if (!in.Skip(',')) return Set(CodecError::kBadTerminator);
  *payload = *taken;
  last_ = begin_;
  begin_ += in.offset();
  return ReadResult::kOne;
}

void NetstringReader::Finish() {
  if (error_ == CodecError::kNone && begin_ != end_) {
    Set(CodecError::kTruncated);
  }
}

void NetstringReader::Fail(CodecError error) {
  begin_ = last_;
  Set(error);
}

CodecError ParseRequest(std::string_view payload, Request* request) {
  mail::Cursor in(payload);
  const std::string_view map = in.TakeWhile([](char c) { return c != ' '; });
  if (payload.find('\0') != std::string_view::npos) return CodecError::kNul;
  if (!in.Skip(' ')) return CodecError::kNoSpace;
  if (map.empty()) return CodecError::kNoMap;
  *request = {map, in.rest()};
  return CodecError::kNone;
}

ReadResult RequestReader::Next(Request* request) {
  std::string_view payload;
  const ReadResult result = netstrings_.Next(&payload);
  if (result != ReadResult::kOne) return result;
  const CodecError error = ParseRequest(payload, request);
  if (error == CodecError::kNone) return ReadResult::kOne;
  netstrings_.Fail(error);
  return ReadResult::kError;
}

bool EncodeReply(std::string_view payload, std::string* out) {
  if (payload.size() > kMaxReplyBytes) return false;
  AppendHeader(payload.size(), out);
  out->append(payload);
  out->push_back(',');
  return true;
}

void EncodeRequest(const Request& request, std::string* out) {
  AppendHeader(request.map.size() + 1 + request.key.size(), out);
  out->append(request.map);
  out->push_back(' ');
  out->append(request.key);
  out->push_back(',');
}

}  // namespace mailverdict::socketmap
