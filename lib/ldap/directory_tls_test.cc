// TLS to a real slapd: which certificates are accepted, and what is logged
// about the others.

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "lib/ldap/directory_testing.h"
#include "lib/ldap/host_names_testing.h"

// libldap leaks these with each context that it makes: see SetTlsContext.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:gnutls_x509_privkey_init\nleak:gnutls_x509_crt_init\n";
}

namespace mailverdict {
namespace {

class DirectoryTls : public DirectoryFixture {
 protected:
  DirectoryTls() {
    slapd.Load("full", Slapd::Base() + Controls() + People());
    MakeCa("ca");
    MakeCa("other");
    MakeCertificate("server", "IP:127.0.0.1", "ca", 2);
    MakeCertificate("expired", "IP:127.0.0.1", "ca", -1);
    MakeCertificate("elsewhere", "DNS:ldap.example.org", "ca", 2);
    MakeCertificate("client", "DNS:mailverdict", "ca", 2);
    MakeCertificate("stranger", "DNS:mailverdict", "other", 2);
  }

  std::string File(const std::string& name) {
    return slapd.directory() + "/" + name;
  }

  Slapd::Options OptionsFor(const std::string& certificate,
                            const std::string& more = "") {
    Slapd::Options options;
    options.tls = true;
    options.global = absl::Substitute(
        "TLSCACertificateFile $0\nTLSCertificateFile $1\n"
        "TLSCertificateKeyFile $2\n$3",
        File("ca.pem"), File(certificate + ".pem"), File(certificate + ".key"),
        more);
    return options;
  }

  void Start(const std::string& certificate, const std::string& more = "",
             const std::string& access = "access to * by * read\n") {
    Slapd::Options options = OptionsFor(certificate, more);
    options.access = access;
    slapd.Start(options);
  }

  DirectoryPolicy Tls(const std::string& uri, bool start_tls,
                      const std::string& ca = "ca") {
    DirectoryPolicy policy = PolicyFor(uri);
    policy.tls.start_tls = start_tls;
    policy.tls.ca_file = File(ca + ".pem");
    // With a sanitizer, on a busy machine, a handshake takes seconds.
    policy.timeout = absl::Seconds(20);
    return policy;
  }

  void ExpectWell(const DirectoryPolicy& policy) {
    const auto directory = Open(policy);
    EXPECT_TRUE(Resolve(directory.get(), "joe@example.org").present());
    const Answer nobody = Resolve(directory.get(), "nobody@example.org");
    EXPECT_TRUE(nobody.proven()) << nobody.ToString();
  }
  void ExpectUnknown(const DirectoryPolicy& policy, const std::string& why) {
    const auto directory = Open(policy);
    for (const char* who : {"joe@example.org", "nobody@example.org"}) {
      const Answer answer = Resolve(directory.get(), who);
      EXPECT_TRUE(answer.unknown()) << answer.ToString();
      EXPECT_NE(answer.reason().find(why), std::string::npos)
          << answer.reason();
      // libldap's own words for every failed handshake must not appear.
      EXPECT_EQ(answer.reason().find("Can't contact"), std::string::npos)
          << answer.reason();
      EXPECT_EQ(answer.reason().find("Connect error"), std::string::npos)
          << answer.reason();
    }
  }

