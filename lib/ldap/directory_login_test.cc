// Mistakes of operators, with a real slapd: a server that refuses the account
// we bind as, and a server whose index lacks the old entries.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/ldap/bind_account.h"
#include "lib/ldap/bind_refusal.h"
#include "lib/ldap/directory_testing.h"
#include "lib/ldap/host_names_testing.h"
#include "lib/ldap/worker.h"

namespace mailverdict {
namespace {

class DirectoryLogin : public DirectoryFixture {
 protected:
  // slapo-ppolicy(5): after five wrong passwords the account is locked.
  static Slapd::Options Policed() {
    Slapd::Options options;
    options.global = "moduleload ppolicy\n";
    options.limits =
        "rootdn \"cn=root,dc=example,dc=org\"\noverlay ppolicy\n"
        "ppolicy_default \"cn=policy,dc=example,dc=org\"\n";
    options.access =
        "access to attrs=userPassword by * auth\naccess to * by * read\n";
    return options;
  }
  static std::string LockAfterFive() {
    return "dn: cn=policy,dc=example,dc=org\nobjectClass: device\n"
           "objectClass: pwdPolicy\ncn: policy\npwdAttribute: userPassword\n"
           "pwdLockout: TRUE\npwdMaxFailure: 5\npwdLockoutDuration: 1800\n\n";
  }
  void SetUp() override {
    Slapd::Options options = Policed();
    slapd.Load("full",
               Slapd::Base() + LockAfterFive() + Controls() + People() +
                   Slapd::Person("svc", {}),
               options);
    slapd.Start(options);
    password_file = slapd.directory() + "/password";
  }
  void Write(const std::string& password) {
    std::ofstream(password_file) << password << "\n";
  }
  DirectoryPolicy AsService(std::vector<std::string> uris) {
    DirectoryPolicy policy = PolicyFor("");
    policy.uris = std::move(uris);
    policy.bind_dn = Dn("svc");
    policy.bind_password_file = password_file;
    return policy;
  }
  int binds() const {
    return slapd.Logged(
        absl::StrCat(" BIND dn=\"", Dn("svc"), "\" method=128"));
  }
  int SaidWith(const std::string& words) const {
    int lines = 0;
    for (const std::string& line : log) {
      if (absl::StrContains(line, words)) ++lines;
    }
    return lines;
  }

