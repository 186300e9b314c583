// Runs a real slapd for a test, without privileges. Its files are in
// TEST_TMPDIR.
//
//   Slapd slapd;
//   slapd.Load("full", Slapd::Base() + Slapd::Person("joe", {"joe@..."}));
//   slapd.Start({.database = "full"});
//   ... slapd.uri() ...
//
// A failure here, such as no installed slapd, throws std::runtime_error, which
// fails the test.

#ifndef MAILVERDICT_LIB_LDAP_SLAPD_TESTING_H_
#define MAILVERDICT_LIB_LDAP_SLAPD_TESTING_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mailverdict {

class Slapd {
 public:
  struct Options {
    std::string database = "full";  // as given to Load
    std::string access = "access to * by * read\n";
    std::string limits;  // more lines in the database: "sizelimit 1\n"
    std::string global;  // more lines before the database: "disallow bind_anon"
    std::string index = "index objectClass,uid,mail,mailAlternateAddress eq\n";
    bool tls = false;  // also listen on ldaps://; `global` has the TLS settings
    bool log = true;   // log each operation, for Logged
  };

  Slapd();
  // Listens at `address` ("127.0.0.2"), on the same ports as `other`.
  Slapd(const std::string& address, const Slapd& other);
  ~Slapd();
  Slapd(const Slapd&) = delete;
  Slapd& operator=(const Slapd&) = delete;

  // The suffix dc=example,dc=org and ou=people below it.
  static std::string Base();
  // uid=NAME,ou=people,dc=example,dc=org with password "secret".
  static std::string Person(std::string_view name,
                            const std::vector<std::string>& mail,
                            const std::vector<std::string>& alternate = {});

  // Adds LDIF to a database, which is created if it does not exist. `options`
  // are those that the LDIF needs.
  void Load(const std::string& database, const std::string& ldif,
            Options options);
  void Load(const std::string& database, const std::string& ldif) {
    Load(database, ldif, Options());
  }

  // Starts it, and returns when it accepts connections. The addresses are the
  // same each time.
  void Start(const Options& options);
  void Start() { Start(Options()); }
  void Stop();  // SIGTERM, and waits for its end
  void Kill();  // SIGKILL, likewise
  void Pause();
  void Resume();

  // The ports stay reserved as long as this object exists, also while slapd
  // does not run.
  int port() const;
  int tls_port() const;
  std::string uri() const;       // ldap://127.0.0.1:PORT
  std::string unix_uri() const;  // ldapi://...
  std::string tls_uri() const;   // ldaps://127.0.0.1:PORT

  // How often `text` occurs in the log since the test began.
  int Logged(std::string_view text) const;
  int searches() const { return Logged(" SRCH base="); }
  // A directory that the test may use for its files.
  const std::string& directory() const { return directory_; }

 private:
  class Port;
  Slapd(const std::string& address, std::shared_ptr<const Port> port,
        std::shared_ptr<const Port> tls_port);
  std::string WriteConfig(const Options& options) const;
  void End(int signal);
  void AwaitReady();

  std::string directory_;
  const std::string address_;
  const std::shared_ptr<const Port> port_, tls_port_;
  pid_t pid_ = 0;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_SLAPD_TESTING_H_
