#include "adapters/deliver/users/nsswitch.h"

#include "lib/mail/cursor.h"

namespace mailverdict::deliver {
namespace {

// isspace(3) of the C locale, without the newline.
bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

// Services and actions: [NOTFOUND=return], with blanks allowed inside.
bool NamesFilesOnly(mail::Cursor in) {
  bool files = false;
  for (in.TakeWhile(IsBlank); !in.done(); in.TakeWhile(IsBlank)) {
    if (files && in.Skip('[')) {
      in.TakeWhile([](char c) { return c != ']'; });
      if (!in.Skip(']')) return false;
      continue;
    }
    const std::string_view service =
        in.TakeWhile([](char c) { return !IsBlank(c) && c != '['; });
    if (service != "files") return false;
    files = true;
  }
  return files;
}

}  // namespace

bool UsersComeFromFilesOnly(std::string_view text) {
  bool found = false;
  mail::Cursor lines(text);
  while (!lines.done()) {
    std::string_view line = lines.TakeWhile([](char c) { return c != '\n'; });
    lines.Skip('\n');
    mail::Cursor in(line.substr(0, line.find('#')));
    in.TakeWhile(IsBlank);
    const std::string_view database =
        in.TakeWhile([](char c) { return !IsBlank(c) && c != ':'; });
    if (database != "passwd" || in.done()) continue;
    in.Next();
    if (!NamesFilesOnly(in)) return false;
    found = true;
  }
  return found;
}

}  // namespace mailverdict::deliver
