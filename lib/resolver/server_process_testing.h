// Helps tests to start real servers. An error throws std::runtime_error, which
// fails the test.

#ifndef MAILVERDICT_LIB_RESOLVER_SERVER_PROCESS_TESTING_H_
#define MAILVERDICT_LIB_RESOLVER_SERVER_PROCESS_TESTING_H_

#include <netinet/in.h>
#include <sys/types.h>

#include <string>
#include <vector>

namespace mailverdict {

// Returns the full path of `path` in the package of a server. tests/setup.sh
// unpacks these packages without installing them.
std::string Packaged(const std::string& path);

std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& text);

sockaddr_in SocketAddress(const std::string& address, int port);
// A port of 127.0.0.1 that is free for TCP and UDP.
int FreePort();

// Starts a program. Its output goes to the end of `log`. It does not outlive
// the test.
pid_t Spawn(const std::vector<std::string>& words, const std::string& log);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVER_SERVER_PROCESS_TESTING_H_
