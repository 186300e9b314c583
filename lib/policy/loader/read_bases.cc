#include <algorithm>
#include <utility>

#include "absl/strings/substitute.h"
#include "lib/policy/loader/read_policy.h"

namespace mailverdict {
namespace {

using D = proto::Directory;

bool IsBelow(const Dn& dn, const Dn& base) {
  return dn.size() >= base.size() &&
         std::equal(base.rbegin(), base.rend(), dn.rbegin());
}

// The last `count` of the `parts` RDNs of a valid DN, as written.
std::string Ancestor(const std::string& dn, size_t parts, size_t count) {
  size_t at = 0;
  while (parts > count) {
    const char c = dn[at++];
    if (c == '\\') ++at;  // an escaped comma separates nothing
    if (c == ',') --parts;
  }
  return dn.substr(dn.find_first_not_of(' ', at));
}

// The number of RDNs at the end that all bases share.
size_t CommonParts(const std::vector<Base>& bases) {
  size_t common = bases.front().dn.size();
  for (const Base& base : bases) {
    const auto differs =
        std::mismatch(base.dn.rbegin(), base.dn.rend(),
                      bases.front().dn.rbegin(), bases.front().dn.rend());
    common = std::min<size_t>(common, differs.first - base.dn.rbegin());
  }
  return common;
}

// Reports an error and returns false if one base is within another.
bool CheckApart(const ParsedMessage<D>& parsed,
                const std::vector<Base>& bases) {
  for (const Base& base : bases) {
    for (const Base& other : bases) {
      if (&base == &other || !IsBelow(base.dn, other.dn)) continue;
      // For two equal bases, only the second is reported.
      if (base.dn == other.dn && &base < &other) continue;
      parsed.faults().Error(
          base.offset, absl::Substitute("base $0 is in base $1 already, $2; "
                                        "leave it out",
                                        Quoted(base.text), Quoted(other.text),
                                        parsed.faults().Line(other.offset)));
      return false;
    }
  }
  return true;
}

// The base "" is the root of everything that the server has: every entry is
// below it.
absl::StatusOr<Dn> ReadBase(const std::string& text) {
  if (text.empty()) return Dn();
  return ReadDn(text, "ou=people,dc=example,dc=org");
}

// The entry "" itself is the root DSE (RFC 4512 5.1), which is never a mailbox.
void CheckRoot(const ParsedMessage<D>& parsed, const Base& base) {
  if (!base.dn.empty() || parsed->scope() != D::BASE) return;
  parsed.Error(
      D::kScopeFieldNumber,
      "scope is BASE, and base \"\" is the server's own entry, which is "
      "no mailbox; write scope: SUBTREE");
}

}  // namespace

std::vector<Base> ReadBases(const ParsedMessage<D>& parsed,
                            DirectoryPolicy* directory) {
  std::vector<Base> bases;
  for (int i = 0; i < parsed->base_size(); ++i) {
    absl::StatusOr<Dn> dn = ReadBase(parsed->base(i));
    if (!dn.ok()) {
      parsed.Error(D::kBaseFieldNumber,
                   absl::StrCat("base ", dn.status().message()), i);
      continue;
    }
    bases.push_back(
        {parsed->base(i), *std::move(dn), parsed.At(D::kBaseFieldNumber, i)});
  }
  if (bases.empty()) return bases;
  directory->base = bases.front().text;
  if (bases.size() == 1) {
    CheckRoot(parsed, bases.front());
    return bases;
  }

  const bool apart = CheckApart(parsed, bases);
  if (parsed->scope() != D::SUBTREE) {
    parsed.Error(
        D::kScopeFieldNumber,
        absl::Substitute("scope is $0, and there are several bases; only "
                         "SUBTREE searches several",
                         D::Scope_Name(parsed->scope())));
  }
  // One search must cover all bases, because two searches would be two moments.
  // It starts at their common ancestor.
  const size_t common = CommonParts(bases);
  if (common == 0) {
    if (!apart) return bases;
    parsed.faults().Error(
        bases.back().offset,
        absl::Substitute("bases $0 and $1 have no common ancestor, so that one "
                         "search cannot find what is in both, and two are of "
                         "two moments; make them two directories, or, of a "
                         "global catalog, write the one base \"\"",
                         Quoted(bases.front().text),
                         Quoted(bases.back().text)));
    return bases;
  }
  directory->base =
      Ancestor(bases.front().text, bases.front().dn.size(), common);
  for (const Base& base : bases) directory->subtrees.push_back(base.text);
  return bases;
}

const Base* FindBase(const std::vector<Base>& bases, const Dn& dn) {
  const auto base =
      std::find_if(bases.begin(), bases.end(),
                   [&](const Base& each) { return IsBelow(dn, each.dn); });
  return base == bases.end() ? nullptr : &*base;
}

}  // namespace mailverdict
