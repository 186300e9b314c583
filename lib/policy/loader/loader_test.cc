#include "lib/policy/loader/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.h"
#include "lib/policy/loader/loader_testing.h"
#include "proto/policy.pb.h"

namespace mailverdict {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr char kFull[] = R"policy(
# Every field of the library, none with its default.
local_network: "192.0.2.0/24"
local_network: "2001:db8::/32"
deadline: "2500ms"
shadow: true

directory {
  name: "people"
  uri: "ldap://127.0.0.1:1389"
  uri: "ldaps://ldap2"
  base: "ou=People, dc=example,dc=org"
  scope: ONE
  filter: "(|(Mail=%a)"
          "(uid=%u))"
  control {
    arm: "MAIL"
    address: "<Canary.One@Example.ORG>"
    dn: "uid=c1,ou=people,dc=example,dc=org"
  }
  control {
    arm: "uid"
    address: "\"c 2\"@b\303\274cher.example"
    dn: "uid=c2,ou=People,dc=example,dc=org"
  }
  bind_dn: "cn=mv,dc=example,dc=org"
  bind_password_file: "/password"
  timeout: "1s"
  ignored_reference: "ldap://a/DC=a"
  ignored_reference: "ldaps://b/DC=b"
  cache { present: "1m" absent: "5s" max_entries: 9 }
  grace: "1h30m"
  order: SPREAD
  hedge_after: "200ms"
  tls {
    start_tls: true
    ca_file: "/pem"
    certificate_file: "/pem"
    key_file: "/pem"
    verify: true
  }
  hold { vanished: 3 within: "1m" }
  confirm_absent: false
  proxy: true
  probe_idle: "45s"
}
directory {
  name: "staff"
  uri: "ldapi://%2Frun%2Fldapi"
  base: "o=x"
  filter: "(mail=%a)"
  control { arm: "mail" address: "c@x.org" dn: "cn=c,o=x" }
  control { arm: "mail" address: "d@x.org" dn: "cn=d,o=x" }
  timeout: "2500ms"
}

realm {
  domain: "Example.ORG"
  domain: "*.example.org"
  directory: "people"
  also_valid: "/etc/aliases"
  also_valid: "/etc/mail/virtusertable"
  tag_delimiters: "+-"
  signed: SRS
}
realm {
  domain: ["lists.example.org", "b\303\274cher.example"]
  catch_all: true
}
realm { domain: "staff.example.org" directory: "staff" tag_delimiters: "" }

check {
  recipient {
    exception: "Hostmaster"
    exception: "\"a b\""
    exception_file: "/exceptions"
  }
  when_unsure: PASS
}
)policy";

TEST(PolicyLoaderTest, FillsInWhatConcernsAllChecks) {
  const auto loaded = Load(kFull);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_EQ(loaded->warnings.size(), 1u);  // a proxy proves nothing
  const Policy& policy = loaded->policy;
  EXPECT_TRUE(policy.IsLocal("192.0.2.77"));
  EXPECT_TRUE(policy.IsLocal("2001:db8::1"));
  EXPECT_FALSE(policy.IsLocal("192.0.3.1"));
  EXPECT_FALSE(policy.IsLocal(""));
  EXPECT_FALSE(policy.IsLocal("unknown"));
  EXPECT_EQ(policy.deadline, absl::Milliseconds(2500));
  EXPECT_TRUE(policy.shadow);
}

