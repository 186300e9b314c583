#include "lib/ldap/slapd_testing.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "lib/resolver/server_process_testing.h"

namespace mailverdict {
namespace {

std::string Program() { return Packaged("/usr/sbin/slapd"); }

[[noreturn]] void Fail(const std::string& what) {
  throw std::runtime_error("slapd for tests: " + what);
}

}  // namespace

// A port that is bound on any address but not listened at. The kernel gives it
// to no other program; slapd may listen there, because it sets SO_REUSEADDR as
// this does.
class Slapd::Port {
 public:
  Port() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_in address = SocketAddress("0.0.0.0", 0);
    socklen_t size = sizeof(address);
    if (bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      Fail("no port is free");
    }
    number_ = ntohs(address.sin_port);
  }
  ~Port() { close(fd_); }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  int number() const { return number_; }

 private:
  const int fd_;
  int number_ = 0;
};

Slapd::Slapd()
    : Slapd("127.0.0.1", std::make_shared<const Port>(),
            std::make_shared<const Port>()) {}

Slapd::Slapd(const std::string& address, const Slapd& other)
    : Slapd(address, other.port_, other.tls_port_) {}

Slapd::Slapd(const std::string& address, std::shared_ptr<const Port> port,
             std::shared_ptr<const Port> tls_port)
    : address_(address),
      port_(std::move(port)),
      tls_port_(std::move(tls_port)) {
  if (access(Program().c_str(), X_OK) != 0) {
    Fail(absl::StrCat(Program(), " is missing; ./check unpacks it"));
  }
  // Not in TEST_TMPDIR, whose path may be too long for a unix socket.
  std::string name = "/tmp/slapd.XXXXXX";
  if (mkdtemp(name.data()) == nullptr) Fail("no directory in /tmp");
  directory_ = name;
}

Slapd::~Slapd() {
  if (pid_ != 0) End(SIGKILL);
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string Slapd::Base() {
  return "dn: dc=example,dc=org\nobjectClass: domain\ndc: example\n\n"
         "dn: ou=people,dc=example,dc=org\nobjectClass: organizationalUnit\n"
         "ou: people\n\n";
}

std::string Slapd::Person(std::string_view name,
                          const std::vector<std::string>& mail,
                          const std::vector<std::string>& alternate) {
  const absl::string_view uid(name.data(), name.size());
  std::string ldif = absl::StrCat(
      "dn: uid=", uid, ",ou=people,dc=example,dc=org\n",
      "objectClass: inetOrgPerson\nobjectClass: testMailUser\n", "uid: ", uid,
      "\ncn: ", uid, "\nsn: ", uid, "\nuserPassword: secret\n");
  for (const std::string& m : mail) absl::StrAppend(&ldif, "mail: ", m, "\n");
  for (const std::string& a : alternate) {
    absl::StrAppend(&ldif, "mailAlternateAddress: ", a, "\n");
  }
  return ldif + "\n";
}

std::string Slapd::WriteConfig(const Options& options) const {
  const std::string path = directory_ + "/slapd.conf";
  const std::string schemas = Packaged("/etc/ldap/schema");
  WriteFile(
      path,
      absl::StrCat(
          "include ", schemas, "/core.schema\n", "include ", schemas,
          "/cosine.schema\n", "include ", schemas, "/inetorgperson.schema\n",
          "attributetype ( 1.3.6.1.4.1.32473.1 NAME 'mailAlternateAddress'\n"
          "  EQUALITY caseIgnoreIA5Match\n"
          "  SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )\n"
          "objectclass ( 1.3.6.1.4.1.32473.2 NAME 'testMailUser' AUXILIARY\n"
          "  MAY mailAlternateAddress )\n"
          "modulepath ",
          Packaged("/usr/lib/ldap"),
          "\nmoduleload back_mdb\n"
          "threads 4\n",
          options.global,
          "database mdb\nsuffix \"dc=example,dc=org\"\n"
          "maxsize 67108864\ndbnosync\n",
          options.index, "directory ", directory_, "/", options.database, "\n",
          options.limits, options.access));
  return path;
}

void Slapd::Load(const std::string& database, const std::string& ldif,
                 Options options) {
  mkdir(absl::StrCat(directory_, "/", database).c_str(), 0700);
  options.database = database;
  const std::string config = WriteConfig(options);
  const std::string file = directory_ + "/ldif";
  WriteFile(file, ldif);
  const std::string log = directory_ + "/slapadd.log";
  const pid_t pid =
      Spawn({Program(), "-T", "add", "-q", "-f", config, "-l", file}, log);
  int status = 0;
  waitpid(pid, &status, 0);
  if (status != 0) Fail("slapadd: " + ReadFile(log));
}

void Slapd::Start(const Options& options) {
  if (pid_ != 0) Fail("it runs already");
  const std::string config = WriteConfig(options);
  const std::string urls =
      absl::StrCat(uri(), " ", unix_uri(), options.tls ? " " + tls_uri() : "");
  pid_ = Spawn(
      {Program(), "-d", options.log ? "stats" : "0", "-f", config, "-h", urls},
      directory_ + "/slapd.log");
  AwaitReady();
}

void Slapd::AwaitReady() {
  const absl::Time end = absl::Now() + absl::Seconds(30);
  const sockaddr_in address = SocketAddress(address_, port());
  for (;;) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int rc = connect(fd, reinterpret_cast<const sockaddr*>(&address),
                           sizeof(address));
    close(fd);
    if (rc == 0) return;
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_ || absl::Now() > end) {
      pid_ = 0;
      Fail("it does not start: " + ReadFile(directory_ + "/slapd.log"));
    }
    poll(nullptr, 0, 2);
  }
}

void Slapd::End(int signal) {
  kill(pid_, signal);
  kill(pid_, SIGCONT);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void Slapd::Stop() { End(SIGTERM); }
void Slapd::Kill() { End(SIGKILL); }
void Slapd::Pause() {
  kill(pid_, SIGSTOP);
  waitpid(pid_, nullptr, WUNTRACED);
}
void Slapd::Resume() { kill(pid_, SIGCONT); }

int Slapd::port() const { return port_->number(); }
int Slapd::tls_port() const { return tls_port_->number(); }

std::string Slapd::uri() const {
  return absl::StrCat("ldap://", address_, ":", port());
}

std::string Slapd::unix_uri() const {
  const std::string path =
      absl::StrReplaceAll(directory_ + "/i", {{"/", "%2F"}});
  return absl::StrCat("ldapi://", path);
}

std::string Slapd::tls_uri() const {
  return absl::StrCat("ldaps://", address_, ":", tls_port());
}

int Slapd::Logged(std::string_view text) const {
  const std::string log = ReadFile(directory_ + "/slapd.log");
  int count = 0;
  for (size_t at = log.find(text); at != std::string::npos;
       at = log.find(text, at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace mailverdict
