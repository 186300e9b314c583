// The input is a filter template up to the first NUL, then an address.
// Property: no address changes the structure of the filter.

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "lib/policy/filter_template.h"
#include "tests/fuzz/require.h"

namespace mailverdict {
namespace {

// The structure of a filter: its text without the values between '=' and ')'. A
// value contains neither character, because RFC 4515 escapes them.
std::string ShapeOf(std::string_view filter) {
  std::string shape;
  bool value = false;
  for (const char c : filter) {
    if (c == ')') value = false;
    if (!value) shape += c;
    if (c == '=') value = true;
  }
  return shape;
}

// Checks that the expanded address is printable ASCII without a wildcard, and
// that each backslash has two digits.
void RequireEscaped(std::string_view address) {
  static const FilterTemplate* const plain =
      new FilterTemplate(*FilterTemplate::Parse("(a=%a)"));
  const std::string filter = plain->Expand(address);
  const std::string_view value =
      std::string_view(filter).substr(3, filter.size() - 4);
  for (size_t i = 0; i < value.size(); ++i) {
    Require(value[i] >= ' ' && value[i] <= '~', "a value is printable");
    Require(std::string_view("()*").find(value[i]) == std::string_view::npos,
            "a value ends nothing and matches itself only");
    if (value[i] != '\\') continue;
    Require(value.substr(i + 1, 2).find_first_not_of("0123456789abcdef") ==
                    std::string_view::npos &&
                i + 2 < value.size(),
            "an escape is whole");
  }
}

void Expand(const FilterTemplate& filter, std::string_view address) {
  const std::string plain = "joe@example.org";
  Require(ShapeOf(filter.Expand(address)) == ShapeOf(filter.Expand(plain)),
          "an address stays within its value");
  std::set<std::string> names;
  for (const FilterTemplate::Arm& arm : filter.arms()) {
    Require(names.insert(arm.name).second, "no two arms of one name");
    Require(filter.FindArm(arm.name) == &arm, "an arm is found by its name");
    Require(arm.filters.size() == arm.assertions.size() && !arm.filters.empty(),
            "each filter has its assertions");
    for (const auto& assertions : arm.assertions) {
      Require(!assertions.empty(), "an entry belongs to an address by one");
    }
    const std::string reduced = filter.Expand(address, arm.name);
    Require(ShapeOf(reduced) == ShapeOf(filter.Expand(plain, arm.name)),
            "nor does it leave it in an arm");
    // The filter of an arm is itself a valid template.
    const bool own = FilterTemplate::Parse(arm.filters.front()).ok();
    Require(own, "an arm by itself is a template");
  }
}

}  // namespace
}  // namespace mailverdict

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mailverdict;  // NOLINT: a program of one function
  const std::string_view input = Bytes(data, size);
  const size_t nul = input.find('\0');
  const std::string_view address =
      nul == input.npos ? std::string_view() : input.substr(nul + 1);
  RequireEscaped(address);
  const auto filter = FilterTemplate::Parse(input.substr(0, nul));
  if (!filter.ok()) {
    Require(filter.status().message().substr(0, 13) == "filter, byte ",
            "an error says where");
    return 0;
  }
  Require(!filter->arms().empty(), "a template has an arm");
  Expand(*filter, address);
  return 0;
}