TEST(PolicyLoaderTest, FillsInDirectories) {
  const auto loaded = Load(kFull);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_EQ(loaded->policy.directories.size(), 2u);
  const DirectoryPolicy& people = loaded->policy.directories[0];
  EXPECT_EQ(people.name, "people");
  EXPECT_THAT(people.uris,
              ElementsAre("ldap://127.0.0.1:1389", "ldaps://ldap2"));
  EXPECT_EQ(people.order, DirectoryPolicy::Order::kSpread);
  EXPECT_EQ(people.hedge_after, absl::Milliseconds(200));
  EXPECT_TRUE(people.tls.start_tls);
  EXPECT_TRUE(people.tls.verify);
  EXPECT_EQ(people.tls.ca_file, "/pem");
  EXPECT_EQ(people.tls.certificate, "/pem");
  EXPECT_EQ(people.tls.key, "/pem");
  EXPECT_FALSE(people.confirm_absent);
  EXPECT_TRUE(people.proxy);
  EXPECT_EQ(people.hold.vanished, 3);
  EXPECT_EQ(people.hold.within, absl::Minutes(1));
  EXPECT_EQ(people.base, "ou=People, dc=example,dc=org");
  EXPECT_EQ(people.scope, DirectoryPolicy::Scope::kOneLevel);
  EXPECT_EQ(people.filter.text(), "(|(Mail=%a)(uid=%u))");
  ASSERT_EQ(people.controls.size(), 2u);
  EXPECT_EQ(people.controls[0].arm, "mail");
  EXPECT_EQ(people.controls[0].address, "canary.one@example.org");
  EXPECT_EQ(people.controls[0].dn, "uid=c1,ou=people,dc=example,dc=org");
  EXPECT_EQ(people.controls[1].arm, "uid");
  EXPECT_EQ(people.controls[1].address, "\"c 2\"@xn--bcher-kva.example");
  EXPECT_EQ(people.bind_dn, "cn=mv,dc=example,dc=org");
  EXPECT_EQ(people.bind_password_file, "/password");
  EXPECT_EQ(people.timeout, absl::Seconds(1));
  EXPECT_EQ(people.probe_idle, absl::Seconds(45));
  EXPECT_THAT(people.ignored_references,
              ElementsAre("ldap://a/DC=a", "ldaps://b/DC=b"));
  EXPECT_EQ(people.keep_present, absl::Minutes(1));
  EXPECT_EQ(people.keep_absent, absl::Seconds(5));
  EXPECT_EQ(people.max_cached, 9u);
  EXPECT_EQ(people.grace, absl::Minutes(90));
  EXPECT_EQ(loaded->policy.directories[1].name, "staff");
}

TEST(PolicyLoaderTest, SearchesSeveralBasesBelowWhatTheyHaveInCommon) {
  const auto loaded = Load(R"policy(
      directory {
        name: "a" uri: "ldap://a" filter: "(mail=%a)"
        base: "ou=x\\,y,ou=Here, dc=a\\2C,o=x"
        base: "ou=z,OU=here,dc=a\\,,o=x"
        control { arm: "mail" address: "c@a" dn: "cn=c,ou=Z,ou=here,dc=a\\,,o=x" }
      })policy");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const DirectoryPolicy& directory = loaded->policy.directories[0];
  EXPECT_EQ(directory.base, "ou=Here, dc=a\\2C,o=x");
  EXPECT_THAT(directory.subtrees, ElementsAre("ou=x\\,y,ou=Here, dc=a\\2C,o=x",
                                              "ou=z,OU=here,dc=a\\,,o=x"));
  EXPECT_EQ(directory.controls[0].subtree, "ou=z,OU=here,dc=a\\,,o=x");
  ASSERT_EQ(directory.UncoveredArms().size(), 1u);
  EXPECT_EQ(directory.UncoveredArms()[0].ToString(),
            "mail below ou=x\\,y,ou=Here, dc=a\\2C,o=x");
}

// A search leaves out a control that is itself the recipient (vouch.h). So the
// control and the recipient must have the same spelling.
TEST(PolicyLoaderTest, WritesAControlAsTheFirstSpellingOfItsAddress) {
  const auto loaded = Load(kFull);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  for (const Control& control : loaded->policy.directories[0].controls) {
    EXPECT_EQ(control.address,
              mail::ParseAddress(control.address)->Spellings("").front());
  }
}

