// The one reader of untrusted bytes. Every parser of the project reads through
// it, so that no other place can run past an end.
//
//   mail::Cursor in("4:ping,");
//   std::optional<uint64_t> length = in.Decimal(9);   // 4
//   if (!in.Skip(':')) ...                             // malformed
//   std::optional<std::string_view> word = in.Take(*length);
//
// A cursor borrows the bytes; it owns nothing and never allocates. Copying one
// is how a parser looks ahead. Not thread-safe, needs no locking when copied.

#ifndef MAILVERDICT_LIB_MAIL_CURSOR_H_
#define MAILVERDICT_LIB_MAIL_CURSOR_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mailverdict::mail {

class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  bool done() const { return at_ == bytes_.size(); }
  // Bytes read so far: the place to name in an error.
  size_t offset() const { return at_; }
  size_t remaining() const { return bytes_.size() - at_; }
  std::string_view rest() const { return bytes_.substr(at_); }
  // What was read since `begin`, an earlier offset().
  std::string_view Since(size_t begin) const {
    return begin <= at_ ? bytes_.substr(begin, at_ - begin)
                        : std::string_view();
  }

  // The next byte, or nullopt at the end. Next() also steps over it.
  std::optional<char> Peek() const {
    if (done()) return std::nullopt;
    return bytes_[at_];
  }
  std::optional<char> Next() {
    if (done()) return std::nullopt;
    return bytes_[at_++];
  }

  // Steps over `c`, or over all of `word`, if it comes next.
  bool Skip(char c) {
    if (done() || bytes_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool Skip(std::string_view word) {
    if (rest().substr(0, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  // Exactly `count` bytes, or nullopt (and nothing read) when fewer are left.
  std::optional<std::string_view> Take(size_t count) {
    if (count > remaining()) return std::nullopt;
    const std::string_view taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }

  // The longest run, perhaps empty, of bytes for which `wanted` holds.
  template <typename Predicate>
  std::string_view TakeWhile(Predicate wanted) {
    const size_t begin = at_;
    while (!done() && wanted(bytes_[at_])) ++at_;
    return Since(begin);
  }

  // A decimal number without sign or leading zeros, at most `max_digits` (up
  // to 19) long; nullopt, with nothing read, when there is none or it is
  // longer.
  std::optional<uint64_t> Decimal(int max_digits) {
    const size_t begin = at_;
    const std::string_view digits =
        TakeWhile([](char c) { return c >= '0' && c <= '9'; });
    const bool good = !digits.empty() &&
                      digits.size() <= static_cast<size_t>(max_digits) &&
                      (digits.size() == 1 || digits[0] != '0');
    if (!good) {
      at_ = begin;
      return std::nullopt;
    }
    uint64_t value = 0;
    for (char c : digits) value = value * 10 + static_cast<uint64_t>(c - '0');
    return value;
  }

 private:
  std::string_view bytes_;
  size_t at_ = 0;  // at_ <= bytes_.size()
};

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_CURSOR_H_
