// A text that is written in the program: a check's name, why it passed.
// Verdicts and traces outlive the call that made them and keep such texts by
// reference. So a text that may be freed, or that comes from a peer, must not
// become a FixedText.
//
//   Verdict::Pass("client is not known");              // compiles
//   Verdict::Pass(absl::StrCat("client ", address));   // does not

#ifndef MAILVERDICT_LIB_CORE_FIXED_TEXT_H_
#define MAILVERDICT_LIB_CORE_FIXED_TEXT_H_

#include <cstddef>
#include <ostream>
#include <string_view>

namespace mailverdict {

// A value, as cheap to copy as a std::string_view. A string literal converts to
// it; no std::string, std::string_view or char pointer does, nor an array that
// can be written to. C++17 cannot tell a literal from a constant char array, so
// such an array converts, too. A local constant array must be `static`, or the
// text dangles.
class FixedText {
 public:
  constexpr FixedText() = default;
  template <size_t N>
  constexpr FixedText(const char (&literal)[N])  // NOLINT: converts by design
      : text_(literal, N - 1) {}
  template <size_t N>
  FixedText(char (&buffer)[N]) = delete;

  constexpr std::string_view view() const { return text_; }
  constexpr operator std::string_view() const {  // NOLINT: converts by design
    return text_;
  }
  constexpr bool empty() const { return text_.empty(); }

  friend constexpr bool operator==(FixedText a, std::string_view b) {
    return a.text_ == b;
  }
  friend constexpr bool operator!=(FixedText a, std::string_view b) {
    return a.text_ != b;
  }
  friend std::ostream& operator<<(std::ostream& out, FixedText text) {
    return out << text.text_;
  }

 private:
  std::string_view text_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_FIXED_TEXT_H_
