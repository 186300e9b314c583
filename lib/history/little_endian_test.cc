#include "lib/history/little_endian.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace mailverdict {
namespace {

TEST(LittleEndian, TheLeastByteIsFirst) {
  std::string bytes;
  AppendNumber(uint32_t{0xfe020304}, &bytes);
  AppendNumber(uint64_t{0x8000000000000001}, &bytes);
  EXPECT_EQ(bytes, std::string(
                       "\x04\x03\x02\xfe\x01\x00\x00\x00\x00\x00\x00\x80", 12));
  mail::Cursor in(bytes);
  EXPECT_EQ(TakeNumber<uint32_t>(&in), 0xfe020304u);
  EXPECT_EQ(TakeNumber<uint64_t>(&in), 0x8000000000000001u);
  EXPECT_TRUE(in.done());
}

TEST(LittleEndian, TooFewBytesAreNoNumber) {
  mail::Cursor in("abc");
  EXPECT_EQ(TakeNumber<uint32_t>(&in), std::nullopt);
  EXPECT_EQ(in.remaining(), 3u);
  EXPECT_EQ(TakeNumber<uint16_t>(&in), 0x6261u);
}

}  // namespace
}  // namespace mailverdict
