// Fuzzes UsersComeFromFilesOnly. Requires: it is true only if every line for
// `passwd` names files alone.

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>

#include "adapters/deliver/users/nsswitch.h"
#include "tests/fuzz/require.h"

namespace mailverdict::deliver {
namespace {

// Whether a line for `passwd` names only files and actions. An oracle that
// works unlike the parser.
bool NamesOnlyFiles(std::string line) {
  size_t open;
  while ((open = line.find('[')) != line.npos) {
    const size_t close = line.find(']', open);
    if (close == line.npos) return false;
    line.replace(open, close + 1 - open, " ");
  }
  std::istringstream words(line);
  bool any = false;
  for (std::string word; words >> word; any = true) {
    if (word != "files") return false;
  }
  return any;
}

void RequireOnlyFiles(std::string_view text) {
  bool found = false;
  for (const std::string& whole : Split(text, '\n')) {
    std::string line = whole.substr(0, whole.find('#'));
    const size_t begin = line.find_first_not_of(" \t\r\v\f");
    if (begin == line.npos) continue;
    line.erase(0, begin);
    const size_t end = line.find_first_of(": \t\r\v\f");
    if (line.substr(0, end) != "passwd" || end == line.npos) continue;
    Require(NamesOnlyFiles(line.substr(end + 1)), "users come from files");
    found = true;
  }
  Require(found, "a line says where users come from");
}

}  // namespace
}  // namespace mailverdict::deliver

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mailverdict::deliver;  // NOLINT: of one function
  using mailverdict::Require;
  const std::string text(mailverdict::Bytes(data, size));
  const bool files_only = UsersComeFromFilesOnly(text);
  if (files_only) RequireOnlyFiles(text);
  Require(UsersComeFromFilesOnly(text + "\n# passwd: sss\n") == files_only,
          "a comment says nothing");
  Require(!UsersComeFromFilesOnly(text + "\npasswd: files sss\n"),
          "one line that names another service is enough");
  return 0;
}
