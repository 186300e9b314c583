// Files and functions that the tests of the loader share.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_LOADER_TESTING_H_
#define MAILVERDICT_LIB_POLICY_LOADER_LOADER_TESTING_H_

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

#include "absl/strings/str_join.h"
#include "lib/policy/loader/loader.h"

namespace mailverdict {

// A FileReader with the files that the policies of the tests name.
inline absl::StatusOr<std::string> ReadTestFile(const std::string& path) {
  static const auto* const files = new std::map<std::string, std::string>{
      {"/etc/aliases", "Sales: joe, ann\n\"john doe\": jd\n"},
      {"/etc/mail/virtusertable",
       "ann@Example.ORG ann\nbob@example.net bob\n@sub.example.org joe\n"
       "@example.net nobody\n"},
      {"/elsewhere", "bob@example.net\n@example.net\n"},
      {"/lists/wrong", "# ours\ngmail.con = gmail.com # typo\n"},
      {"/lists/more", "*.wrong.com\n"},
      {"/lists/bad", "wrong.com\njoe@wrong.com\n"},
      {"/wrong", "joe\nann@@example.org\n"},
      {"/patterns", "SRS0=*\n*-request@example.org\nlist-*@example.net\n"},
      {"/lists/cut", "gmail.con\ngmail.com"},
      {"/lists/wide", "gmail.con\n*.com\n"},
      {"/cut", "noc\nsecuri"},
      {"/exceptions", "# more of them\nNoc\nsecurity\n"},
      {"/password", "secret\n"},
      {"/empty", ""},
      {"/pem", "-----BEGIN X-----\n"},
      {"/blank", "\nsecret\n"},
  };
  const auto file = files->find(path);
  if (file == files->end()) return absl::NotFoundError("no such file");
  return file->second;
}

inline absl::StatusOr<LoadedPolicy> Load(std::string_view text) {
  return LoadPolicy(text, "p", ReadTestFile);
}

// The lines of the error, each without its "p:"; "" if the policy is good.
inline std::string ErrorsOf(std::string_view text) {
  const absl::StatusOr<LoadedPolicy> loaded = Load(text);
  if (loaded.ok()) return "";
  EXPECT_TRUE(absl::IsInvalidArgument(loaded.status()));
  std::string errors = "\n" + std::string(loaded.status().message());
  for (size_t at = 0; (at = errors.find("\np:", at)) != errors.npos; ++at) {
    errors.erase(at + 1, 2);
  }
  return errors.substr(1);
}

// The lines of the warnings, each without its "p:"; the error if the policy is
// bad.
inline std::string WarningsOf(std::string_view text) {
  const absl::StatusOr<LoadedPolicy> loaded = Load(text);
  if (!loaded.ok()) return std::string(loaded.status().message());
  std::string warnings;
  for (const std::string& warning : loaded->warnings) {
    EXPECT_EQ(warning.substr(0, 2), "p:");
    warnings += (warnings.empty() ? "" : "\n") + warning.substr(2);
  }
  return warnings;
}

// A policy and the expected errors or warnings.
struct SaidCase {
  const char* text;
  const char* said;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_LOADER_TESTING_H_
