// Splits one line of an address file into a name and an optional target. Part
// of address_file.

#ifndef MAILVERDICT_LIB_MAIL_ADDRESS_LINE_H_
#define MAILVERDICT_LIB_MAIL_ADDRESS_LINE_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace mailverdict::mail {

// A fault in a line: its byte offset, what is wrong, and what to write instead.
// The texts are string literals.
struct LineFault {
  size_t at = 0;
  const char* what = "";
  const char* instead = "";
};

inline bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// One entry, split into its parts. The views point into the line.
struct AddressLine {
  enum class Divider {
    kNone,   // a name alone, or a name and a comment
    kBlank,  // "name target"
    kColon,  // "name: target", "name : target"
  };

  std::string_view key;  // never empty; not validated yet
  Divider divider = Divider::kNone;
  // For kBlank: the divider is exactly one space, which may also be a space
  // within a name.
  bool one_space = false;
  // Byte offset of the target, or of the place where it would be.
  size_t at = 0;
  std::string_view target;  // "" if there is none
};

// Splits `line`. REQUIRES: the line is not blank, not a comment and not
// indented. Returns a fault if the key has an unclosed quote, or if there is no
// key.
std::optional<LineFault> DivideLine(std::string_view line, AddressLine* entry);

// Finds names that would be lost because the target is not parsed: a display
// name before the address, several names, and keywords of file formats that are
// not lists of addresses. Returns nullopt for every target that aliases(5),
// virtusertable, virtual(5) and Exim's redirect router allow.
std::optional<LineFault> FindHiddenNames(const AddressLine& entry);

// Whether the key may be the name of an attribute or of a header field, with
// the valid address as its value: "mail: joe@example.org".
bool LooksLikeLabel(const AddressLine& entry);

// Whether the line may be one name of two words, or two names: "Jane Miller".
bool MayBeTwoNames(const AddressLine& entry);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_ADDRESS_LINE_H_
