#include "lib/mail/folding.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "lib/mail/bytes.h"
#include "lib/mail/utf8.h"

namespace mailverdict::mail {
namespace {

// A character and the text that full case folding makes of it.
struct Folding {
  std::string_view folded;
  std::string_view was;
  bool ends_word = false;  // only before ASCII or at the end
};

// A linear search is fast enough: for nearly all local parts the first byte of
// `folded` differs already.
constexpr Folding kFoldings[] = {
    {"ss", "ß"}, {"ss", "ẞ"}, {"i\u0307", "İ"}, {"σ", "ς", true}, {"αι", "ᾳ"},
    {"ηι", "ῃ"}, {"ωι", "ῳ"}, {"άι", "ᾴ"},      {"ήι", "ῄ"},      {"ώι", "ῴ"},
    {"ὰι", "ᾲ"}, {"ὴι", "ῂ"}, {"ὼι", "ῲ"},      {"ᾶι", "ᾷ"},      {"ῆι", "ῇ"},
    {"ῶι", "ῷ"}, {"ἀι", "ᾀ"}, {"ἁι", "ᾁ"},      {"ἂι", "ᾂ"},      {"ἃι", "ᾃ"},
    {"ἄι", "ᾄ"}, {"ἅι", "ᾅ"}, {"ἆι", "ᾆ"},      {"ἇι", "ᾇ"},      {"ἠι", "ᾐ"},
    {"ἡι", "ᾑ"}, {"ἢι", "ᾒ"}, {"ἣι", "ᾓ"},      {"ἤι", "ᾔ"},      {"ἥι", "ᾕ"},
    {"ἦι", "ᾖ"}, {"ἧι", "ᾗ"}, {"ὠι", "ᾠ"},      {"ὡι", "ᾡ"},      {"ὢι", "ᾢ"},
    {"ὣι", "ᾣ"}, {"ὤι", "ᾤ"}, {"ὥι", "ᾥ"},      {"ὦι", "ᾦ"},      {"ὧι", "ᾧ"},
};

// U+13A0 to U+13F5: the letters that lower-case Cherokee is folded to.
bool HasCherokee(std::string_view text) {
  return text.find("\xE1\x8E") != text.npos ||
         text.find("\xE1\x8F") != text.npos;
}

bool Applies(const Folding& folding, std::string_view rest) {
  const size_t size = folding.folded.size();
  if (rest.substr(0, size) != folding.folded) return false;
  // A final sigma stands only at the end of a word. Any ASCII byte after it
  // counts as the end of a word.
  return !folding.ends_word || rest.size() == size || IsAscii(rest[size]);
}

}  // namespace

// A depth-first search over all ways to undo foldings, without recursion,
// because the depth would depend on the input. Each open way has read `at`
// bytes so far.
std::vector<std::string> UnfoldedLocals(std::string_view local,
                                        bool* complete) {
  struct Way {
    std::string text;
    size_t at = 0;
  };
  std::vector<Way> open = {{}};
  std::vector<std::string> out;
  *complete = !HasCherokee(local);
  while (*complete && !open.empty()) {
    Way way = std::move(open.back());
    open.pop_back();
    const std::string_view rest = local.substr(way.at);
    if (rest.empty()) {
      if (way.text != local) out.push_back(std::move(way.text));
      continue;
    }
    // The way pushed last continues first. So the ways that undo a folding are
    // pushed in reverse order of the table, and the way that keeps the byte is
    // pushed last: results that differ late come first.
    for (auto it = std::rbegin(kFoldings); it != std::rend(kFoldings); ++it) {
      if (!Applies(*it, rest)) continue;
      std::string undone = way.text;
      undone.append(it->was);
      open.push_back({std::move(undone), way.at + it->folded.size()});
    }
    way.text.push_back(rest.front());
    ++way.at;
    open.push_back(std::move(way));
    // Every open way ends in at least one local part, and one of these is
    // `local` itself. So the limit can stop the search early.
    const size_t ways = out.size() + open.size();
    *complete = ways <= kMaxUnfoldedLocals + 1 &&
                (ways == 1 || ways * local.size() <= kMaxUnfoldedBytes);
  }
  if (!*complete) out.clear();
  return out;
}

std::vector<std::string> UnfoldedSpellings(const Address& address,
                                           std::string_view tag_delimiters,
                                           bool* complete) {
  std::vector<std::string> out;
  size_t bytes = 0;
  *complete = true;
  for (const std::string& spelling : address.Spellings(tag_delimiters)) {
    const size_t end =
        address.domain().empty() ? spelling.size() : spelling.rfind('@');
    for (std::string& local :
         UnfoldedLocals(std::string_view(spelling).substr(0, end), complete)) {
      out.push_back(std::move(local) + spelling.substr(end));
      bytes += out.back().size();
    }
    *complete = *complete && out.size() <= kMaxUnfoldedSpellings &&
                bytes <= kMaxUnfoldedBytes;
    if (!*complete) return {};
  }
  return out;
}

}  // namespace mailverdict::mail
