// A real slapd of the test's own, unprivileged, its files in TEST_TMPDIR.
//
//   Slapd slapd;
//   slapd.Load("full", Slapd::Base() + Slapd::Person("joe", {"joe@..."}));
//   slapd.Start({.database = "full"});
//   ... slapd.uri() ...
//
// What goes wrong here (no slapd installed, say) throws std::runtime_error, and
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
    std::string limits;  // more lines for the database: "sizelimit 1\n"
    std::string global;  // more lines ahead of it: "disallow bind_anon\n"
    std::string index = "index objectClass,uid,mail,mailAlternateAddress eq\n";
    bool tls = false;  // ldaps:// as well, with what `global` says of TLS
    bool log = true;   // each operation, for Logged
  };

  Slapd();
  // At `address` ("127.0.0.2"), on the ports that `other` has at its own.
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

  // Fills a new database, or adds to one that is there, with LDIF; `options`
  // say what it needs to be read.
  void Load(const std::string& database, const std::string& ldif,
            Options options);
  void Load(const std::string& database, const std::string& ldif) {
    Load(database, ldif, Options());
  }

  // Returns when it takes connections. The same addresses each time.
  void Start(const Options& options);
  void Start() { Start(Options()); }
  void Stop();  // SIGTERM, and waits for its end
  void Kill();  // SIGKILL, likewise
  void Pause();
  void Resume();

  // Its own as long as it lives, also while it does not run.
  int port() const;
  int tls_port() const;
  std::string uri() const;       // ldap://127.0.0.1:PORT
  std::string unix_uri() const;  // ldapi://...
  std::string tls_uri() const;   // ldaps://127.0.0.1:PORT

  // What it logged since the test began: how often `text` stands there.
  int Logged(std::string_view text) const;
  int searches() const { return Logged(" SRCH base="); }
  // Files for the test's own use go there.
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
