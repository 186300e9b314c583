#include "adapters/daemon/admin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailverdict {
namespace {

class StatusText : public testing::Test {
 protected:
  StatusText() {
    people.name = "people";
    status.now = status.started = absl::FromUnixSeconds(1'800'000'000);
    status.directories.push_back({&people, {}, Vanished()});
  }
  // So many, at once.
  void Vanish(size_t count) {
    status.directories[0].vanished->times.assign(count, status.now);
  }
  std::string text() const { return status.ToString(); }

  DirectoryPolicy people;
  DaemonStatus status;
};

TEST_F(StatusText, ShowsWhatThePolicySays) {
  EXPECT_THAT(text(), testing::HasSubstr("directory people\n"
                                         "  grace 72h, vanished 5/10m\n"));
}

TEST_F(StatusText, ShowsThePolicyBesideWhatAnOperatorHasSet) {
  status.overrides["people"].grace = absl::Hours(24);
  EXPECT_THAT(text(), testing::HasSubstr(
                          "  grace 24h SET BY AN OPERATOR (policy: 72h), "
                          "vanished 5/10m\n"));
  status.overrides["people"] = {std::nullopt, VanishLimit{20, absl::Hours(1)}};
  EXPECT_THAT(text(),
              testing::HasSubstr("  grace 72h, vanished 20/1h SET BY AN "
                                 "OPERATOR (policy: 5/10m)\n"));
}

TEST_F(StatusText, TellsOfAHoldByTheLimitInForce) {
  Vanish(6);
  EXPECT_THAT(text(), testing::HasSubstr("HELD"));
  status.overrides["people"].hold = VanishLimit{6, absl::Minutes(10)};
  EXPECT_THAT(text(), testing::Not(testing::HasSubstr("HELD")));
  Vanish(7);
  EXPECT_THAT(text(), testing::HasSubstr("HELD"));
}

TEST_F(StatusText, SaysWhichFilesAreHeldOrBrokenAndWhatToDo) {
  using State = DaemonStatus::ListFile::State;
  const absl::Time since = absl::FromUnixSeconds(1'800'000'000);
  status.files = {
      {"/etc/aliases", 120, State::kGood, absl::InfinitePast(), ""},
      {"/etc/valid", 10, State::kHeld, since, "it has lost 6 of 10 entries"},
      {"/etc/wrong", 3, State::kBroken, since, "/etc/wrong:1:4: this byte"}};
  status.open_alarms = {
      {"policy refused, the old one stays: p:1:1: a\nb", since}};
  EXPECT_THAT(
      text(),
      testing::HasSubstr(
          "file /etc/aliases 120 entries\n"
          "file /etc/valid 10 entries, HELD since 2027-01-15T08:00:00Z: it has "
          "lost 6 of 10 entries\n"
          "  they stay in force; if they are gone indeed: mailverdict accept "
          "/etc/valid\n"
          "file /etc/wrong 3 entries, BROKEN since 2027-01-15T08:00:00Z: "
          "/etc/wrong:1:4: this byte\n"
          "  its last good version stays in force until the file is mended\n"));
  EXPECT_THAT(text(), testing::HasSubstr(
                          "ALARM since 2027-01-15T08:00:00Z: policy refused, "
                          "the old one stays: p:1:1: a; b\n"));
}

TEST_F(StatusText, NoTextOfAServerOrAFileForgesALineOrDrivesTheTerminal) {
  using State = DaemonStatus::ListFile::State;
  const absl::Time since = absl::FromUnixSeconds(1'800'000'000);
  const std::string bad = "no\n\x1b[2Jhold off\r\xe2\x80\xae";
  const std::string shown = ": no; \\x1b[2Jhold off\\x0d\\xe2\\x80\\xae\n";
  status.directories[0].servers = {{"ldap://a", true, bad, since}};
  status.files = {{"/etc/valid", 10, State::kHeld, since, bad}};
  status.open_alarms = {{bad, since}};
  EXPECT_THAT(text(), testing::HasSubstr("ldap://a FAILS since "
                                         "2027-01-15T08:00:00Z" +
                                         shown));
  EXPECT_THAT(text(),
              testing::HasSubstr("HELD since 2027-01-15T08:00:00Z" + shown));
  EXPECT_THAT(text(),
              testing::HasSubstr("ALARM since 2027-01-15T08:00:00Z" + shown));
}

TEST_F(StatusText, SaysHowDnsAndEachListIs) {
  EXPECT_THAT(text(), testing::Not(testing::HasSubstr("dns")));
  const absl::Time since = absl::FromUnixSeconds(1'800'000'000);
  status.dns = {{{"192.0.2.53", false, "", since},
                 {"192.0.2.54", false, "", absl::InfinitePast()}},
                true};
  status.lists.push_back(
      {"list.example", {{"192.0.2.53", true, "control missing", since}}});
  EXPECT_THAT(text(),
              testing::EndsWith("dns\n"
                                "  192.0.2.53 well since 2027-01-15T08:00:00Z\n"
                                "  192.0.2.54 has not been tested\n"
                                "list list.example\n"
                                "  192.0.2.53 FAILS since "
                                "2027-01-15T08:00:00Z: control missing\n"));
  status.dns->proves = false;
  EXPECT_THAT(text(), testing::HasSubstr("dns, NO control: no domain is proven "
                                         "not to exist\n"));
}

}  // namespace
}  // namespace mailverdict
