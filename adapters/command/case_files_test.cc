#include "adapters/command/case_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace mailverdict {
namespace {

using testing::HasSubstr;

class CaseFiles : public testing::Test {
 protected:
  CaseFiles() {
    std::string folder = testing::TempDir() + "/cases.XXXXXX";
    folder_ = mkdtemp(folder.data());
    Write("policy.textproto", "check { recipient {} }\n");
  }
  ~CaseFiles() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const {
    return folder_ + "/" + name;
  }
  void Write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(
        std::filesystem::path(Path(name)).parent_path());
    std::ofstream(Path(name)) << text;
  }
  std::string ErrorOf(const std::string& policy = "") const {
    const auto cases = ReadCaseFiles(folder_, policy);
    EXPECT_FALSE(cases.ok());
    return std::string(cases.status().message());
  }
  // What the command prints, and its exit status behind it.
  std::string Check(const std::string& policy = "") const {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = CheckCases(folder_, policy);
    return testing::internal::GetCapturedStdout() +
           testing::internal::GetCapturedStderr() + std::to_string(status);
  }

  std::string folder_;
};

TEST_F(CaseFiles, AreFoundInFoldersAndReadInTheirOrder) {
  Write("b.case", "case two\nrcpt a@b.example\nverdict pass\n");
  Write("a/deep/er.case",
        "policy ../../policy.textproto\ncase one\nrcpt a\nverdict pass\n");
  Write("a/readme.txt", "no case");
  const auto cases = ReadCaseFiles(folder_, Path("policy.textproto"));
  ASSERT_TRUE(cases.ok()) << cases.status();
  ASSERT_EQ(cases->size(), 2u);
  EXPECT_EQ(cases->at(0).content.name, "one");
  EXPECT_EQ(cases->at(0).file, Path("a/deep/er.case"));
  EXPECT_EQ(cases->at(1).content.name, "two");
  EXPECT_EQ(cases->at(1).policy->checks.size(), 1u);
}

TEST_F(CaseFiles, PoliciesOfOneNameInTwoFoldersAreTwo) {
  for (const std::string folder : {"a/", "b/"}) {
    Write(folder + "it.case",
          "policy policy.textproto\ncase one\nrcpt a\nverdict pass\n");
  }
  Write("a/policy.textproto", "check { recipient {} }\n");
  Write("b/policy.textproto", "shadow: true\ncheck { recipient {} }\n");
  const auto cases = ReadCaseFiles(folder_, "");
  ASSERT_TRUE(cases.ok()) << cases.status();
  ASSERT_EQ(cases->size(), 2u);
  EXPECT_FALSE(cases->at(0).policy->shadow);
  EXPECT_TRUE(cases->at(1).policy->shadow);
}

TEST_F(CaseFiles, WhatCannotBeReadIsNamed) {
  EXPECT_EQ(ErrorOf(), folder_ + ": no file whose name ends in .case");
  Write("a.case", "case one\nverdict pass\n");
  EXPECT_THAT(ErrorOf(), HasSubstr("a.case: no policy; name one by --policy"));
  EXPECT_THAT(ErrorOf(Path("none")), HasSubstr("none: No such file"));
  Write("bad.textproto", "chekc {}\n");
  EXPECT_THAT(ErrorOf(Path("bad.textproto")), HasSubstr("bad.textproto:1:1: "));
  Write("a.case", "verdict pass\n");
  EXPECT_THAT(ErrorOf(Path("policy.textproto")), HasSubstr("a.case:1: "));
  EXPECT_THAT(std::string(ReadCaseFiles(Path("none"), "").status().message()),
              HasSubstr("none: No such file"));
}

TEST_F(CaseFiles, TheCommandSaysWhatIsWrongAndHowManyThereWere) {
  EXPECT_EQ(Check(), folder_ + ": no file whose name ends in .case\n78");
  Write("a.case", "case one\nrcpt a@b.example\nverdict pass\n");
  EXPECT_EQ(Check(Path("policy.textproto")), "1 case, 0 wrong\n0");
  Write("b.case", "case two\nrcpt \"\nverdict pass\n");
  EXPECT_THAT(Check(Path("policy.textproto")),
              testing::MatchesRegex(
                  ".*/b.case:3: two: the verdict is to be pass\nand is "
                  "recipient defer 451 4.1.3.*\n2 cases, 1 wrong\n1"));
}

TEST_F(CaseFiles, WhatTheCommandPrintsDrivesNoTerminal) {
  Write("a.case", "case \x1b[2J\nrcpt a@b.example\nverdict defer\n");
  EXPECT_THAT(Check(Path("policy.textproto")),
              testing::AllOf(HasSubstr(": \\x1b[2J: "),
                             testing::Not(HasSubstr("\x1b"))));
  Write("a.case", "case one\n\x1b[2J\n");
  EXPECT_THAT(Check(Path("policy.textproto")), testing::Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace mailverdict
