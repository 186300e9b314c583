// One line of a file of addresses: a name, and perhaps a target. Part of
// address_file.

#ifndef MAILVERDICT_LIB_MAIL_ADDRESS_LINE_H_
#define MAILVERDICT_LIB_MAIL_ADDRESS_LINE_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace mailverdict::mail {

// A fault in a line, `at` counted from its begin, and how to mend it.
struct LineFault {
  size_t at = 0;
  const char* what = "";
  const char* instead = "";
};

inline bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// An entry, divided. Borrows its line.
struct AddressLine {
  enum class Divider {
    kNone,   // a name alone, or a name and a comment
    kBlank,  // "name target"
    kColon,  // "name: target", "name : target"
  };

  std::string_view key;  // not empty; may still be malformed
  Divider divider = Divider::kNone;
  // Of kBlank: one space divides, which may as well be within a name.
  bool one_space = false;
  // Where the target stands, or would stand.
  size_t at = 0;
  std::string_view target;  // "" without one
};

// Divides a line that is neither blank nor a comment nor indented. A fault is a
// key whose quotes are never closed, and one that is missing.
std::optional<LineFault> DivideLine(std::string_view line, AddressLine* entry);

// What the line could hide if its target were not looked at: a display name
// ahead of the address that is meant, several names, the words of formats that
// are no list of addresses. Of a target that aliases(5), virtusertable,
// virtual(5) or Exim's redirect router can have, nothing is found.
std::optional<LineFault> FindHiddenNames(const AddressLine& entry);

// Whether the key may be the name of an attribute or of a header field, and the
// address that is meant the target: "mail: joe@example.org".
bool LooksLikeLabel(const AddressLine& entry);

// Whether the line may be one name of two words, or two names: "Jane Miller".
bool MayBeTwoNames(const AddressLine& entry);

}  // namespace mailverdict::mail

#endif  // MAILVERDICT_LIB_MAIL_ADDRESS_LINE_H_
