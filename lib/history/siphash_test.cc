#include "lib/history/siphash.h"

#include <gtest/gtest.h>

#include <string>

namespace mailverdict {
namespace {

std::string UpTo(int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

// The hash of 15 bytes is from appendix A of the paper, the others from the
// authors' reference implementation (vectors.h).
TEST(SipHash, AgreesWithItsAuthors) {
  const SipHash hash(UpTo(16));
  EXPECT_EQ(hash(UpTo(0)), 0x726fdb47dd0e0e31u);
  EXPECT_EQ(hash(UpTo(1)), 0x74f839c593dc67fdu);
  EXPECT_EQ(hash(UpTo(7)), 0xab0200f58b01d137u);
  EXPECT_EQ(hash(UpTo(8)), 0x93f5f5799a932462u);
  EXPECT_EQ(hash(UpTo(15)), 0xa129ca6149be45e5u);
  EXPECT_EQ(hash(UpTo(63)), 0x958a324ceb064572u);
}

TEST(SipHash, DependsOnEachByteOfItsKey) {
  const std::string key = UpTo(16);
  const uint64_t before = SipHash(key)("joe");
  for (size_t i = 0; i < key.size(); ++i) {
    std::string other = key;
    other[i] ^= 0x40;
    EXPECT_NE(SipHash(other)("joe"), before) << i;
  }
}

TEST(SipHash, AShortKeyIsFilledUpWithZeros) {
  EXPECT_EQ(SipHash("salt")("joe"),
            SipHash(std::string("salt") + std::string(12, '\0'))("joe"));
  EXPECT_EQ(SipHash("")("joe"), SipHash(std::string(16, '\0'))("joe"));
}

}  // namespace
}  // namespace mailverdict
