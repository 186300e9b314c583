// Real DNS servers of the test's own, unprivileged, on ports of 127.0.0.1: NSD,
// an authority, and Unbound, a cache; and one that answers what it is told to.
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

// What the two have in common: a program, its files, its port.
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

  // Returns when it takes connections.
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

  // The head of a zone file: SOA with TTL 300 and minimum 60, and NS.
  static std::string Zone();

  // Zones by name, with the text of their files. One without text cannot be
  // loaded: SERVFAIL. What is below none of them is REFUSED. It listens at
  // `also`, too.
  void Start(const std::map<std::string, std::string>& zones,
             const std::string& also = "");
};

class Unbound : public DnsDaemon {
 public:
  Unbound() : DnsDaemon("/usr/sbin/unbound") {}

  // Asks the authority at `port`: for `zones` as an authority, for the rest as
  // another cache, which it is not. `more` are lines of the "server:" clause.
  void Start(int port, const std::vector<std::string>& zones,
             const std::string& more = "");
};

// Over UDP only, on the loop of the test. "" as an answer is silence.
class ScriptedDns {
 public:
  using Script = std::function<std::string(std::string_view question)>;

  ScriptedDns(Executor* loop, Script script);
  ~ScriptedDns();

  DnsServer server() const;
  int asked() const { return asked_; }
  // From which ports.
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