TEST(PolicyLoaderTest, FillsInRealms) {
  const auto loaded = Load(kFull);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const Policy& policy = loaded->policy;
  ASSERT_EQ(policy.realms.size(), 3u);
  EXPECT_EQ(policy.realm_by_domain.Find("example.org"), 0u);
  EXPECT_EQ(policy.realm_by_domain.Find("any.example.org"), 0u);
  EXPECT_EQ(policy.realm_by_domain.Find("lists.example.org"), 1u);
  EXPECT_EQ(policy.realm_by_domain.Find("xn--bcher-kva.example"), 1u);
  EXPECT_EQ(policy.realm_by_domain.Find("staff.example.org"), 2u);
  EXPECT_EQ(policy.realm_by_domain.Find("example.net"), std::nullopt);

  const RealmPolicy& people = policy.realms[0];
  EXPECT_EQ(people.directory, "people");
  EXPECT_FALSE(people.catch_all);
  EXPECT_EQ(people.tag_delimiters, "+-");
  EXPECT_TRUE(people.signed_srs);
  EXPECT_FALSE(people.signed_batv);
  // Names in the domains of other realms are skipped.
  EXPECT_THAT(people.valid_local_parts,
              UnorderedElementsAre("sales", "john doe"));
  EXPECT_THAT(people.valid_addresses, UnorderedElementsAre("ann@example.org"));
  EXPECT_THAT(people.catch_all_domains,
              UnorderedElementsAre("sub.example.org"));

  EXPECT_EQ(policy.realms[1].directory, "");
  EXPECT_TRUE(policy.realms[1].catch_all);
  EXPECT_EQ(policy.realms[1].tag_delimiters, "+");
  EXPECT_EQ(policy.realms[2].tag_delimiters, "");
  EXPECT_THAT(policy.realms[2].valid_local_parts, IsEmpty());
}

TEST(PolicyLoaderTest, FillsInChecks) {
  const auto loaded = Load(kFull);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_EQ(loaded->policy.checks.size(), 1u);
  const auto& check = std::get<RecipientPolicy>(loaded->policy.checks[0]);
  EXPECT_EQ(check.when_unsure, WhenUnsure::kPass);
  EXPECT_THAT(check.exceptions,
              UnorderedElementsAre("postmaster", "abuse", "hostmaster", "a b",
                                   "noc", "security"));
}

bool ShadowOf(const CheckPolicy& check) {
  return std::visit([](const auto& kind) { return kind.shadow; }, check);
}

TEST(PolicyLoaderTest, FillsInTheCheckDomain) {
  const auto loaded = Load(
      "check { domain { instant_reject_file: [\"/lists/wrong\", "
      "\"/lists/more\"] shipped_list: false } }");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const auto& check = std::get<DomainCheckPolicy>(loaded->policy.checks[0]);
  EXPECT_FALSE(check.shipped_list);
  ASSERT_EQ(check.lists.size(), 2u);
  EXPECT_EQ(check.lists[0].Find("gmail.con")->ToString(),
            "domain gmail.con: gmail.con in /lists/wrong line 2, typo");
  EXPECT_TRUE(check.lists[1].Find("a.wrong.com").has_value());

  const auto bare = Load("check { domain { } }");
  ASSERT_TRUE(bare.ok()) << bare.status();
  EXPECT_EQ(std::get<DomainCheckPolicy>(bare->policy.checks[0]).shipped_list,
            DomainCheckPolicy().shipped_list);
}

// Both are kept: Check's constructor joins them.
TEST(PolicyLoaderTest, ShadowIsTheChecksOwnOrThePolicys) {
  const auto shadow = [](std::string_view text) {
    const auto loaded = Load(text);
    return loaded.ok() &&
           (loaded->policy.shadow || ShadowOf(loaded->policy.checks.at(0)));
  };
  EXPECT_FALSE(shadow("check { recipient { } }"));
  EXPECT_FALSE(shadow("check { domain { } }"));
  EXPECT_TRUE(shadow("check { recipient { } shadow: true }"));
  EXPECT_TRUE(shadow("check { domain { } shadow: true }"));
  EXPECT_TRUE(shadow("check { recipient { } } shadow: true"));
  EXPECT_TRUE(shadow("check { recipient { } shadow: false } shadow: true"));
}

