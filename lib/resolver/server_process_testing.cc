#include "lib/resolver/server_process_testing.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "absl/strings/str_cat.h"

namespace mailverdict {

std::string Packaged(const std::string& path) {
  const char* servers = getenv("MAILVERDICT_SERVERS");
  return absl::StrCat(servers == nullptr ? "" : servers, path);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

sockaddr_in SocketAddress(const std::string& address, int port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  inet_pton(AF_INET, address.c_str(), &result.sin_addr);
  result.sin_port = htons(static_cast<uint16_t>(port));
  return result;
}

int FreePort() {
  for (int attempt = 0; attempt < 10; ++attempt) {
    const int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = SocketAddress("127.0.0.1", 0);
    socklen_t size = sizeof(address);
    auto* const where = reinterpret_cast<sockaddr*>(&address);
    const bool both = bind(tcp, where, size) == 0 &&
                      getsockname(tcp, where, &size) == 0 &&
                      bind(udp, where, size) == 0;
    close(tcp);
    close(udp);
    if (both) return ntohs(address.sin_port);
  }
  throw std::runtime_error("no port is free");
}

pid_t Spawn(const std::vector<std::string>& words, const std::string& log) {
  std::vector<char*> argv;
  for (const std::string& w : words)
    argv.push_back(const_cast<char*>(w.data()));
  argv.push_back(nullptr);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(out);
  if (pid < 0) throw std::runtime_error("cannot fork");
  return pid;
}

}  // namespace mailverdict
