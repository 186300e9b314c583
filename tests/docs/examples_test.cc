// Runs the programs of docs/examples as a reader would, one of them against a
// real slapd; and holds the README's example against the program it is from.

#include <stdlib.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"
#include "lib/ldap/slapd_testing.h"

namespace mailverdict {
namespace {

// What a command prints on stdout.
std::string OutputOf(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "cannot run " + command;
  std::string output;
  std::array<char, 4096> buffer;
  while (const size_t n = fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), n);
  }
  EXPECT_EQ(pclose(pipe), 0) << command;
  return output;
}

std::string FileOf(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string Write(const std::string& name, const std::string& text) {
  const std::string path = std::string(getenv("TEST_TMPDIR")) + "/" + name;
  std::ofstream(path) << text;
  return path;
}

std::string Chain(const std::string& addresses, const std::string& recipient) {
  return OutputOf("docs/examples/chain docs/examples/chain.textproto " +
                  Write("addresses", addresses) + " " + recipient);
}

TEST(Examples, TheChainRejectsWithAProofAndDefersWithoutOne) {
  constexpr char kWhole[] = "control@example.org\njoe@example.org\n";
  EXPECT_EQ(Chain(kWhole, "joe@example.org").rfind("pass\n", 0), 0u);
  const std::string unknown = Chain(kWhole, "nobody@example.org");
  EXPECT_EQ(unknown.rfind("recipient reject 550 5.1.1", 0), 0u) << unknown;
  EXPECT_NE(unknown.find("control@example.org"), unknown.npos) << unknown;
  // The control is gone, so the file may be anything.
  const std::string unproven = Chain("joe@example.org\n", "nobody@example.org");
  EXPECT_EQ(unproven.rfind("recipient defer 451", 0), 0u) << unproven;
  EXPECT_EQ(Chain("", "joe@example.org").rfind("recipient defer 451", 0), 0u);
}

TEST(Examples, TheEngineAsksARealDirectory) {
  Slapd slapd;
  slapd.Load("full", Slapd::Base() + Slapd::Person("joe", {"joe@example.org"}) +
                         Slapd::Person("old", {"old@example.org"}) +
                         Slapd::Person("young", {"young@example.org"}));
  slapd.Start();
  const std::string policy = Write("policy", R"policy(
directory {
  name: "people"
  uri: ")policy" + slapd.uri() + R"policy("
  base: "ou=people,dc=example,dc=org"
  filter: "(mail=%a)"
  control {
    arm: "mail"
    address: "old@example.org"
    dn: "uid=old,ou=people,dc=example,dc=org"
  }
  control {
    arm: "mail"
    address: "young@example.org"
    dn: "uid=young,ou=people,dc=example,dc=org"
  }
}
realm { domain: "example.org" directory: "people" }
check { recipient { } }
)policy");
  const std::string run = "docs/examples/engine " + policy + " ";
  const std::string present = OutputOf(run + "joe@example.org");
  EXPECT_EQ(present.rfind("pass\n", 0), 0u) << present;
  const std::string absent = OutputOf(run + "nobody@example.org");
  EXPECT_EQ(absent.rfind("recipient reject 550 5.1.1", 0), 0u) << absent;
  EXPECT_NE(absent.find(slapd.uri()), absent.npos) << absent;
  slapd.Stop();
  const std::string down = OutputOf(run + "nobody@example.org 2>&1");
  EXPECT_NE(down.find("recipient defer 451"), down.npos) << down;
}

TEST(Examples, TheReadmeShowsTheEnginesProgram) {
  const std::string program = FileOf("docs/examples/engine.cc");
  constexpr char kMark[] = "// [README]\n";
  const size_t begin = program.find(kMark) + sizeof(kMark) - 1;
  const std::string shown =
      program.substr(begin, program.find(kMark, begin) - begin);
  ASSERT_GT(shown.size(), 100u);
  EXPECT_NE(FileOf("README.md").find("```c++\n" + shown + "```\n"),
            std::string::npos)
      << shown;
}

}  // namespace
}  // namespace mailverdict
