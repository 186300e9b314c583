// The answers of a Directory whose slapd runs, in every state of health.

#include <cstdlib>
#include <fstream>

#include "absl/strings/str_replace.h"
#include "lib/ldap/directory_testing.h"

namespace mailverdict {
namespace {

// Sets the most harmful settings for LDAP tools, before the first directory of
// the program is opened: those of the user and those of the machine.
const bool kAmbient = [] {
  const std::string rc = std::string(getenv("TEST_TMPDIR")) + "/ldaprc";
  std::ofstream(rc) << "SIZELIMIT 1\nTIMELIMIT 1\nDEREF always\n"
                       "BASE dc=elsewhere\nURI ldap://127.0.0.1:9\n";
  setenv("LDAPRC", rc.c_str(), 1);
  setenv("LDAPCONF", rc.c_str(), 1);
  setenv("LDAPSIZELIMIT", "1", 1);
  setenv("LDAPBASE", "dc=elsewhere", 1);
  return true;
}();

class DirectoryAnswers : public DirectoryFixture {
 protected:
  void Load(const std::string& people) {
    slapd.Load("full", Slapd::Base() + people);
  }
  void StartFull(const Slapd::Options& options = {}) {
    Load(Controls() + People());
    slapd.Start(options);
  }
  // The answer for an unknown address is not proven, and says why.
  void ExpectUnsure(const DirectoryPolicy& policy, const std::string& why) {
    const auto directory = Open(policy);
    const Answer answer = Resolve(directory.get(), "nobody@example.org");
    EXPECT_TRUE(answer.unknown()) << answer.ToString();
    EXPECT_NE(answer.reason().find(why), std::string::npos)
        << answer.ToString();
    EXPECT_FALSE(answer.ProofOfAbsence().has_value());
    EXPECT_TRUE(loop.RunUntil([&] { return troubles > 0; }));
  }
};

TEST_F(DirectoryAnswers, FindsAPersonThroughEachArm) {
  StartFull();
  const auto directory = Open(PolicyFor(slapd.uri()));
  for (const char* address : {"joe@example.org", "j.doe@example.org",
                              "JOE@Example.org", "jane@elsewhere.example"}) {
    EXPECT_TRUE(Resolve(directory.get(), address).present()) << address;
  }
  EXPECT_EQ(troubles, 0);
  EXPECT_TRUE(log.empty());
}

TEST_F(DirectoryAnswers, VouchesForAnAbsence) {
  StartFull();
  const auto directory = Open(PolicyFor(slapd.unix_uri()));
  const Answer answer = Resolve(directory.get(), "nobody@example.org");
  EXPECT_TRUE(answer.absent() && answer.proven()) << answer.ToString();
  EXPECT_EQ(answer.origin().server, slapd.unix_uri());
  EXPECT_LE(answer.origin().sent, answer.origin().received);
}

TEST_F(DirectoryAnswers, AmbientDefaultsChangeNothing) {
  ASSERT_TRUE(kAmbient);
  StartFull();
  const auto directory = Open(PolicyFor(slapd.uri()));
  // If SIZELIMIT 1 had an effect, the three controls alone would be too many.
  EXPECT_TRUE(Resolve(directory.get(), "nobody@example.org").proven());
  EXPECT_EQ(slapd.Logged("deref=0"), slapd.searches());
}

TEST_F(DirectoryAnswers, AMissingBaseProvesNothing) {
  StartFull();
  DirectoryPolicy policy = PolicyFor(slapd.uri());
  policy.base = "ou=nowhere,dc=example,dc=org";
  ExpectUnsure(policy,
               "search: No such object (32); the base "
               "\"ou=nowhere,dc=example,dc=org\" is not there");
}

// People in two subtrees are found by one search. Entries outside both are
// ignored.
TEST_F(DirectoryAnswers, SeveralBasesAreSearchedAtOnce) {
  const auto in = [](const std::string& ou, const std::string& ldif) {
    return absl::StrReplaceAll(ldif, {{"ou=people", "ou=" + ou}});
  };
  std::string ldif = Slapd::Base();
  for (const char* ou : {"staff", "guests", "gone"}) {
    absl::StrAppend(&ldif, "dn: ou=", ou,
                    ",dc=example,dc=org\nobjectClass: organizationalUnit\nou: ",
                    ou, "\n\n");
  }
  const auto person = [&](const std::string& ou, const std::string& name) {
    return in(ou, Slapd::Person(name, {name + "@example.org"}));
  };
  absl::StrAppend(&ldif, person("staff", "c-staff"),
                  person("guests", "c-guests"), person("staff", "joe"),
                  person("guests", "jane"), person("gone", "old"));
  slapd.Load("places", ldif);
  Slapd::Options options;
  options.database = "places";
  slapd.Start(options);
  DirectoryPolicy policy = PolicyFor(slapd.uri());
  policy.filter = *FilterTemplate::Parse("(mail=%a)");
  policy.base = "dc=example,dc=org";
  policy.subtrees = {"ou=staff,dc=example,dc=org",
                     "ou=guests,dc=example,dc=org"};
  policy.controls.clear();
  for (const std::string ou : {"staff", "guests"}) {
    policy.controls.push_back({"mail", "c-" + ou + "@example.org",
                               in(ou, Dn("c-" + ou)),
                               in(ou, "ou=people,dc=example,dc=org")});
  }
  const auto directory = Open(policy);
  const auto expect = [&](bool proven) {
    Asked asked(&loop, directory.get());
    for (const char* name : {"joe", "jane", "old", "nobody"}) {
      asked.Ask(absl::StrCat(name, "@example.org"));
    }
    ASSERT_TRUE(asked.Wait());
    EXPECT_TRUE(asked[0].present()) << asked[0].ToString();
    EXPECT_TRUE(asked[1].present()) << asked[1].ToString();
    for (size_t i : {2, 3}) {
      EXPECT_TRUE(proven ? asked[i].proven() : asked[i].unknown())
          << asked[i].ToString();
    }
  };
  expect(true);

  // One of the subtrees lacks its control.
  slapd.Stop();
  slapd.Load("uncontrolled",
             absl::StrReplaceAll(ldif, {{"c-guests", "c-gone"}}));
  options.database = "uncontrolled";
  slapd.Start(options);
  ASSERT_TRUE(Heals(directory.get(), absl::Seconds(5)));
  expect(false);
}

TEST_F(DirectoryAnswers, AnEmptyDatabaseProvesNothing) {
  Load("");
  slapd.Start();
  ExpectUnsure(PolicyFor(slapd.uri()), "control control@example.org");
}

TEST_F(DirectoryAnswers, TheControlOfOneArmMissingProvesNothing) {
  Load(Slapd::Person("control", {"control@example.org"}) +
       Slapd::Person("control-uid", {}) + People());
  slapd.Start();
  ExpectUnsure(PolicyFor(slapd.uri()),
               "control control-alt@example.org (mailalternateaddress) is "
               "missing");
}

TEST_F(DirectoryAnswers, AnArmThatMayNotBeSearchedProvesNothing) {
  Slapd::Options options;
  options.access =
      "access to attrs=mailAlternateAddress by * none\n"
      "access to * by * read\n";
  StartFull(options);
  ExpectUnsure(PolicyFor(slapd.uri()), "control-alt@example.org");
}

TEST_F(DirectoryAnswers, AnArmThatMayBeSearchedButNotReadProvesNothing) {
  Slapd::Options options;
  options.access =
      "access to attrs=mailAlternateAddress by * search\n"
      "access to * by * read\n";
  StartFull(options);
  ExpectUnsure(PolicyFor(slapd.uri()), "does not show mailalternateaddress");
  // An address that is found only through that arm is present all the same.
  const auto directory = Open(PolicyFor(slapd.uri()));
  EXPECT_TRUE(Resolve(directory.get(), "j.doe@example.org").present());
}

// With "=r" the attribute mail is shown but finds nobody, like a broken index.
// The control of mail comes back all the same, because info@ finds it.
TEST_F(DirectoryAnswers, AnotherRecipientDoesNotMakeADeadArmSpeak) {
  Load(Slapd::Person("control", {"control@example.org"}, {"info@example.org"}) +
       Slapd::Person("control-alt", {}, {"control-alt@example.org"}) +
       Slapd::Person("control-uid", {}) +
       Slapd::Person("d1", {"joe@example.org"}));
  Slapd::Options options;
  options.access =
      "access to attrs=mail by * =r\n"
      "access to * by * read\n";
  slapd.Start(options);
  slapd.Pause();  // until all are asked, and wait for one search
  const auto directory = Open(PolicyFor(slapd.uri()));
  Asked asked(&loop, directory.get());
  for (const char* address :
       {"info@example.org", "joe@example.org", "nobody@example.org"}) {
    asked.Ask(address);
  }
  slapd.Resume();
  ASSERT_TRUE(asked.Wait());
  EXPECT_TRUE(asked[0].present()) << asked[0].ToString();
  for (size_t i : {1, 2}) {
    EXPECT_TRUE(asked[i].unknown()) << asked[i].ToString();
    EXPECT_NE(asked[i].reason().find("control@example.org (mail) is missing"),
              std::string::npos)
        << asked[i].ToString();
  }
}

TEST_F(DirectoryAnswers, ADirectoryThatShowsNothingProvesNothing) {
  Slapd::Options options;
  options.access = "access to * by * none\n";
  StartFull(options);
  ExpectUnsure(PolicyFor(slapd.uri()), "o such object");
}

TEST_F(DirectoryAnswers, BindsWithThePasswordOfAFile) {
  Slapd::Options options;
  options.access =
      "access to attrs=userPassword by anonymous auth\n"
      "access to * by users read by * none\n";
  StartFull(options);
  DirectoryPolicy policy = PolicyFor(slapd.uri());
  policy.bind_dn = Dn("control");
  policy.bind_password_file = slapd.directory() + "/password";
  std::ofstream(policy.bind_password_file) << "secret\nignored\n";
  const auto directory = Open(policy);
  EXPECT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  EXPECT_TRUE(Resolve(directory.get(), "nobody@example.org").proven());
}

TEST_F(DirectoryAnswers, AWrongPasswordNeverMeansAnonymous) {
  StartFull();  // where anonymous could read everything
  DirectoryPolicy policy = PolicyFor(slapd.uri());
  policy.bind_dn = Dn("control");
  policy.bind_password_file = slapd.directory() + "/password";
  std::ofstream(policy.bind_password_file) << "wrong\n";
  ExpectUnsure(policy, "Invalid credentials (49)");
  EXPECT_EQ(slapd.searches(), 0);
}

TEST_F(DirectoryAnswers, APasswordFileWithoutAPasswordIsRefused) {
  StartFull();
  DirectoryPolicy policy = PolicyFor(slapd.uri());
  policy.bind_dn = Dn("control");
  policy.bind_password_file = slapd.directory() + "/password";
  for (const char* content : {"", "\n", "\r\nsecret\n"}) {
    std::ofstream(policy.bind_password_file) << content;
    ExpectUnsure(policy, "has no password");
  }
  policy.bind_password_file = slapd.directory() + "/missing";
  ExpectUnsure(policy, "cannot be read");
  policy.bind_password_file = slapd.directory();
  ExpectUnsure(policy, "cannot be read");
  EXPECT_EQ(slapd.Logged("BIND"), 0);
}

TEST_F(DirectoryAnswers, ASizeLimitOfTheServerProvesNothing) {
  Slapd::Options options;
  options.limits = "sizelimit 2\n";
  StartFull(options);
  ExpectUnsure(PolicyFor(slapd.uri()), "Size limit exceeded (4)");
}

TEST_F(DirectoryAnswers, OneAddressOfManyEntriesHidesNobodyElse) {
  std::string crowd;
  for (int i = 0; i < 60; ++i) {
    crowd += Slapd::Person("member" + std::to_string(i), {"all@example.org"});
  }
  Load(Controls() + People() + crowd);
  slapd.Start();
  const auto directory = Open(PolicyFor(slapd.uri()));
  Asked asked(&loop, directory.get());
  for (const char* address :
       {"all@example.org", "joe@example.org", "nobody@example.org"}) {
    asked.Ask(address);
  }
  ASSERT_TRUE(asked.Wait());
  EXPECT_TRUE(asked[0].present());
  EXPECT_TRUE(asked[1].present());
  EXPECT_TRUE(asked[2].proven()) << asked[2].ToString();
  EXPECT_EQ(troubles, 0);
}

TEST_F(DirectoryAnswers, AContinuationReferenceProvesNothingUnlessListed) {
  Load(Controls() + People() +
       "dn: ou=more,ou=people,dc=example,dc=org\nobjectClass: referral\n"
       "objectClass: extensibleObject\nou: more\n"
       "ref: ldap://elsewhere.example/ou=more\n\n");
  slapd.Start();
  DirectoryPolicy policy = PolicyFor(slapd.uri());
  ExpectUnsure(policy, "continuation reference to ldap://elsewhere.example/");
  {
    const auto directory = Open(policy);
    EXPECT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  }
  policy.ignored_references = {"ldap://elsewhere.example/ou=more??sub"};
  const auto directory = Open(policy);
  const Answer answer = Resolve(directory.get(), "nobody@example.org");
  EXPECT_TRUE(answer.proven()) << answer.ToString();
}

TEST_F(DirectoryAnswers, NoRecipientIsReadAsAFilter) {
  StartFull();
  const auto directory = Open(PolicyFor(slapd.uri()));
  using namespace std::string_literals;  // NOLINT: for the NUL
  for (const std::string& address :
       {"*@example.org"s, "*"s, "j*@example.org"s, ")(uid=*@example.org"s,
        "x)(|(uid=*"s, "joe\0@example.org"s, "\\6aoe@example.org"s,
        "joe\\@example.org"s, "\xff\xfe@example.org"s, "(@example.org"s,
        "&(!(uid=joe))"s, "nobody@"s}) {
    const Answer answer = Resolve(directory.get(), address);
    EXPECT_FALSE(answer.present()) << answer.ToString();
  }
  EXPECT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  // All of it went over one connection.
  EXPECT_EQ(slapd.Logged("BIND dn=\"\" method"), 1);
}

TEST_F(DirectoryAnswers, ManyLookupsShareFewSearches) {
  StartFull();
  const auto directory = Open(PolicyFor(slapd.uri()));
  // The connection is open and idle, so all the following lookups come at once.
  ASSERT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  const int before = slapd.searches();
  Asked asked(&loop, directory.get());
  for (int i = 0; i < 200; ++i) {
    asked.Ask(i % 3 == 0 ? "joe@example.org"
                         : "nobody" + std::to_string(i) + "@example.org");
  }
  ASSERT_TRUE(asked.Wait());
  for (size_t i = 0; i < asked.size(); ++i) {
    EXPECT_EQ(asked.times(i), 1);
    EXPECT_TRUE(i % 3 == 0 ? asked[i].present() : asked[i].proven())
        << asked[i].ToString();
  }
  // 7 batches of 32, nearly as many again for their misses, and some smaller
  // ones at the beginning.
  EXPECT_GE(slapd.searches() - before, 7);
  EXPECT_LE(slapd.searches() - before, 40);
}

// If a search finds none of its addresses, it proves all of them absent.
TEST_F(DirectoryAnswers, WhoWasFoundBeforeSpoilsNobodysCompany) {
  StartFull();
  slapd.Pause();  // until all are asked, and wait for one search
  const auto directory = Open(PolicyFor(slapd.uri()));
  Asked strangers(&loop, directory.get());
  for (const char* who : {"joe@example.org", "jane@example.org", "no@x.org"}) {
    strangers.Ask(who);
  }
  slapd.Resume();
  ASSERT_TRUE(strangers.Wait());
  EXPECT_TRUE(strangers[2].proven()) << strangers[2].ToString();
  EXPECT_EQ(slapd.Logged("(mail=no@x.org)"), 2);

  const auto nobody = [](int i) { return absl::StrCat("no", i, "@x.org"); };
  Asked asked(&loop, directory.get());
  for (int i = 0; i < 60; ++i) {
    asked.Ask(i % 2 == 0   ? nobody(i)
              : i % 4 == 1 ? "joe@example.org"
                           : "jane@example.org");
  }
  ASSERT_TRUE(asked.Wait());
  for (int i = 0; i < 60; ++i) {
    EXPECT_TRUE(i % 2 == 0 ? asked[i].proven() : asked[i].present());
    if (i % 2 == 0) {
      EXPECT_EQ(slapd.Logged(absl::StrCat("(mail=", nobody(i), ")")), 1);
    }
  }
}

// An address that was found before may be absent now.
TEST_F(DirectoryAnswers, WhoWasFoundBeforeAndHasLeftIsProvenAbsent) {
  StartFull();
  const auto directory = Open(PolicyFor(slapd.uri()));
  const char* const kBoth[] = {"joe@example.org", "jane@example.org"};
  for (const char* who : kBoth) {
    ASSERT_TRUE(Resolve(directory.get(), who).present());
  }
  slapd.Stop();
  slapd.Load("later", Slapd::Base() + Controls() +
                          Slapd::Person("joe", {"joe@example.org"}));
  Slapd::Options options;
  options.database = "later";
  slapd.Start(options);
  ASSERT_TRUE(Heals(directory.get(), absl::Seconds(10)));
  const int before = slapd.searches();
  Asked asked(&loop, directory.get());
  for (int i = 0; i < 40; ++i) asked.Ask(kBoth[i % 2]);
  ASSERT_TRUE(asked.Wait());
  // There is not one search for each address that has left.
  EXPECT_LT(slapd.searches() - before, 20);
  for (int i = 0; i < 40; ++i) {
    EXPECT_TRUE(i % 2 == 0 ? asked[i].present() : asked[i].proven())
        << asked[i].ToString();
  }
}

// To a distant server several searches may be under way at a time, even if each
// is for one address only.
TEST_F(DirectoryAnswers, NobodyWaitsForCompanyWhileOthersAreUnderWay) {
  StartFull();
  const auto directory = Open(PolicyFor(slapd.uri()));
  ASSERT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  const int before = slapd.searches();
  slapd.Pause();
  Asked asked(&loop, directory.get());
  for (int i = 0; i < 5; ++i) {
    asked.Ask("joe@example.org");
    loop.RunUntil([] { return false; }, absl::Milliseconds(20));
  }
  slapd.Resume();
  ASSERT_TRUE(asked.Wait());
  EXPECT_EQ(slapd.searches() - before, 5);
}

// In the filter, the comparisons of each attribute stand together.
TEST_F(DirectoryAnswers, AFilterThatOnlyComparesIsAskedArmByArm) {
  StartFull();
  DirectoryPolicy policy = PolicyFor(slapd.uri());
  policy.filter =
      *FilterTemplate::Parse("(|(mail=%a)(mailAlternateAddress=%a))");
  policy.controls.pop_back();
  const auto directory = Open(policy);
  ASSERT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  Asked asked(&loop, directory.get());
  const struct {
    const char* address;
    bool there;
  } kAsked[] = {{"joe@example.org", true},
                {"j.doe@example.org", true},
                {"nobody@example.org", false},
                {"control@example.org", true}};
  for (int i = 0; i < 100; ++i) asked.Ask(kAsked[i % 4].address);
  ASSERT_TRUE(asked.Wait());
  for (size_t i = 0; i < asked.size(); ++i) {
    EXPECT_TRUE(kAsked[i % 4].there ? asked[i].present() : asked[i].proven())
        << asked[i].ToString();
  }
  EXPECT_GE(slapd.Logged("(mail=j.doe@example.org)(mail=nobody@example.org)("
                         "mailAlternateAddress="),
            1);
}

TEST_F(DirectoryAnswers, LongAddressesOverrunNoLimitOfTheServer) {
  StartFull();
  const auto directory = Open(PolicyFor(slapd.unix_uri()));
  Asked asked(&loop, directory.get());
  for (int i = 0; i < 64; ++i) {
    MailboxLookup lookup{"people", {}, ""};
    asked.Ask(std::to_string(i) + std::string(1000, 'x') + "@example.org");
  }
  ASSERT_TRUE(asked.Wait());
  for (size_t i = 0; i < asked.size(); ++i) {
    EXPECT_TRUE(asked[i].proven()) << asked[i].reason();
  }
  EXPECT_EQ(troubles, 0);
}

TEST_F(DirectoryAnswers, AControlThatIsARecipientIsPresentOrUnknown) {
  StartFull();
  const auto directory = Open(PolicyFor(slapd.uri()));
  EXPECT_TRUE(Resolve(directory.get(), "control@example.org").present());
  EXPECT_TRUE(Resolve(directory.get(), "control-alt@example.org").present());
  slapd.Stop();
  slapd.Load("gone",
             Slapd::Base() + People() +
                 Slapd::Person("control-alt", {}, {"control-alt@example.org"}) +
                 Slapd::Person("control-uid", {}));
  Slapd::Options options;
  options.database = "gone";
  slapd.Start(options);
  ASSERT_TRUE(Heals(directory.get(), absl::Seconds(10)));
  EXPECT_TRUE(Resolve(directory.get(), "control@example.org").unknown());
}

TEST_F(DirectoryAnswers, WithoutControlsNothingIsProven) {
  StartFull();
  DirectoryPolicy policy = PolicyFor(slapd.uri());
  policy.controls.clear();
  const auto directory = Open(policy);
  EXPECT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  EXPECT_TRUE(Resolve(directory.get(), "nobody@example.org").unknown());
}

}  // namespace
}  // namespace mailverdict
