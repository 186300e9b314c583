#include "lib/dns/name_servers_testing.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "lib/resolver/server_process_testing.h"

namespace mailverdict {
namespace {

template <typename Condition>
bool Await(Condition condition) {
  const absl::Time end = absl::Now() + absl::Seconds(30);
  while (!condition()) {
    if (absl::Now() > end) return false;
    poll(nullptr, 0, 2);
  }
  return true;
}

}  // namespace

DnsDaemon::DnsDaemon(const std::string& program)
    : program_(Packaged(program)), port_(FreePort()) {
  if (access(program_.c_str(), X_OK) != 0) {
    throw std::runtime_error(program_ + " is missing; ./check unpacks it");
  }
  std::string name = "/tmp/dns.XXXXXX";
  if (mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error("no directory in /tmp");
  }
  directory_ = name;
}

DnsDaemon::~DnsDaemon() {
  Stop();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

// Kills the whole process group, because NSD has child processes.
void DnsDaemon::Stop() {
  if (pid_ == 0) return;
  kill(-pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
  Await([this] { return !TakesConnections(); });
}

void DnsDaemon::Pause() { kill(-pid_, SIGSTOP); }
void DnsDaemon::Resume() { kill(-pid_, SIGCONT); }

DnsServer DnsDaemon::server() const {
  return {"127.0.0.1", static_cast<uint16_t>(port_)};
}

void DnsDaemon::Run(const std::vector<std::string>& options) {
  std::vector<std::string> words = {"/usr/bin/setsid", program_};
  words.insert(words.end(), options.begin(), options.end());
  pid_ = Spawn(words, directory_ + "/log");
  const bool ready = Await([this] {
    if (waitpid(pid_, nullptr, WNOHANG) != pid_) return TakesConnections();
    pid_ = 0;
    return true;
  });
  if (!ready || pid_ == 0) {
    throw std::runtime_error(
        program_ + " does not start: " + ReadFile(directory_ + "/log"));
  }
}

bool DnsDaemon::TakesConnections() const {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = SocketAddress("127.0.0.1", port_);
  const int rc =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  close(fd);
  return rc == 0;
}

std::string Nsd::Zone() {
  return "$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\n"
         "ns A 127.0.0.1\n";
}

void Nsd::Start(const std::map<std::string, std::string>& zones,
                const std::string& also) {
  std::string config = absl::StrCat(
      "server:\n  ip-address: 127.0.0.1@", port(),
      also.empty() ? "" : absl::StrCat("\n  ip-address: ", also, "@", port()),
      "\n  username: \"\"\n", "  database: \"\"\n  zonesdir: \"", directory(),
      "\"\n  pidfile: \"", directory(),
      "/pid\"\n  xfrdfile: \"\"\n  xfrdir: \"", directory(),
      "\"\n  zonelistfile: \"", directory(), "/list\"\n  server-count: 1\n",
      "  rrl-ratelimit: 0\nremote-control:\n  control-enable: no\n");
  for (const auto& [name, text] : zones) {
    const std::string file = absl::StrCat(directory(), "/", name, ".zone");
    if (!text.empty()) WriteFile(file, text);
    absl::StrAppend(&config, "zone:\n  name: ", name, "\n  zonefile: ", file,
                    "\n");
  }
  WriteFile(directory() + "/nsd.conf", config);
  Run({"-d", "-c", directory() + "/nsd.conf"});
}

void Unbound::Start(int port, const std::vector<std::string>& zones,
                    const std::string& more) {
  std::string config = absl::StrCat(
      "server:\n  interface: 127.0.0.1\n  port: ", this->port(),
      "\n  username: \"\"\n  chroot: \"\"\n  directory: \"", directory(),
      "\"\n  pidfile: \"\"\n  use-syslog: no\n  do-daemonize: no\n",
      "  module-config: \"iterator\"\n  do-not-query-localhost: no\n",
      "  do-ip6: no\n  num-threads: 1\n  infra-host-ttl: 1\n", more,
      "remote-control:\n  control-enable: no\n",
      "forward-zone:\n  name: \".\"\n  forward-addr: 127.0.0.1@", port, "\n");
  for (const std::string& zone : zones) {
    absl::StrAppend(&config, "stub-zone:\n  name: ", zone,
                    "\n  stub-addr: 127.0.0.1@", port, "\n");
  }
  WriteFile(directory() + "/unbound.conf", config);
  Run({"-d", "-c", directory() + "/unbound.conf"});
}

ScriptedDns::ScriptedDns(Executor* loop, Script script)
    : script_(std::move(script)),
      fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_in address = SocketAddress("127.0.0.1", 0);
  socklen_t size = sizeof(address);
  auto* const where = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd_, where, size) != 0 || getsockname(fd_, where, &size) != 0) {
    throw std::runtime_error("no port is free");
  }
  port_ = ntohs(address.sin_port);
  watch_ = loop->WatchFd(fd_, Executor::Ready::kToRead, [this] { Answer(); });
}

ScriptedDns::~ScriptedDns() {
  watch_.reset();
  close(fd_);
}

DnsServer ScriptedDns::server() const {
  return {"127.0.0.1", static_cast<uint16_t>(port_)};
}

void ScriptedDns::Answer() {
  char question[4096];
  sockaddr_in from;
  socklen_t size = sizeof(from);
  auto* const where = reinterpret_cast<sockaddr*>(&from);
  const ssize_t got =
      recvfrom(fd_, question, sizeof(question), 0, where, &size);
  if (got < 0) return;
  ++asked_;
  ports_.insert(ntohs(from.sin_port));
  const std::string answer = script_({question, static_cast<size_t>(got)});
  if (answer.empty()) return;
  sendto(fd_, answer.data(), answer.size(), 0, where, size);
}

}  // namespace mailverdict
