// A reader of untrusted bytes with bounds checks. Every parser of the project
// reads through a Cursor, so no other code can read past the end.
//
//   mail::Cursor in("4:ping,");
//   std::optional<uint64_t> length = in.Decimal(9);   // 4
//   if (!in.Skip(':')) ...                             // malformed
//   std::optional<std::string_view> word = in.Take(*length);
//
// A cursor is a view: it does not own the bytes and never allocates. A parser
// that looks ahead copies its cursor. One cursor is not thread-safe; copies are
// independent.

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
  // The number of bytes read so far. Use it as the place in an error.
  size_t offset() const { return at_; }
  size_t remaining() const { return bytes_.size() - at_; }
  std::string_view rest() const { return bytes_.substr(at_); }
  // The bytes from `begin`, an earlier offset(), up to here.
  std::string_view Since(size_t begin) const {
    return begin <= at_ ? bytes_.substr(begin, at_ - begin)
                        : std::string_view();
  }

  // Peek returns the next byte, or nullopt at the end. Next does the same and
  // moves past the byte.
  std::optional<char> Peek() const {
    if (done()) return std::nullopt;
    return bytes_[at_];
  }
  std::optional<char> Next() {
    if (done()) return std::nullopt;
    return bytes_[at_++];
  }

  // If `c`, or the whole `word`, comes next, moves past it and returns true.
  // Else returns false and does not move.
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

  // Reads exactly `count` bytes. If fewer are left, returns nullopt and does
  // not move.
  std::optional<std::string_view> Take(size_t count) {
    if (count > remaining()) return std::nullopt;
    const std::string_view taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }

  // Reads the longest run of bytes for which `wanted` is true. The run may be
  // empty.
  template <typename Predicate>
  std::string_view TakeWhile(Predicate wanted) {
    const size_t begin = at_;
    while (!done() && wanted(bytes_[at_])) ++at_;
    return Since(begin);
  }

  // Reads a decimal number without a sign and without leading zeros. If there
  // is none, or if it has more than `max_digits` digits (at most 19), returns
  // nullopt and does not move.
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
