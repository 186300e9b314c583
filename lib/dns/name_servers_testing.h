// DNS servers for tests, without privileges, on ports of 127.0.0.1: a real NSD
// (an authority), a real Unbound (a cache), and a server that gives scripted
// answers.
//
//   Nsd authority;
//   authority.Start({{"example.org", Nsd::Zone() + "www A 192.0.2.1\n"}});
//   Unbound cache;
//   cache.Start(authority.port(), {"example.org"});
//   ... cache.server() ...

#ifndef MAILVERDICT_LIB_DNS_NAME_SERVERS_TESTING_H_
#define MAILVERDICT_LIB_DNS_NAME_SERVERS_TESTING_H_

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/dns/servers.h"
#include "lib/loop/executor.h"

namespace mailverdict {

// The common part of NSD and Unbound: a program, its files and its port.
class DnsDaemon {
 public:
  DnsDaemon(const DnsDaemon&) = delete;
  DnsDaemon& operator=(const DnsDaemon&) = delete;

  void Stop();   // SIGKILL, and waits for its end
  void Pause();  // SIGSTOP: silence
  void Resume();

  int port() const { return port_; }
  DnsServer server() const;

 protected:
  explicit DnsDaemon(const std::string& program);
  ~DnsDaemon();

  // Starts the program, and returns when it accepts connections.
  void Run(const std::vector<std::string>& options);
  const std::string& directory() const { return directory_; }

 private:
  bool TakesConnections() const;

  std::string directory_;
  const std::string program_;
  const int port_;
  pid_t pid_ = 0;
};

class Nsd : public DnsDaemon {
 public:
  Nsd() : DnsDaemon("/usr/sbin/nsd") {}

  // The first lines of a zone file: an SOA with TTL 300 and minimum 60, and an
  // NS.
  static std::string Zone();

  // Serves `zones`: the text of each zone file by the zone's name. A zone
  // without text cannot be loaded and answers SERVFAIL. Names in no zone are
  // REFUSED. Also listens at the address `also`, if it is not empty.
  void Start(const std::map<std::string, std::string>& zones,
             const std::string& also = "");
};

class Unbound : public DnsDaemon {
 public:
  Unbound() : DnsDaemon("/usr/sbin/unbound") {}

  // Asks the server at `port`: as an authority for `zones`, and as a cache for
  // all other names (which it is not). `more` has further lines of the
  // "server:" clause.
  void Start(int port, const std::vector<std::string>& zones,
             const std::string& more = "");
};

// Gives the answers of a script, over UDP only, on the loop of the test. The
// answer "" means silence.
class ScriptedDns {
 public:
  using Script = std::function<std::string(std::string_view question)>;

  ScriptedDns(Executor* loop, Script script);
  ~ScriptedDns();

  DnsServer server() const;
  int asked() const { return asked_; }
  // The ports that questions came from.
  const std::set<int>& ports() const { return ports_; }

 private:
  void Answer();

  const Script script_;
  const int fd_;
  int port_ = 0;
  int asked_ = 0;
  std::set<int> ports_;
  std::unique_ptr<Executor::Watch> watch_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_NAME_SERVERS_TESTING_H_