// The defaults of the struct are those of the policy file.
TEST(PolicyLoaderTest, WhatIsLeftOutHasItsDefault) {
  const auto loaded = Load(R"policy(
      directory { name: "a" uri: "ldap://a" base: "o=x" filter: "(mail=%a)" }
      realm { domain: "a" directory: "a" }
      check { recipient { } })policy");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const Policy& policy = loaded->policy;
  const Policy defaults;
  EXPECT_EQ(policy.shadow, defaults.shadow);
  EXPECT_EQ(policy.deadline, defaults.deadline);
  EXPECT_EQ(policy.realms[0].tag_delimiters, RealmPolicy().tag_delimiters);
  const auto& check = std::get<RecipientPolicy>(policy.checks[0]);
  EXPECT_EQ(check.when_unsure, RecipientPolicy().when_unsure);
  EXPECT_EQ(check.shadow, RecipientPolicy().shadow);
  EXPECT_EQ(check.exceptions, RecipientPolicy().exceptions);
  const DirectoryPolicy& directory = policy.directories[0];
  const DirectoryPolicy directory_defaults;
  EXPECT_EQ(directory.scope, directory_defaults.scope);
  EXPECT_EQ(directory.confirm_absent, directory_defaults.confirm_absent);
  EXPECT_EQ(directory.proxy, directory_defaults.proxy);
  EXPECT_THAT(directory.subtrees, ElementsAre());
  EXPECT_EQ(directory.timeout, directory_defaults.timeout);
  EXPECT_EQ(directory.keep_present, directory_defaults.keep_present);
  EXPECT_EQ(directory.keep_absent, directory_defaults.keep_absent);
  EXPECT_EQ(directory.max_cached, directory_defaults.max_cached);
  EXPECT_EQ(directory.grace, directory_defaults.grace);

  // The definition of the policy file states the same defaults.
  const proto::Directory& written = proto::Directory::default_instance();
  const auto duration = [](const std::string& text) {
    absl::Duration d;
    EXPECT_TRUE(absl::ParseDuration(text, &d)) << text;
    return d;
  };
  EXPECT_EQ(duration(proto::Policy::default_instance().deadline()),
            defaults.deadline);
  EXPECT_EQ(duration(written.timeout()), directory_defaults.timeout);
  EXPECT_EQ(duration(written.grace()), directory_defaults.grace);
  EXPECT_EQ(duration(written.cache().present()),
            directory_defaults.keep_present);
  EXPECT_EQ(duration(written.cache().absent()), directory_defaults.keep_absent);
  EXPECT_EQ(written.cache().max_entries(), directory_defaults.max_cached);
}

TEST(PolicyLoaderTest, NothingIsKeptWhereZeroIsWritten) {
  const auto loaded = Load(R"policy(
      directory {
        name: "a" uri: "ldap://a" base: "o=x" filter: "(mail=%a)"
        cache { present: "0s" absent: "0s" } grace: "0s"
      })policy");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const DirectoryPolicy& directory = loaded->policy.directories[0];
  EXPECT_EQ(directory.keep_present, absl::ZeroDuration());
  EXPECT_EQ(directory.keep_absent, absl::ZeroDuration());
  EXPECT_EQ(directory.grace, absl::ZeroDuration());
}

TEST(PolicyLoaderTest, ReadsAFileThatManyNameOnce) {
  constexpr char kPolicy[] = R"policy(
      directory { name: "a" uri: "ldap://a" base: "o=x" filter: "(mail=%a)" }
      realm { domain: "example.org" directory: "a"
        also_valid: "/etc/mail/virtusertable" also_valid: "/FILE" }
      realm { domain: "example.net" directory: "a"
        also_valid: "/etc/mail/virtusertable" also_valid: "/FILE" }
      check { recipient { exception_file: "/FILE" } })policy";
  std::map<std::string, int> reads;
  const auto load = [&](std::string_view file) {
    reads.clear();
    return LoadPolicy(
        absl::StrReplaceAll(kPolicy, {{"/FILE", {file.data(), file.size()}}}),
        "p", [&](const std::string& path) {
          ++reads[path];
          return ReadTestFile(path);
        });
  };
  const auto loaded = load("/etc/aliases");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(reads, UnorderedElementsAre(Pair("/etc/mail/virtusertable", 1),
                                          Pair("/etc/aliases", 1)));
  // Each realm gets its own names.
  const std::vector<RealmPolicy>& realms = loaded->policy.realms;
  EXPECT_THAT(realms[0].valid_addresses,
              UnorderedElementsAre("ann@example.org"));
  EXPECT_THAT(realms[1].valid_addresses,
              UnorderedElementsAre("bob@example.net"));
  for (const RealmPolicy& realm : realms) {
    EXPECT_THAT(realm.valid_local_parts,
                UnorderedElementsAre("sales", "john doe"));
  }
  EXPECT_TRUE(std::get<RecipientPolicy>(loaded->policy.checks[0])
                  .exceptions.contains("sales"));

  // An error in the file is reported for each realm that names it.
  for (const char* bad : {"/none", "/wrong"}) {
    const auto wrong = load(bad);
    ASSERT_FALSE(wrong.ok());
    const std::vector<std::string> lines =
        absl::StrSplit(wrong.status().message(), '\n');
    EXPECT_EQ(lines.size(), 3u) << wrong.status();
    EXPECT_EQ(reads[bad], 1);
  }
}

