#include "adapters/milter/codec/packet.h"

#include <algorithm>
#include <optional>

#include "adapters/milter/codec/numbers.h"
#include "adapters/milter/codec/protocol.h"
#include "lib/mail/cursor.h"

namespace mailverdict::milter {
namespace {

// An empty buffer that is larger than this is given back. Enough for every
// packet but long header fields; thousands of connections keep one each.
constexpr size_t kKeepBytes = 4096;

}  // namespace

PacketReader::PacketReader(size_t max_bytes) : max_bytes_(max_bytes) {}

// If there is no room, a whole packet is unread, so Next returns one.
size_t PacketReader::room() const {
  if (error_ != CodecError::kNone) return 0;
  return kLengthBytes + max_bytes_ - unread().size();
}

size_t PacketReader::Feed(std::string_view bytes) {
  const size_t taken = std::min(bytes.size(), room());
  if (taken == 0) return 0;
  DropRead();
  buffer_.append(bytes.substr(0, taken));
  return taken;
}

// Moves the unread bytes only if the read ones are as many or more, so all
// moving is linear in the bytes that were fed.
void PacketReader::DropRead() {
  const size_t unread_bytes = buffer_.size() - begin_;
  if (unread_bytes == 0 && buffer_.capacity() > kKeepBytes) {
    buffer_ = std::string();
    begin_ = 0;
  } else if (begin_ >= unread_bytes) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
}

ReadResult PacketReader::Next(Packet* packet) {
  if (error_ != CodecError::kNone) return ReadResult::kError;
  mail::Cursor in(unread());
  const std::optional<uint32_t> length = ReadNumber<uint32_t>(in);
  if (!length.has_value()) return ReadResult::kMore;
  if (*length == 0 || *length > max_bytes_) {
    error_ = *length == 0 ? CodecError::kNoLetter : CodecError::kTooLong;
    return ReadResult::kError;
  }
  const std::optional<std::string_view> bytes = in.Take(*length);
  if (!bytes.has_value()) return ReadResult::kMore;
  *packet = {bytes->front(), bytes->substr(1)};
  last_ = begin_;
  begin_ += in.offset();
  return ReadResult::kOne;
}

void PacketReader::Finish() {
  if (error_ == CodecError::kNone && !unread().empty()) {
    error_ = CodecError::kTruncated;
  }
}

void PacketReader::Fail(CodecError error) {
  begin_ = last_;
  error_ = error;
}

void AppendPacket(char letter, std::string_view data, std::string* out) {
  AppendUint32(static_cast<uint32_t>(1 + data.size()), out);
  out->push_back(letter);
  out->append(data);
}

void AppendUint32(uint32_t value, std::string* out) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(value >> shift & 0xFF));
  }
}

}  // namespace mailverdict::milter
