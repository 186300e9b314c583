#include "lib/policy/filter_template.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/policy/filter_parser.h"

namespace mailverdict {
namespace {

// RFC 4515 section 3 requires the escape for these four characters and NUL. It
// allows the escape for other bytes. We escape every byte that is not printable
// ASCII, so that no server can misread it.
constexpr auto kNeedsEscape = [](char c) {
  return c == '*' || c == '(' || c == ')' || c == '\\' || c <= 0x1f ||
         c >= 0x7f;
};

void AppendEscaped(std::string_view value, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  while (true) {
    const auto odd = std::find_if(value.begin(), value.end(), kNeedsEscape);
    out->append(value.begin(), odd);
    if (odd == value.end()) return;
    const auto byte = static_cast<unsigned char>(*odd);
    *out += '\\';
    *out += kHex[byte >> 4];
    *out += kHex[byte & 15];
    value.remove_prefix(static_cast<size_t>(odd - value.begin()) + 1);
  }
}

// Appends `pattern` to `out` and passes the text of each placeholder to
// `append`.
template <typename Append>
void Substitute(std::string_view pattern, std::string_view address,
                std::string* out, Append append) {
  const size_t at = address.rfind('@');
  const bool bare = at == std::string_view::npos;
  const std::string_view local = address.substr(0, at);
  const std::string_view domain =
      bare ? std::string_view() : address.substr(at + 1);
  out->reserve(out->size() + pattern.size() + 2 * address.size());
  while (true) {
    const size_t percent = pattern.find('%');
    if (percent >= pattern.size() - 1) break;  // no '%', or the last byte
    out->append(pattern.substr(0, percent));
    const char placeholder = pattern[percent + 1];
    pattern.remove_prefix(percent + 2);
    switch (placeholder) {
      case 'a':
        append(address, out);
        break;
      case 'u':
        append(local, out);
        break;
      case 'd':
        append(domain, out);
        break;
      default:  // "%%"; Parse refuses all others
        *out += '%';
    }
  }
  out->append(pattern);
}

}  // namespace

absl::StatusOr<FilterTemplate> FilterTemplate::Parse(std::string_view text) {
  absl::StatusOr<std::vector<FilterAlternative>> all = ParseAlternatives(text);
  if (!all.ok()) return all.status();

  FilterTemplate result;
  result.text_ = std::string(text);
  for (FilterAlternative& alternative : *all) {
    std::string name;
    for (const Assertion& assertion : alternative.assertions) {
      absl::StrAppend(&name, name.empty() ? "" : "+", assertion.attribute);
      auto& known = result.attributes_;
      if (std::find(known.begin(), known.end(), assertion.attribute) ==
          known.end()) {
        known.push_back(assertion.attribute);
      }
    }
    // The name of an attribute contains no parenthesis, so the two parts of the
    // name can be told apart.
    name += alternative.fixed;
    // Alternatives with the same attributes and the same fixed parts differ
    // only in values. A control of one therefore covers the others.
    auto arm = std::find_if(result.arms_.begin(), result.arms_.end(),
                            [&](const Arm& a) { return a.name == name; });
    if (arm == result.arms_.end()) {
      arm = result.arms_.insert(arm, Arm{std::move(name), {}, {}});
    }
    arm->filters.push_back(std::move(alternative.filter));
    arm->assertions.push_back(std::move(alternative.assertions));
  }
  result.ShortenNames();
  return result;
}

void FilterTemplate::ShortenNames() {
  const auto attributes_of = [](const Arm& arm) {
    return arm.name.substr(0, arm.name.find('('));
  };
  for (Arm& arm : arms_) {
    std::string name = attributes_of(arm);
    const auto same = [&](const Arm& a) { return attributes_of(a) == name; };
    if (std::count_if(arms_.begin(), arms_.end(), same) == 1) {
      arm.name = std::move(name);
    }
  }
}

const FilterTemplate::Arm* FilterTemplate::FindArm(
    std::string_view name) const {
  for (const Arm& arm : arms_) {
    if (arm.name == name) return &arm;
  }
  return nullptr;
}

void FilterTemplate::ExpandTo(std::string_view address, std::string_view arm,
                              std::string* out) const {
  if (arm.empty()) {
    Substitute(text_, address, out, AppendEscaped);
    return;
  }
  const std::vector<std::string>& filters = FindArm(arm)->filters;
  if (filters.size() > 1) *out += "(|";
  for (const std::string& filter : filters) {
    Substitute(filter, address, out, AppendEscaped);
  }
  if (filters.size() > 1) *out += ')';
}

std::string FilterTemplate::Expand(std::string_view address,
                                   std::string_view arm) const {
  std::string out;
  ExpandTo(address, arm, &out);
  return out;
}

std::string FillIn(std::string_view value, std::string_view address) {
  std::string out;
  Substitute(value, address, &out,
             [](std::string_view part, std::string* o) { *o += part; });
  return out;
}

}  // namespace mailverdict
