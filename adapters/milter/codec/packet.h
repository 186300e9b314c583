// Packets of the milter protocol (protocol.h): bytes in, packets out, and
// packets in, bytes out. Knows nothing of what a packet means.
//
//   PacketReader reader(kMaxPacketBytes);
//   reader.Feed(bytes);                            // in any split
//   Packet packet;
//   while (reader.Next(&packet) == ReadResult::kOne) ...
//   if (reader.error() != CodecError::kNone) ...   // close the connection

#ifndef MAILVERDICT_ADAPTERS_MILTER_CODEC_PACKET_H_
#define MAILVERDICT_ADAPTERS_MILTER_CODEC_PACKET_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/milter/codec/error.h"

namespace mailverdict::milter {

struct Packet {
  char letter = 0;
  std::string_view data;  // borrows from the reader
};

// Reads packets from a stream. Copies its input into one buffer, which takes at
// most four times the longest packet, and gives a large buffer back when it is
// empty. Takes linear time however the input is split. Not thread-safe.
class PacketReader {
 public:
  // `max_bytes` limits the letter and the data. REQUIRES: it is not 0.
  explicit PacketReader(size_t max_bytes);

  // The number of bytes that Feed takes now. Never 0 after Next has returned
  // kMore; 0 after an error.
  size_t room() const;

  // Takes as many bytes from the front of `bytes` as there is room for, and
  // returns their number. Invalidates the packets that Next has returned.
  size_t Feed(std::string_view bytes);

  // The next packet, valid until the next call of Feed.
  ReadResult Next(Packet* packet);

  // The peer has closed: if a packet is unfinished, sets kTruncated. Call it
  // after Next has returned kMore.
  void Finish();

  // Sets an error for the packet that Next returned last.
  void Fail(CodecError error);

  CodecError error() const { return error_; }

  // The bytes that were fed and not returned yet. After an error they begin
  // with the packet at fault.
  std::string_view unread() const {
    return std::string_view(buffer_).substr(begin_);
  }

 private:
  void DropRead();

  const size_t max_bytes_;
  std::string buffer_;
  size_t begin_ = 0;  // unread() begins here
  size_t last_ = 0;   // the packet that was returned last begins here
  CodecError error_ = CodecError::kNone;
};

// Appends a packet. REQUIRES: `data` has less than 2^32 - 1 bytes.
void AppendPacket(char letter, std::string_view data, std::string* out);

// Appends a number of 4 bytes, in network order.
void AppendUint32(uint32_t value, std::string* out);

}  // namespace mailverdict::milter

#endif  // MAILVERDICT_ADAPTERS_MILTER_CODEC_PACKET_H_
