// Answers that need a slapd with overlays: every result code except success,
// proxies in front of a directory that stops and starts, alias entries, and
// attributes that are shown in part.

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "lib/ldap/directory_testing.h"

namespace mailverdict {
namespace {

class DirectoryOverlays : public DirectoryFixture {
 protected:
  DirectoryOverlays() {
    slapd.Load("full", Slapd::Base() + Controls() + People());
  }
};

// slapo-retcode(5): a search below this entry ends with the code of its name.
TEST_F(DirectoryOverlays, NoResultCodeButSuccessProvesAnything) {
  constexpr int kCodes[] = {1,  2,  3,  4,  7,  8,  10, 11, 12, 13, 16,
                            17, 18, 21, 32, 33, 34, 36, 48, 49, 50, 51,
                            52, 53, 54, 64, 65, 66, 67, 68, 69, 71, 80};
  Slapd::Options options;
  options.global = "moduleload retcode\n";
  options.limits =
      "overlay retcode\nretcode-parent \"ou=codes,dc=example,dc=org\"\n";
  for (const int code : kCodes) {
    absl::StrAppend(&options.limits, "retcode-item \"cn=c", code, "\" ", code,
                    code == 10 ? " ref=ldap://127.0.0.1:1/\n" : "\n");
  }
  slapd.Start(options);
  for (const int code : kCodes) {
    DirectoryPolicy policy = PolicyFor(slapd.uri());
    policy.base = absl::StrCat("cn=c", code, ",ou=codes,dc=example,dc=org");
    const auto directory = Open(policy);
    for (const char* who : {"joe@example.org", "nobody@example.org"}) {
      const Answer answer = Resolve(directory.get(), who);
      EXPECT_TRUE(answer.unknown()) << code << ": " << answer.ToString();
      EXPECT_NE(answer.reason().find(absl::StrCat("(", code, ")")),
                std::string::npos)
          << answer.reason();
    }
  }
}

// The parameter is the backend of the proxy: slapd-ldap(5) or slapd-meta(5).
class DirectoryBehindAProxy : public DirectoryOverlays,
                              public testing::WithParamInterface<const char*> {
 protected:
  // Starts another slapd, which asks the first.
  static void StartProxy(Slapd* proxy, const std::string& remote) {
    const bool meta = std::string(GetParam()) == "meta";
    proxy->Load("none", Slapd::Base());
    Slapd::Options options;
    options.database = "none";
    options.global =
        "moduleload back_ldap\nmoduleload back_meta\nmoduleload rwm\n";
    options.access = absl::StrCat(
        "access to * by * read\ndatabase ", GetParam(),
        "\nsuffix \"dc=near\"\nuri \"", remote, meta ? "/dc=near" : "",
        "\"\nnetwork-timeout 1\ntimeout search=1\nrebind-as-user no\n",
        meta ? "suffixmassage" : "overlay rwm\nrwm-suffixmassage",
        " \"dc=near\" \"dc=example,dc=org\"\n");
    proxy->Start(options);
  }
  static DirectoryPolicy Near(const Slapd& proxy) {
    DirectoryPolicy policy = PolicyFor(proxy.uri());
    const auto near = [](const std::string& dn) {
      return absl::StrReplaceAll(dn, {{"dc=example,dc=org", "dc=near"}});
    };
    policy.base = near(policy.base);
    for (Control& control : policy.controls) control.dn = near(control.dn);
    return policy;
  }
  Slapd proxy;
};

TEST_P(DirectoryBehindAProxy, ProvesWhatTheDirectoryProves) {
  slapd.Start();
  StartProxy(&proxy, slapd.uri());
  const auto directory = Open(Near(proxy));
  EXPECT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  const Answer nobody = Resolve(directory.get(), "nobody@example.org");
  EXPECT_TRUE(nobody.proven()) << nobody.ToString();
}

TEST_P(DirectoryBehindAProxy, OfADirectoryThatIsGoneNothingIsProven) {
  slapd.Start();
  StartProxy(&proxy, slapd.uri());
  const auto directory = Open(Near(proxy));
  EXPECT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  for (const bool hung : {false, true}) {
    hung ? slapd.Pause() : slapd.Kill();
    for (const char* who : {"jane@example.org", "nobody@example.org"}) {
      const Answer answer = Resolve(directory.get(), who);
      EXPECT_TRUE(answer.unknown()) << hung << ": " << answer.ToString();
    }
    hung ? slapd.Resume() : slapd.Start();
    // back-ldap connects again by itself.
    Answer again = Resolve(directory.get(), "nobody@example.org");
    for (int i = 0; i < 100 && !again.proven(); ++i) {
      EXPECT_TRUE(again.unknown()) << again.ToString();
      loop.RunUntil([] { return false; }, absl::Milliseconds(100));
      again = Resolve(directory.get(), "nobody@example.org");
    }
    EXPECT_TRUE(again.proven()) << again.ToString();
  }
}

// If a proxy's own connection is cut within a result, it may pass on the first
// part as if it were complete, with the controls in it. An existing address was
// proven absent in this way. So a directory that is declared a proxy proves
// nothing.
TEST_P(DirectoryBehindAProxy, OnceDeclaredItNeverProvesAnAbsence) {
  slapd.Start();
  int port = 0;
  ASSERT_TRUE(
      absl::SimpleAtoi(slapd.uri().substr(slapd.uri().rfind(':') + 1), &port));
  int found = 0;
  for (size_t after = 10; after < 1500; after += 93) {
    CutProxy between(port, {CutProxy::From::kServer, after});
    Slapd near;
    StartProxy(&near, between.uri());
    DirectoryPolicy policy = Near(near);
    policy.proxy = true;
    const auto directory = Open(policy);
    for (int i = 0; i < 3; ++i) {
      const Answer joe = Resolve(directory.get(), "joe@example.org");
      EXPECT_FALSE(joe.absent()) << after << ": " << joe.ToString();
      found += joe.present() ? 1 : 0;
      const Answer nobody = Resolve(directory.get(), "nobody@example.org");
      EXPECT_TRUE(nobody.unknown()) << nobody.ToString();
    }
  }
  EXPECT_GT(found, 0) << "it connects anew";
}

INSTANTIATE_TEST_SUITE_P(Each, DirectoryBehindAProxy,
                         testing::Values("ldap", "meta"), [](const auto& info) {
                           return std::string(info.param);
                         });

// An account that is reached only through an alias entry looks absent, as
// proto/policy.proto says: aliases are never dereferenced.
TEST_F(DirectoryOverlays, AnAliasIsAnEntryLikeAnyOther) {
  slapd.Load("aliases",
             Slapd::Base() + Controls() + People() +
                 "dn: ou=elsewhere,dc=example,dc=org\n"
                 "objectClass: organizationalUnit\nou: elsewhere\n\n"
                 "dn: uid=ann,ou=elsewhere,dc=example,dc=org\n"
                 "objectClass: inetOrgPerson\nuid: ann\ncn: ann\nsn: ann\n"
                 "mail: ann@example.org\n\n"
                 "dn: uid=ann,ou=people,dc=example,dc=org\n"
                 "objectClass: alias\nobjectClass: extensibleObject\n"
                 "uid: ann\n"
                 "aliasedObjectName: uid=ann,ou=elsewhere,dc=example,dc=org\n\n"
                 "dn: uid=loop,ou=people,dc=example,dc=org\n"
                 "objectClass: alias\nobjectClass: extensibleObject\n"
                 "uid: loop\n"
                 "aliasedObjectName: uid=loop,ou=people,dc=example,dc=org\n\n");
  Slapd::Options options;
  options.database = "aliases";
  slapd.Start(options);
  DirectoryPolicy policy = PolicyFor(slapd.uri());
  const auto directory = Open(policy);
  // The filter requires an inetOrgPerson, and an alias is not one.
  EXPECT_TRUE(Resolve(directory.get(), "ann@example.org").proven());
  EXPECT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  policy.filter =
      *FilterTemplate::Parse("(|(mail=%a)(mailAlternateAddress=%a)(uid=%u))");
  const auto any = Open(policy);
  EXPECT_TRUE(Resolve(any.get(), "ann@example.org").present());
  EXPECT_TRUE(Resolve(any.get(), "loop@example.org").present());
  EXPECT_TRUE(Resolve(any.get(), "nobody@example.org").proven());
}

// Active Directory shows only the first values of an attribute that has many,
// under a name with a range. slapd can be configured to have such names.
TEST_F(DirectoryOverlays, OfAttributesShownInPartAnyValueMayBeMeant) {
  const std::string many =
      "dn: uid=many,ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\n"
      "objectClass: testMailUser\nuid: many\ncn: many\nsn: many\n"
      "mail;range=0-1: a@example.org\nmail;range=0-1: b@example.org\n"
      "mail;range=2-3: c@example.org\n\n";
  Slapd::Options options;
  options.global = "attributeoptions range=\n";
  slapd.Load("ranges", Slapd::Base() + Controls() + People() + many, options);
  options.database = "ranges";
  slapd.Start(options);
  const auto directory = Open(PolicyFor(slapd.uri()));
  Asked asked(&loop, directory.get());
  for (const char* who : {"a@example.org", "c@example.org", "joe@example.org",
                          "nobody@example.org"}) {
    asked.Ask(who);
  }
  ASSERT_TRUE(asked.Wait());
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(asked[i].present()) << asked[i].ToString();
  }
  EXPECT_TRUE(asked[3].proven()) << asked[3].ToString();
  slapd.Stop();

  // A control that is shown only in part does not pass.
  std::string controls = Slapd::Base() + Controls() + People();
  slapd.Load("partial",
             absl::StrReplaceAll(
                 controls, {{"mail: control@", "mail;range=0-1: control@"}}),
             options);
  options.database = "partial";
  slapd.Start(options);
  EXPECT_TRUE(Heals(directory.get(), absl::Seconds(5)));
  const Answer nobody = Resolve(directory.get(), "nobody@example.org");
  EXPECT_TRUE(nobody.unknown()) << nobody.ToString();
}

}  // namespace
}  // namespace mailverdict
