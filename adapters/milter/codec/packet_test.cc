#include "adapters/milter/codec/packet.h"

#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace mailverdict::milter {
namespace {

using namespace std::string_literals;

// "LETTER:DATA" of each packet in `bytes`, which are fed in one piece.
std::vector<std::string> Read(PacketReader* reader, std::string_view bytes) {
  std::vector<std::string> packets;
  while (!bytes.empty() && reader->error() == CodecError::kNone) {
    const size_t taken = reader->Feed(bytes);
    if (taken == 0) break;
    bytes.remove_prefix(taken);
    Packet packet;
    while (reader->Next(&packet) == ReadResult::kOne) {
      packets.push_back(std::string(1, packet.letter) + ":" +
                        std::string(packet.data));
    }
  }
  return packets;
}

TEST(PacketReader, ReadsPacketsOneBehindTheOther) {
  PacketReader reader(100);
  EXPECT_EQ(Read(&reader, "\0\0\0\x01Q\0\0\0\x03H1\0"s),
            (std::vector<std::string>{"Q:", "H:1\0"s}));
  reader.Finish();
  EXPECT_EQ(reader.error(), CodecError::kNone);
}

TEST(PacketReader, ReadsALengthOfFourBytesInNetworkOrder) {
  const std::string data(0x010203 - 1, 'x');
  PacketReader reader(0x010203);
  EXPECT_EQ(Read(&reader, "\x00\x01\x02\x03L"s + data),
            (std::vector<std::string>{"L:" + data}));
}

TEST(PacketReader, RefusesALengthOfZero) {
  PacketReader reader(100);
  Read(&reader, "\0\0\0\0Q"s);
  EXPECT_EQ(reader.error(), CodecError::kNoLetter);
}

TEST(PacketReader, TakesTheLongestPacketAndRefusesOneByteMoreByItsLength) {
  PacketReader longest(3);
  EXPECT_EQ(Read(&longest, "\0\0\0\x03H1\0"s).size(), 1u);
  PacketReader longer(3);
  Read(&longer, "\0\0\0\x04"s);
  EXPECT_EQ(longer.error(), CodecError::kTooLong);
  EXPECT_EQ(longer.room(), 0u);
}

TEST(PacketReader, TakesTheLettersOfAnotherProtocolForALength) {
  PacketReader reader(1 << 20);
  Read(&reader, "GET / HTTP/1.0\r\n");
  EXPECT_EQ(reader.error(), CodecError::kTooLong);
}

TEST(PacketReader, StaysInErrorAndTakesNothingMore) {
  PacketReader reader(100);
  Read(&reader, "\0\0\0\0"s);
  EXPECT_EQ(reader.Feed("Q"), 0u);
  Packet packet;
  EXPECT_EQ(reader.Next(&packet), ReadResult::kError);
  reader.Finish();
  EXPECT_EQ(reader.error(), CodecError::kNoLetter);
}

TEST(PacketReader, CallsAnEndWithinAPacketTruncated) {
  const std::string whole = "\0\0\0\x03H1\0"s;
  for (size_t size = 1; size < whole.size(); ++size) {
    PacketReader reader(100);
    Read(&reader, whole.substr(0, size));
    EXPECT_EQ(reader.error(), CodecError::kNone);
    reader.Finish();
    EXPECT_EQ(reader.error(), CodecError::kTruncated) << size;
  }
}

TEST(PacketReader, ShowsThePacketAtFault) {
  PacketReader reader(100);
  EXPECT_EQ(reader.Feed("\0\0\0\x01Q\0\0\0\x01?\0\0\0\x01Q"s), 15u);
  Packet packet;
  ASSERT_EQ(reader.Next(&packet), ReadResult::kOne);
  ASSERT_EQ(reader.Next(&packet), ReadResult::kOne);
  reader.Fail(CodecError::kUnknownLetter);
  EXPECT_EQ(reader.error(), CodecError::kUnknownLetter);
  EXPECT_EQ(reader.unread(), "\0\0\0\x01?\0\0\0\x01Q"s);
}

TEST(PacketReader, HoldsBackWhatItHasNoRoomFor) {
  std::string flood;
  for (int i = 0; i < 1000; ++i) AppendPacket('Q', "", &flood);
  PacketReader reader(16);
  EXPECT_EQ(reader.Feed(flood), 20u);
  EXPECT_EQ(reader.room(), 0u);
  Packet packet;
  EXPECT_EQ(reader.Next(&packet), ReadResult::kOne);
  EXPECT_EQ(reader.room(), 5u);
  PacketReader again(16);
  EXPECT_EQ(Read(&again, flood).size(), 1000u);
}

TEST(PacketReader, HasRoomWheneverItWantsMore) {
  PacketReader reader(16);
  const std::string bytes = "\0\0\0\x10L"s + std::string(15, 'x');
  Packet packet;
  for (char c : bytes) {
    EXPECT_EQ(reader.Next(&packet), ReadResult::kMore);
    EXPECT_GT(reader.room(), 0u);
    EXPECT_EQ(reader.Feed(std::string(1, c)), 1u);
  }
  EXPECT_EQ(reader.Next(&packet), ReadResult::kOne);
}

}  // namespace
}  // namespace mailverdict::milter
