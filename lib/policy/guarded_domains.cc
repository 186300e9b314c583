#include "lib/policy/guarded_domains.h"

#include "absl/container/flat_hash_set.h"
#include "lib/mail/cursor.h"
#include "lib/mail/domain.h"

namespace mailverdict {
namespace {

constexpr char kPublicSuffixes[] =
#include "lib/policy/public_suffixes.inc"
    ;
constexpr char kLargeProviders[] =
#include "lib/policy/large_providers.inc"
    ;

using Names = absl::flat_hash_set<absl::string_view>;

absl::string_view Absl(std::string_view s) { return {s.data(), s.size()}; }

// Calls `use` with the first word of each line that is not blank and not a
// comment.
template <typename Use>
void ForEachName(std::string_view text, Use use) {
  for (mail::Cursor in(text); !in.done();) {
    mail::Cursor line(in.TakeWhile([](char c) { return c != '\n'; }));
    in.Skip('\n');
    const std::string_view name =
        line.TakeWhile([](char c) { return c != ' ' && c != '\t'; });
    if (name.empty() || name[0] == '#' || name.substr(0, 2) == "//") continue;
    use(name);
  }
}

// The rules of https://github.com/publicsuffix/list/wiki/Format.
struct Rules {
  Names suffixes;
  Names below;       // "*.ck": each name directly below ck
  Names exceptions;  // "!www.ck"

  bool Match(std::string_view domain) const {
    if (exceptions.contains(Absl(domain))) return false;
    if (suffixes.contains(Absl(domain)) || below.contains(Absl(domain))) {
      return true;
    }
    const size_t dot = domain.find('.');
    // A wildcard rule stands for exactly one label.
    return dot != domain.npos && below.contains(Absl(domain.substr(dot + 1)));
  }
};

const Rules& PublicSuffixes() {
  static const auto* const rules = [] {
    auto* const all = new Rules;
    ForEachName(kPublicSuffixes, [all](std::string_view name) {
      if (name.substr(0, 2) == "*.") {
        all->below.insert(Absl(name.substr(2)));
      } else if (name[0] == '!') {
        all->exceptions.insert(Absl(name.substr(1)));
      } else {
        all->suffixes.insert(Absl(name));
      }
    });
    return all;
  }();
  return *rules;
}

}  // namespace

bool IsPublicSuffix(std::string_view domain) {
  if (PublicSuffixes().Match(domain)) return true;
  // The list is written with U-labels, but canonical domains have A-labels.
  return domain.find("xn--") != domain.npos &&
         PublicSuffixes().Match(mail::DisplayDomain(domain));
}

bool IsLargeProvider(std::string_view domain) {
  static const auto* const providers = [] {
    auto* const all = new Names;
    ForEachName(kLargeProviders,
                [all](std::string_view name) { all->insert(Absl(name)); });
    return all;
  }();
  return providers->contains(Absl(domain));
}

}  // namespace mailverdict