  std::string password_file;
};

TEST_F(DirectoryLogin, AnOldPasswordIsTriedOnceAndTheRightOneAtOnce) {
  Write("old");
  // Three URIs of one slapd stand for three servers that share their accounts.
  const auto directory =
      Open(AsService({slapd.uri(), slapd.unix_uri(),
                      absl::StrCat("ldap://localhost:", slapd.port())}));
  ASSERT_TRUE(loop.RunUntil([&] { return SaidWith("FAILS") == 3; }));
  // During the wait the file is read each second; three reads have passed.
  const absl::Time begun = loop.Now();
  ASSERT_TRUE(loop.RunUntil(
      [&] { return loop.Now() - begun > 3 * BindAccount::kPasswordPoll; }));
  EXPECT_EQ(binds(), 1);
  EXPECT_TRUE(Resolve(directory.get(), "joe@example.org").unknown());
  EXPECT_EQ(SaidWith("wrong password, or the account is locked"), 3) << log[0];
  EXPECT_EQ(SaidWith(Dn("svc")), 3);
  EXPECT_EQ(SaidWith(password_file), 3);
  EXPECT_EQ(SaidWith("the next attempt is in"), 2);

  Write("secret");
  const absl::Time written = loop.Now();
  EXPECT_TRUE(Heals(directory.get(), absl::Seconds(5)));
  EXPECT_LT(loop.Now() - written, absl::Seconds(4));
  ASSERT_TRUE(loop.RunUntil([&] { return SaidWith("well again") == 3; }));
  EXPECT_EQ(binds(), 4);
}

TEST_F(DirectoryLogin, AnAccountThatIsLockedIsLeftInPeace) {
  Write("old");
  for (int i = 0; i < 5; ++i) {
    const auto each = Open(AsService({slapd.uri()}));
    ASSERT_TRUE(loop.RunUntil([&] { return SaidWith("FAILS") == i + 1; }));
  }
  EXPECT_EQ(binds(), 5);
  Write("secret");
  const auto directory = Open(AsService({slapd.uri()}));
  ASSERT_TRUE(loop.RunUntil([&] { return SaidWith("FAILS") == 6; }));
  EXPECT_EQ(SaidWith("Invalid credentials (49): wrong password, or the account "
                     "is locked"),
            6);
  EXPECT_EQ(binds(), 6);
}

// Uses virtual time. The other server may have to wait once, because the
// account may be at fault.
TEST_F(DirectoryLogin, AServerThatRefusesTheAccountKeepsNoOtherAway) {
  Write("secret");
  Slapd behind;  // it lacks the account
  const Slapd::Options options = Policed();
  behind.Load("full", Slapd::Base() + Controls() + People(), options);
  behind.Start(options);
  slapd.Stop();  // so that the other one is asked first
  DirectoryPolicy policy = AsService({behind.uri(), slapd.uri()});
  ManualExecutor still;
  Directory directory(std::make_shared<const DirectoryPolicy>(policy), &still,
                      HealthHooks());
  const auto found = [&] {
    Asked asked(&still, &directory);
    asked.Ask("joe@example.org");
    return asked.Wait() && asked[0].present();
  };
  const auto why = [&](size_t server) {
    return directory.servers()[server].why;
  };
  ASSERT_TRUE(still.RunUntil(
      [&] { return absl::StrContains(why(0), "(49)") && !why(1).empty(); }));
  still.Advance(DirectoryWorker::kRetry);
  ASSERT_TRUE(still.RunUntil([&] {
    return absl::StrContains(
        why(1), absl::StrCat("since ", behind.uri(), " refused the same"));
  }));
  slapd.Start(options);
  still.Advance(BindAccount::kFirstWait);
  EXPECT_TRUE(still.RunUntil(found));
  // From then on it is tried at once, however often the other server refuses.
  for (int i = 0; i < 3; ++i) {
    const int refused = behind.Logged("RESULT tag=97 err=49");
    still.Advance(BindAccount::kMaxWait + BindAccount::kRefuserExtraWait);
    ASSERT_TRUE(still.RunUntil(
        [&] { return behind.Logged("RESULT tag=97 err=49") > refused; }));
    slapd.Kill();
    slapd.Start(options);
    still.Advance(DirectoryWorker::kRetry);
    EXPECT_TRUE(still.RunUntil(found)) << i;
  }
}

TEST_F(DirectoryLogin, ARefusalOfNobodyIsToldAsOne) {
  slapd.Stop();
  Slapd::Options options = Policed();
  options.global += "disallow bind_anon\n";
  slapd.Start(options);
  const auto directory = Open(PolicyFor(slapd.uri()));
  ASSERT_TRUE(loop.RunUntil([&] { return SaidWith("FAILS") == 1; }));
  EXPECT_EQ(SaidWith("bind: Inappropriate authentication (48)"), 1) << log[0];
}

TEST_F(DirectoryLogin, AHostThatHasNoAddressIsNamed) {
  const auto directory = Open(PolicyFor("ldap://nowhere.invalid"));
  ASSERT_TRUE(loop.RunUntil([&] { return SaidWith("FAILS") == 1; }));
  EXPECT_EQ(SaidWith("FAILS: name resolution: the host nowhere.invalid has no "
                     "address ("),
            1)
      << log[0];
}

TEST_F(DirectoryLogin, APortWithoutAServerIsNamed) {
  slapd.Stop();
  const auto directory = Open(PolicyFor(slapd.uri()));
  ASSERT_TRUE(loop.RunUntil([&] { return SaidWith("FAILS") == 1; }));
  EXPECT_EQ(SaidWith("FAILS: connect: refused ("), 1) << log[0];
  EXPECT_EQ(SaidWith("is the directory server running there, is the port "
                     "right, and does the network lead to it?; recipients"),
            1)
      << log[0];
}

// getaddrinfo(3) has no time limit. Lookups do not wait for it, and the state
// says why, although no attempt to connect has failed yet.
TEST_F(DirectoryLogin, ANameWhoseResolutionHangsIsAFailureAfterTheTimeout) {
  HostNames names;
  names.Set("ldap.example.org", {"127.0.0.1"});
  names.Hang(true);
  DirectoryPolicy policy =
      PolicyFor(absl::StrCat("ldap://ldap.example.org:", slapd.port()));
  ManualExecutor still;
  HealthHooks hooks = Hooks();
  auto directory = std::make_unique<Directory>(
      std::make_shared<const DirectoryPolicy>(policy), &still, hooks);
  ASSERT_TRUE(
      still.RunUntil([&] { return names.Lookups("ldap.example.org") > 0; }));
  Asked asked(&still, directory.get());
  asked.Ask("joe@example.org");
  still.Advance(policy.timeout - absl::Nanoseconds(1));
  asked.Ask("joe@example.org");
  EXPECT_EQ(asked.answered(), 0u);
  EXPECT_FALSE(directory->servers()[0].failing);
  still.Advance(absl::Nanoseconds(1));
  asked.Ask("joe@example.org");
  still.RunReady();
  ASSERT_EQ(asked.answered(), 3u);  // at once, with those that have waited
  for (size_t i = 0; i < asked.size(); ++i) EXPECT_EQ(asked.times(i), 1);
  EXPECT_EQ(asked[0].reason(),
            "name resolution: not done after 3s, and still waiting; DNS does "
            "not answer on this machine (try: getent hosts ldap.example.org)");
  EXPECT_TRUE(directory->servers()[0].failing);
  EXPECT_EQ(directory->servers()[0].why, asked[0].reason());
  EXPECT_EQ(SaidWith("FAILS"), 1);
  EXPECT_EQ(troubles, 1);
  names.Hang(false);
  EXPECT_TRUE(still.RunUntil([&] { return !directory->servers()[0].failing; }));
  asked.Ask("joe@example.org");
  ASSERT_TRUE(asked.Wait());
  EXPECT_TRUE(asked[3].present()) << asked[3].ToString();
}

// The queue of the listener is full, so the kernel may not accept the
// connection.
TEST_F(DirectoryLogin, AConnectThatHangsIsToldAsOne) {
  const int full = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(full, any, size), 0);
  ASSERT_EQ(listen(full, 0), 0);
  ASSERT_EQ(getsockname(full, any, &size), 0);
  std::vector<int> filling;
  for (int i = 0; i < 4; ++i) {
    filling.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    connect(filling.back(), any, size);
  }
  DirectoryPolicy policy =
      PolicyFor(absl::StrCat("ldap://127.0.0.1:", ntohs(address.sin_port)));
  policy.timeout = absl::Seconds(1);
  const auto directory = Open(policy);
  ASSERT_TRUE(loop.RunUntil([&] { return SaidWith("FAILS") == 1; }));
  EXPECT_EQ(
      SaidWith("no answer within 1s; is the host up, and does a firewall"), 1)
      << log[0];
  for (const int fd : filling) close(fd);
  close(full);
}

// A database with the base "", like a global catalog: its people are in two
// trees.
TEST_F(DirectoryLogin, TheRootIsSearchedFromAsAnyBase) {
  slapd.Stop();
  Slapd::Options options = Policed();
  options.global += "defaultsearchbase \"dc=example,dc=org\"\n";
  slapd.Start(options);
  DirectoryPolicy policy = PolicyFor(slapd.uri());
  policy.base = "";
  const auto directory = Open(policy);
  EXPECT_TRUE(Resolve(directory.get(), "joe@example.org").present());
  EXPECT_TRUE(Resolve(directory.get(), "nobody@example.org").proven());
}

// Real messages of Active Directory.
TEST(BindRefusalTest, TheNumbersOfActiveDirectoryAreExplained) {
  const auto said = [](const std::string& data) {
    return std::string(ActiveDirectoryReason(
        "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext "
        "error, data " +
        data + ", v3839"));
  };
  EXPECT_EQ(said("52e"), "wrong password");
  EXPECT_EQ(said("775"), "the account is locked");
  EXPECT_EQ(said("532"), "the password has expired");
  EXPECT_EQ(said("773"), "the password must be changed before the first use");
  EXPECT_EQ(said("533"), "the account is disabled");
  EXPECT_EQ(said("51f"), "");
  EXPECT_EQ(said(""), "");
  EXPECT_EQ(ActiveDirectoryReason("no data 775"), "");
  DirectoryPolicy policy;
  policy.bind_dn = "AD\\svc";
  policy.bind_password_file = "/etc/password";
  EXPECT_EQ(
      DescribeBindRefusal(policy, false,
                          "Invalid credentials (49): 80090308: LdapErr: "
                          "DSID-0C090447, comment: AcceptSecurityContext "
                          "error, data 775, v3839"),
      "it refuses bind_dn AD\\svc: Invalid credentials (49): 80090308: "
      "LdapErr: "
      "DSID-0C090447, comment: AcceptSecurityContext error, data 775, v3839: "
      "wrong password, or the account is locked (Active Directory says: the "
      "account is locked). Put the right password into /etc/password, which is "
      "looked at each second, or unlock the account and send mailverdictd a "
      "SIGHUP. Until then it is tried rarely, since each attempt may lock the "
      "account again");
}

TEST(BindRefusalTest, EachKindOfBindHasItsOwnCure) {
  DirectoryPolicy policy;
  EXPECT_EQ(DescribeBindRefusal(policy, false, "Invalid credentials (49)"),
            "it refuses an anonymous bind: Invalid credentials (49): write "
            "bind_dn and bind_password_file");
  policy.tls.certificate = "/etc/client.pem";
  EXPECT_EQ(DescribeBindRefusal(policy, true, "Invalid credentials (49)"),
            "it refuses the account of our certificate /etc/client.pem: "
            "Invalid credentials (49): map the certificate's name to an "
            "account that may bind, or give another certificate_file, which "
            "is then used at once");
  // The codes of a server that is busy or starting do not reject the account.
  for (const int code : {49, 19, 53}) EXPECT_TRUE(IsBindRefusal(code));
  for (const int code : {0, 1, 8, 32, 48, 50, 51, 52, 80, -1}) {
    EXPECT_FALSE(IsBindRefusal(code)) << code;
  }
}

class DirectoryIndex : public DirectoryFixture {
 protected:
  // A database as after adding `index mail,uid eq` without slapindex: a search
  // finds only the entries that were added since.
  void SetUp() override {
    Slapd::Options before;
    before.index = "";
    slapd.Load("full",
               Slapd::Base() + Slapd::Person("old", {"old@example.org"}) +
                   Slapd::Person("joe", {"joe@example.org"}),
               before);
    slapd.Load("full", Slapd::Person("young", {"young@example.org"}) +
                           Slapd::Person("jane", {"jane@example.org"}));
    slapd.Start();
  }
  DirectoryPolicy With(std::vector<Control> controls) {
    DirectoryPolicy policy = PolicyFor(slapd.uri());
    policy.filter = *FilterTemplate::Parse("(mail=%a)");
    policy.controls = std::move(controls);
    return policy;
  }
  const Control old{"mail", "old@example.org", Dn("old")};
  const Control young{"mail", "young@example.org", Dn("young")};
};

TEST_F(DirectoryIndex, AnOldControlAndAYoungOneSeeThatItLacksTheOldEntries) {
  const auto directory = Open(With({old, young}));
  for (const char* who : {"joe@example.org", "nobody@example.org"}) {
    const Answer answer = Resolve(directory.get(), who);
    EXPECT_TRUE(answer.unknown()) << answer.ToString();
    EXPECT_TRUE(absl::StrContains(answer.reason(), "old@example.org"))
        << answer.reason();
  }
  EXPECT_TRUE(Resolve(directory.get(), "jane@example.org").present());
}

// docs/directory.md says this, and --check warns of it.
TEST_F(DirectoryIndex, AYoungControlAloneDoesNotSeeIt) {
  const auto directory = Open(With({young}));
  EXPECT_TRUE(Resolve(directory.get(), "joe@example.org").proven());
}

}  // namespace
}  // namespace mailverdict
