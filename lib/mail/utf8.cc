#include "lib/mail/utf8.h"

#include <unicase.h>
#include <uninorm.h>

#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "lib/mail/bytes.h"
#include "lib/mail/cursor.h"

namespace mailverdict::mail {
namespace {

// How many times longer the result can be. Folding makes at most three
// characters of one, and NFC at most three of each of these. NFKC makes 11
// times as many bytes of U+FDFA, more than of any other character.
constexpr size_t kNfcGrowth = 9;
constexpr size_t kNfkcGrowth = 3 * 11;

// The bytes after a lead byte, and the range of the first of them: the table of
// RFC 3629 4. That range alone rules out overlong forms, surrogates and
// characters over U+10FFFF.
struct Tail {
  int bytes;  // 0: not a lead byte
  uint8_t low = 0x80;
  uint8_t high = 0xBF;
};

Tail TailOf(uint8_t lead) {
  if (lead < 0xC2) return {0};
  if (lead == 0xC2) return {1, 0xA0, 0xBF};  // U+0080 to U+009F are C1
  if (lead < 0xE0) return {1};
  if (lead == 0xE0) return {2, 0xA0, 0xBF};
  if (lead == 0xED) return {2, 0x80, 0x9F};
  if (lead < 0xF0) return {2};
  if (lead == 0xF0) return {3, 0x90, 0xBF};
  if (lead < 0xF4) return {3};
  if (lead == 0xF4) return {3, 0x80, 0x8F};
  return {0};
}

bool SkipTail(Tail tail, Cursor& in) {
  for (int i = 0; i < tail.bytes; ++i) {
    const std::optional<char> next = in.Next();
    if (!next.has_value()) return false;
    const uint8_t byte = static_cast<uint8_t>(*next);
    if (byte < tail.low || byte > tail.high) return false;
    // Only the first byte after the lead byte has a narrower range.
    tail.low = 0x80;
    tail.high = 0xBF;
  }
  return tail.bytes > 0;
}

// Returns nullopt for text that is not UTF-8. The result has at most `growth`
// times as many bytes as `text`.
std::optional<std::string> Casefold(std::string_view text,
                                    uninorm_t normalization, size_t growth) {
  if (FindBadUtf8(text).has_value()) return std::nullopt;
  std::string folded(growth * text.size() + 1, '\0');
  size_t size = folded.size();
  auto* const buffer = reinterpret_cast<uint8_t*>(folded.data());
  const uint8_t* const result =
      u8_casefold(reinterpret_cast<const uint8_t*>(text.data()), text.size(),
                  nullptr, normalization, buffer, &size);
  // libunistring allocates a result of its own if the buffer is too small.
  // `growth` rules that out.
  if (result != buffer) return std::nullopt;
  folded.resize(size);
  return folded;
}

}  // namespace

std::optional<Fault> FindBadUtf8(std::string_view text) {
  Cursor in(text);
  for (;;) {
    in.TakeWhile([](char c) { return IsAscii(c); });
    const size_t begin = in.offset();
    const std::optional<char> lead = in.Next();
    if (!lead.has_value()) return std::nullopt;
    if (!SkipTail(TailOf(static_cast<uint8_t>(*lead)), in)) {
      return Fault{begin, "this is not UTF-8, or it is a control character"};
    }
  }
}

std::string FoldUtf8(std::string_view text) {
  // Nearly all texts are ASCII, for which this is the whole folding and much
  // faster.
  if (IsAscii(text)) return absl::AsciiStrToLower({text.data(), text.size()});
  std::optional<std::string> folded = Casefold(text, UNINORM_NFC, kNfcGrowth);
  return folded.has_value() ? *std::move(folded) : std::string(text);
}

bool IsFoldedNfkc(std::string_view text) {
  return Casefold(text, UNINORM_NFKC, kNfkcGrowth) == text;
}

}  // namespace mailverdict::mail
