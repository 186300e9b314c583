#include "lib/mail/utf8.h"

#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "lib/mail/bytes.h"

namespace mailverdict::mail {
namespace {

// How many times longer the result can be. Folding makes at most three
// characters of one, and NFC at most three of each of these. NFKC makes 11
// times as many bytes of U+FDFA, more than of any other character.
constexpr size_t kNfcGrowth = 9;
constexpr size_t kNfkcGrowth = 3 * 11;

constexpr char kBadUtf8[] = "this is not UTF-8, or it is a control character";

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
  const auto* const begin = reinterpret_cast<const uint8_t*>(text.data());
  const uint8_t* const bad = u8_check(begin, text.size());
  const size_t good =
      bad == nullptr ? text.size() : static_cast<size_t>(bad - begin);
  // U+0080 to U+009F: in well-formed text 0xC2 is always a lead byte.
  for (size_t i = 0; i + 1 < good; ++i) {
    if (begin[i] == 0xC2 && begin[i + 1] < 0xA0) return Fault{i, kBadUtf8};
  }
  if (bad == nullptr) return std::nullopt;
  return Fault{good, kBadUtf8};
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