TEST(PolicyLoaderTest, PatternsAreOfTheirRealmOrOfEach) {
  const auto loaded = Load(R"policy(
      directory { name: "a" uri: "ldap://a" base: "o=x" filter: "(mail=%a)" }
      realm { domain: "example.org" directory: "a" also_valid: "/patterns" }
      realm { domain: "example.net" directory: "a" also_valid: "/patterns" }
      check { recipient {
        exception: "*-owner" exception: "noc+*" exception: "\"a*\""
        exception_file: "/patterns" } })policy");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  using Kind = mail::NamePattern::Kind;
  mail::NamePatterns org;
  org.Add({Kind::kPrefix, "srs0=", ""});
  mail::NamePatterns net = org;
  mail::NamePatterns exceptions = org;
  org.Add({Kind::kSuffix, "-request", "example.org"});
  net.Add({Kind::kPrefix, "list-", "example.net"});
  exceptions.Add({Kind::kSuffix, "-owner", ""});
  exceptions.Add({Kind::kPrefix, "noc+", ""});
  EXPECT_TRUE(loaded->policy.realms[0].valid_patterns == org);
  EXPECT_TRUE(loaded->policy.realms[1].valid_patterns == net);
  const auto& check = std::get<RecipientPolicy>(loaded->policy.checks[0]);
  EXPECT_TRUE(check.exception_patterns == exceptions);
  EXPECT_THAT(check.exceptions,
              UnorderedElementsAre("postmaster", "abuse", "noc", "a*"));
}

std::string Contents(const char* path) {
  std::string contents;
  std::FILE* file = std::fopen(path, "r");
  EXPECT_NE(file, nullptr) << path;
  if (file == nullptr) return contents;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
    contents += static_cast<char>(c);
  }
  std::fclose(file);
  return contents;
}

TEST(SamplePolicyTest, LoadsWithoutAWordAndIsSafeToStartWith) {
  const auto loaded = LoadPolicy(
      Contents("docs/policy.sample.textproto"), "docs/policy.sample.textproto",
      [](const std::string& path) -> absl::StatusOr<std::string> {
        if (path == "/etc/mailverdict/password") return "x\n";
        const bool tls = path.find("/client.") != path.npos ||
                         path.find("/certs/") != path.npos;
        return tls ? "-----BEGIN X-----\n" : "";
      });
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_THAT(loaded->warnings, IsEmpty());
  EXPECT_TRUE(loaded->policy.shadow);
  EXPECT_FALSE(loaded->policy.checks.empty());
}

TEST(SamplePolicyTest, HasEveryField) {
  const std::string sample = Contents("docs/policy.sample.textproto");
  std::set<std::string> words;
  std::string word;
  bool comment = false;
  for (const char c : sample) {
    if (c == '#') comment = true;
    if (c == '\n') comment = false;
    if (!comment && (absl::ascii_isalnum(c) || c == '_')) {
      word += c;
    } else {
      words.insert(std::move(word));
      word.clear();
    }
  }
  const google::protobuf::FileDescriptor& file =
      *proto::Policy::descriptor()->file();
  for (int i = 0; i < file.message_type_count(); ++i) {
    const google::protobuf::Descriptor& type = *file.message_type(i);
    for (int j = 0; j < type.field_count(); ++j) {
      EXPECT_TRUE(words.count(type.field(j)->name()))
          << type.name() << "." << type.field(j)->name();
    }
  }
}

}  // namespace
}  // namespace mailverdict
