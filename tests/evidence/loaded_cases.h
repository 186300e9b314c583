// Registers a test for each case in //tests/cases.

#ifndef MAILVERDICT_TESTS_EVIDENCE_LOADED_CASES_H_
#define MAILVERDICT_TESTS_EVIDENCE_LOADED_CASES_H_

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "adapters/command/case_files.h"

namespace mailverdict {

// Runs `body` for each case, as the test SUITE.<file:line name>. Call it from
// main() and return its result, which is the exit status.
template <typename Body>
int RunLoadedCases(int argc, char** argv, const char* suite, Body body) {
  class CaseTest : public testing::Test {
   public:
    CaseTest(const LoadedCase& filed, Body body) : filed_(filed), body_(body) {}
    void TestBody() override { body_(filed_); }

   private:
    const LoadedCase& filed_;
    const Body body_;
  };
  testing::InitGoogleTest(&argc, argv);
  const auto cases = ReadCaseFiles("tests/cases", "");
  if (!cases.ok()) {
    std::fprintf(stderr, "%s\n", std::string(cases.status().message()).c_str());
    return 1;
  }
  for (const LoadedCase& filed : *cases) {
    const std::string name = filed.file + ":" +
                             std::to_string(filed.content.line) + " " +
                             filed.content.name;
    testing::RegisterTest(suite, name.c_str(), nullptr, nullptr,
                          filed.file.c_str(),
                          static_cast<int>(filed.content.line),
                          [&filed, body] { return new CaseTest(filed, body); });
  }
  return RUN_ALL_TESTS();
}

}  // namespace mailverdict

#endif  // MAILVERDICT_TESTS_EVIDENCE_LOADED_CASES_H_
