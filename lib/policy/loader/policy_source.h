// The text of a policy file as lines and tokens, to find the place that a
// message is about. Part of the loader.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_POLICY_SOURCE_H_
#define MAILVERDICT_LIB_POLICY_LOADER_POLICY_SOURCE_H_

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace mailverdict {

// Finds places in a policy file. Protobuf says at which line and column a field
// begins. This class finds the rest: where its value is, or where byte 7 of its
// string is. Every place is an offset in the text. Keeps a view of the text.
class PolicySource {
 public:
  // Counted from 1. A column is a byte, so a tab is one column.
  struct Position {
    size_t line = 1;
    size_t column = 1;
  };
  struct Span {
    size_t begin = 0;
    size_t end = 0;
  };

  explicit PolicySource(std::string_view text);

  std::string_view text() const { return text_; }
  Position PositionOf(size_t offset) const;
  // Converts a place of protobuf to an offset. protobuf counts lines and
  // columns from 0, and a tab advances the column to the next multiple of
  // eight.
  size_t OffsetOf(int line, int column) const;

  // The beginning of the last token that begins before `offset`; `offset` if
  // there is none.
  size_t LastTokenBefore(size_t offset) const;
  // The field (name and value) that contains `offset`; nullopt if there is none
  // or if the syntax is broken.
  std::optional<Span> FieldAround(size_t offset) const;
  // The offset of byte `index` in the string value of the field at `field`. The
  // index just after the last byte gives the end of the string. nullopt if the
  // value is not a string, is shorter, or contains a \u or \U escape before
  // that byte.
  std::optional<size_t> ByteOfString(size_t field, size_t index) const;

 private:
  // kind: 'a' for a word or a number, '"' for a string, otherwise the byte
  // itself.
  struct Token {
    char kind;
    size_t begin;
    size_t end;
  };

  void Tokenize();
  size_t EndOfToken(size_t begin) const;
  // The first token that ends after `offset`.
  size_t TokenAt(size_t offset) const;
  char Kind(size_t token) const;
  size_t EndOfValue(size_t token) const;

  std::string_view text_;
  std::vector<size_t> lines_;  // the offset of each line
  std::vector<Token> tokens_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_POLICY_SOURCE_H_
