// SipHash-2-4 (Aumasson, Bernstein: SipHash, a fast short-input PRF, 2012): a
// keyed hash of 64 bits. It is the same on every machine and in every version,
// so it may be stored. (absl::Hash changes from one process to the next.)
// Without the key nobody can choose two texts that collide.

#ifndef MAILVERDICT_LIB_HISTORY_SIPHASH_H_
#define MAILVERDICT_LIB_HISTORY_SIPHASH_H_

#include <endian.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mailverdict {

// A value. Thread-safe.
class SipHash {
 public:
  // Uses the first 16 bytes of `key`; pads a shorter one with zeros.
  explicit SipHash(std::string_view key)
      : key0_(Word(key.substr(0, 8))),
        key1_(key.size() > 8 ? Word(key.substr(8, 8)) : 0) {}

  // Returns the hash of `text`. To hash several texts as one, pass the hash of
  // the texts before this one as `before`.
  uint64_t operator()(std::string_view text, uint64_t before = 0) const {
    const uint64_t key1 = key1_ ^ before;
    State state{key0_ ^ 0x736f6d6570736575, key1 ^ 0x646f72616e646f6d,
                key0_ ^ 0x6c7967656e657261, key1 ^ 0x7465646279746573};
    const uint64_t length = static_cast<uint64_t>(text.size()) << 56;
    for (; text.size() >= 8; text.remove_prefix(8)) {
      state.Take(Word(text.substr(0, 8)));
    }
    state.Take(Word(text) | length);
    state.c ^= 0xff;
    for (int i = 0; i < 4; ++i) state.Round();
    return state.a ^ state.b ^ state.c ^ state.d;
  }

 private:
  struct State {
    uint64_t a, b, c, d;  // the paper's v0 to v3

    void Take(uint64_t word) {
      d ^= word;
      Round();
      Round();
      a ^= word;
    }
    void Round() {
      a += b;
      b = Rotate(b, 13) ^ a;
      a = Rotate(a, 32);
      c += d;
      d = Rotate(d, 16) ^ c;
      a += d;
      d = Rotate(d, 21) ^ a;
      c += b;
      b = Rotate(b, 17) ^ c;
      c = Rotate(c, 32);
    }
    static uint64_t Rotate(uint64_t word, int bits) {
      return word << bits | word >> (64 - bits);
    }
  };

  // Up to 8 bytes as a little-endian number.
  static uint64_t Word(std::string_view bytes) {
    uint64_t word = 0;
    if (bytes.size() == sizeof word) {
      std::memcpy(&word, bytes.data(), sizeof word);
      return le64toh(word);
    }
    for (size_t i = bytes.size(); i > 0; --i) {
      word = word << 8 | static_cast<unsigned char>(bytes[i - 1]);
    }
    return word;
  }

  uint64_t key0_, key1_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_HISTORY_SIPHASH_H_
