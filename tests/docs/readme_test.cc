#include <gtest/gtest.h>

#include "tests/docs/readme_example.inc"

namespace {

constexpr char kPolicy[] = R"pb(
  directory {
    name: "people"
    uri: "ldap://localhost"
    base: "dc=example,dc=org"
    filter: "(mail=%a)"
    control {
      arm: "mail"
      address: "old@example.org"
      dn: "uid=old,dc=example,dc=org"
    }
  }
  realm { domain: "example.org" directory: "people" }
  check { recipient {} }
)pb";

Answer Busy(const Lookup& lookup) {
  return Answer(Report::Unknown(lookup, "busy"));
}

TEST(Readme, TheExampleDecides) {
  const auto loaded = mailverdict::LoadPolicy(
      kPolicy, "policy",
      [](const std::string&) { return absl::NotFoundError("no file"); });
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  testing::internal::CaptureStdout();
  Judge(loaded->policy, "joe@example.org", Busy);
  EXPECT_EQ(
      testing::internal::GetCapturedStdout(),
      "recipient defer 451 4.4.3 Recipient cannot be verified right now, "
      "try again later [the directory gave no proof; busy]\n"
      "  recipient: defer 451 4.4.3 Recipient cannot be verified right now, "
      "try again later [the directory gave no proof]\n"
      "    asked mailbox people:joe@example.org\n"
      "      unknown: busy\n");
}

}  // namespace
