// The text of a policy file as places to point at. Part of the loader.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_POLICY_SOURCE_H_
#define MAILVERDICT_LIB_POLICY_LOADER_POLICY_SOURCE_H_

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace mailverdict {

// Protobuf says where a field begins, as line and column; this says where else
// to look: where its value is, where byte 7 of its string is. Every place is an
// offset into the text. Borrows the text.
class PolicySource {
 public:
  // Counted from 1; a column is a byte, so a tab is one.
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
  // From protobuf's place: counted from 0, and a tab goes on to the next
  // multiple of eight.
  size_t OffsetOf(int line, int column) const;

  // The begin of the last token that begins ahead of `offset`, else `offset`.
  size_t TokenAhead(size_t offset) const;
  // The field, name and value, that holds `offset`; nullopt when that cannot be
  // told.
  std::optional<Span> FieldAround(size_t offset) const;
  // Where byte `index` of the string is that the field at `field` has as its
  // value; its end for the index that follows the last.
  std::optional<size_t> ByteOfString(size_t field, size_t index) const;

 private:
  // kind: 'a' for a word or number, '"' for a string, else the byte itself.
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
  std::vector<size_t> lines_;  // where each begins
  std::vector<Token> tokens_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_POLICY_SOURCE_H_
