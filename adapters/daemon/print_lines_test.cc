#include "adapters/daemon/print_lines.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace mailverdict {
namespace {

std::string Printed(std::string_view text) {
  char* bytes = nullptr;
  size_t size = 0;
  std::FILE* const out = open_memstream(&bytes, &size);
  PrintLines(out, text);
  std::fclose(out);
  std::string printed(bytes, size);
  std::free(bytes);
  return printed;
}

TEST(PrintLines, KeepsLinesAndEndsTheLastOne) {
  EXPECT_EQ(Printed("a\n  b\n\nc"), "a\n  b\n\nc\n");
  EXPECT_EQ(Printed("a\n"), "a\n");
  EXPECT_EQ(Printed(""), "\n");
}

TEST(PrintLines, NoTextDrivesTheTerminal) {
  EXPECT_EQ(Printed("a \x1b[2J\rb\n\xe2\x80\xae"
                    "c"),
            "a \\x1b[2J\\x0db\n\\xe2\\x80\\xaec\n");
}

}  // namespace
}  // namespace mailverdict