 private:
  void Run(const std::string& command) {
    const std::string all = absl::Substitute(
        "cd $0 && { $1 ; } >openssl.log 2>&1", slapd.directory(), command);
    ASSERT_EQ(std::system(all.c_str()), 0) << command;
  }
  void MakeCa(const std::string& name) {
    Run(absl::Substitute(
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=$0 "
        "-keyout $0.key -out $0.pem",
        name));
  }
  void MakeCertificate(const std::string& file, const std::string& name,
                       const std::string& ca, int days) {
    Run(absl::Substitute(
        "echo subjectAltName=$1 >ext && openssl req -newkey rsa:2048 -nodes "
        "-subj /CN=mailverdict -keyout $0.key "
        "-out csr && openssl x509 -req -in csr -CA $2.pem -CAkey $2.key "
        "-CAcreateserial -days $3 -extfile ext -out $0.pem",
        file, name, ca, days));
  }
};

// TLS cuts the entry into records of 16 KiB, several of which come at a time.
TEST_F(DirectoryTls, AnEntryOfManyRecordsIsNotWaitedFor) {
  std::vector<std::string> alternates;
  for (int i = 0; i < 3000; ++i) {
    alternates.push_back(absl::Substitute("jack-$0@example.org", i));
  }
  slapd.Load("large",
             Slapd::Base() + Controls() +
                 Slapd::Person("jack", {"jack@example.org"}, alternates));
  Slapd::Options options = OptionsFor("server");
  options.database = "large";
  slapd.Start(options);
  const DirectoryPolicy policy = Tls(slapd.tls_uri(), false);
  const auto directory = Open(policy);
  ASSERT_TRUE(Resolve(directory.get(), "jack@example.org").present());
  const absl::Time begun = absl::Now();
  for (int i = 0; i < 20; ++i) {
    const Answer answer = Resolve(directory.get(), alternates[i]);
    EXPECT_TRUE(answer.present()) << answer.ToString();
  }
  EXPECT_LT(absl::Now() - begun, policy.timeout / 2);
}

TEST_F(DirectoryTls, BothWaysToTls) {
  Start("server");
  ExpectWell(Tls(slapd.uri(), true));
  ExpectWell(Tls(slapd.tls_uri(), false));
  EXPECT_EQ(slapd.Logged("TLS established"), 2);
}

TEST_F(DirectoryTls, ACertificateOfAnotherCaIsRefused) {
  Start("server");
  ExpectUnknown(Tls(slapd.uri(), true, "other"), "certificate");
  ExpectUnknown(Tls(slapd.tls_uri(), false, "other"), File("other.pem"));
}

TEST_F(DirectoryTls, AnExpiredCertificateIsRefused) {
  Start("expired");
  ExpectUnknown(Tls(slapd.uri(), true), "expired");
  ExpectUnknown(Tls(slapd.tls_uri(), false), "expired");
}

TEST_F(DirectoryTls, ACertificateForAnotherNameIsRefused) {
  Start("elsewhere");
  ExpectUnknown(Tls(slapd.uri(), true), "host name");
  ExpectUnknown(Tls(slapd.tls_uri(), false), "host name");
  DirectoryPolicy careless = Tls(slapd.uri(), true);
  careless.tls.verify = false;
  ExpectWell(careless);
}

TEST_F(DirectoryTls, AServerWithoutTlsIsNotTalkedToInTheClear) {
  slapd.Start();
  ExpectUnknown(Tls(slapd.uri(), true), "TLS: StartTLS: the server refuses it");
  EXPECT_EQ(slapd.searches(), 0);
  EXPECT_EQ(slapd.Logged(" BIND "), 0);
}

TEST_F(DirectoryTls, AFailedHandshakeNamesStepServerAndCure) {
  Start("expired");
  for (const bool start_tls : {true, false}) {
    const std::string uri = start_tls ? slapd.uri() : slapd.tls_uri();
    ExpectUnknown(Tls(uri, start_tls),
                  absl::Substitute("TLS: the handshake with $0 failed", uri));
    ExpectUnknown(Tls(uri, start_tls), "openssl s_client");
  }
}

TEST_F(DirectoryTls, APortThatDoesNotSpeakTlsIsNamed) {
  Start("server");
  const std::string uri =
      absl::Substitute("ldaps://127.0.0.1:$0", slapd.port());
  ExpectUnknown(Tls(uri, false), "does the server speak TLS at this port");
}

TEST_F(DirectoryTls, OurCertificateIsOurName) {
  Start("server", "TLSVerifyClient try\n",
        "access to * by dn.exact=\"cn=mailverdict\" read by * none\n");
  ExpectUnknown(Tls(slapd.uri(), true), "");  // anonymous: nothing is seen
  DirectoryPolicy policy = Tls(slapd.uri(), true);
  policy.tls.certificate = File("client.pem");
  policy.tls.key = File("client.key");
  ExpectWell(policy);
  policy.uris = {slapd.tls_uri()};
  ExpectWell(policy);
  EXPECT_GE(slapd.Logged("mech=EXTERNAL"), 2);
  policy.tls.certificate = File("stranger.pem");
  policy.tls.key = File("stranger.key");
  ExpectUnknown(policy, "");
}

TEST_F(DirectoryTls, AFileThatIsMissingIsNamed) {
  Start("server");
  ExpectUnknown(Tls(slapd.uri(), true, "none"), File("none.pem"));
}

// When the name moves to another address, the certificate must still be for the
// name.
TEST_F(DirectoryTls, AServerThatHasMovedIsVerifiedByItsName) {
  HostNames names;
  names.Set("ldap.example.org", {"127.0.0.1"});
  Start("elsewhere");  // which is its name
  Slapd moved("127.0.0.2", slapd);
  moved.Load("full", Slapd::Base() + Controls() + People());
  moved.Start(OptionsFor("server"));
  const auto server = OpenServer(
      Tls(absl::Substitute("ldaps://ldap.example.org:$0", slapd.tls_port()),
          false),
      absl::Milliseconds(20));
  ASSERT_TRUE(Resolve(server.get(), "joe@example.org").present());
  names.Set("ldap.example.org", {"127.0.0.2"});
  ASSERT_TRUE(loop.RunUntil([&] { return server->state().failing; }));
  const Answer unknown = Resolve(server.get(), "joe@example.org");
  EXPECT_NE(unknown.reason().find("host name"), std::string::npos)
      << unknown.ToString();
  EXPECT_EQ(moved.searches(), 0);
  moved.Stop();
  moved.Start(OptionsFor("elsewhere"));
  ASSERT_TRUE(loop.RunUntil([&] { return !server->state().failing; }));
  EXPECT_TRUE(Resolve(server.get(), "nobody@example.org").proven());
  EXPECT_GT(moved.searches(), 0);
}

TEST_F(DirectoryTls, OneOfTwoServersWithAWrongCertificateIsPassedOver) {
  Start("expired");
  Slapd second;
  second.Load("full", Slapd::Base() + Controls() + People());
  second.Start();
  DirectoryPolicy policy = Tls(slapd.tls_uri(), false);
  policy.uris.push_back(second.uri());
  policy.confirm_absent = false;
  ExpectWell(policy);
}

}  // namespace
}  // namespace mailverdict
