// TextSaysUserUnknown (refusal.h): a small grammar of English refusals.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "adapters/deliver/lmtp/refusal.h"
#include "lib/mail/cursor.h"

namespace mailverdict::deliver {
namespace {

// The words that matter; every other word is kOther.
enum class Word {
  kOther,
  kNoun,      // user, mailbox, ...
  kAddress,   // jane@example.org
  kNo,        // "no", before a noun
  kNot,       // "not", "doesn't": with a word of kExists
  kSuch,      // behind "no"
  kExists,    // found, exist, known, valid, ...: behind "not"
  kMissing,   // unknown, invalid, unavailable: beside a noun or an address
  kRelaying,  // the server does not know the domain
};

struct Entry {
  const char* word;
  Word meaning;
};
constexpr Entry kWords[] = {{"user", Word::kNoun},
                            {"users", Word::kNoun},
                            {"recipient", Word::kNoun},
                            {"recipients", Word::kNoun},
                            {"mailbox", Word::kNoun},
                            {"mailboxes", Word::kNoun},
                            {"account", Word::kNoun},
                            {"username", Word::kNoun},
                            {"userid", Word::kNoun},
                            {"inbox", Word::kNoun},
                            {"alias", Word::kNoun},
                            {"list", Word::kNoun},
                            {"person", Word::kNoun},
                            {"member", Word::kNoun},
                            {"addressee", Word::kNoun},
                            {"address", Word::kNoun},
                            {"addresses", Word::kNoun},
                            {"part", Word::kNoun},
                            {"local-part", Word::kNoun},
                            {"localpart", Word::kNoun},
                            {"no", Word::kNo},
                            {"not", Word::kNot},
                            {"doesn't", Word::kNot},
                            {"isn't", Word::kNot},
                            {"doesnt", Word::kNot},
                            {"cannot", Word::kNot},
                            {"couldn't", Word::kNot},
                            {"can't", Word::kNot},
                            {"such", Word::kSuch},
                            {"longer", Word::kSuch},
                            {"found", Word::kExists},
                            {"exist", Word::kExists},
                            {"exists", Word::kExists},
                            {"known", Word::kExists},
                            {"valid", Word::kExists},
                            {"recognized", Word::kExists},
                            {"recognised", Word::kExists},
                            {"unknown", Word::kMissing},
                            {"unrecognized", Word::kMissing},
                            {"unrecognised", Word::kMissing},
                            {"invalid", Word::kMissing},
                            {"unavailable", Word::kMissing},
                            {"nonexistent", Word::kMissing},
                            {"non-existent", Word::kMissing},
                            {"undeliverable", Word::kMissing},
                            {"unrouteable", Word::kMissing},
                            {"unroutable", Word::kMissing}};

// Words that may stand in between: "mailbox name is unknown".
bool IsFiller(std::string_view word) {
  static constexpr const char* kFillers[] = {
      "a",  "an", "the", "this",  "that", "is",   "was",  "are",   "does",
      "do", "be", "can", "could", "has",  "been", "name", "local", "email"};
  return std::find(std::begin(kFillers), std::end(kFillers), word) !=
         std::end(kFillers);
}

bool IsOfWord(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '\'' ||
         c == '@' || c == '-' || c == '_' || c == '+' || c == '.' || c == '=';
}

Word MeaningOf(std::string_view word) {
  if (word.find('@') != word.npos) return Word::kAddress;
  if (word.substr(0, 5) == "relay") return Word::kRelaying;
  for (const Entry& entry : kWords) {
    if (word == entry.word) return entry.meaning;
  }
  return Word::kOther;
}

std::vector<Word> WordsOf(std::string_view text) {
  std::vector<Word> words;
  mail::Cursor in(text);
  while (!in.done()) {
    std::string word(in.TakeWhile(IsOfWord));
    in.TakeWhile([](char c) { return !IsOfWord(c); });
    while (!word.empty() && word.back() == '.') word.pop_back();
    absl::AsciiStrToLower(&word);
    if (!word.empty() && !IsFiller(word)) words.push_back(MeaningOf(word));
  }
  return words;
}

bool NamesOne(Word word) {
  return word == Word::kNoun || word == Word::kAddress;
}

// Whether a user is named ahead of words[i]: "user unknown", and with the name
// between them, "user jane unknown", "mailbox of jane not found". A text that
// only has a name and the word is one, too: "jane: unknown".
bool NamedBefore(const std::vector<Word>& words, size_t i) {
  constexpr size_t kMaxWordsOfAName = 2;
  for (size_t back = 1; back <= 1 + kMaxWordsOfAName && back <= i; ++back) {
    if (NamesOne(words[i - back])) return true;
    if (words[i - back] != Word::kOther) return false;
  }
  return i == 1 && words.size() == 2;
}

}  // namespace

bool TextSaysUserUnknown(std::string_view text) {
  const std::vector<Word> words = WordsOf(text);
  const auto at = [&words](size_t i) {
    return i < words.size() ? words[i] : Word::kOther;
  };
  for (size_t i = 0; i < words.size(); ++i) {
    if (at(i) == Word::kRelaying) return true;
    // "no user", "no such user"
    if (at(i) == Word::kNo && at(i + 1) == Word::kNoun) return true;
    if (at(i) == Word::kNo && at(i + 1) == Word::kSuch && NamesOne(at(i + 2))) {
      return true;
    }
    // "not a local user"
    if (at(i) == Word::kNot && at(i + 1) == Word::kNoun) return true;
    // "unknown user", "not a valid user"; and the other way round, also "user
    // no longer exists".
    const bool two = (at(i) == Word::kNot && at(i + 1) == Word::kExists) ||
                     (at(i) == Word::kNo && at(i + 1) == Word::kSuch);
    if (!two && at(i) != Word::kMissing) continue;
    const size_t behind = i + (two ? 2 : 1);
    if (NamesOne(at(behind)) || NamedBefore(words, i)) return true;
  }
  return false;
}

}  // namespace mailverdict::deliver
