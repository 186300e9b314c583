// instant_socketmap PATH: a socket map server that answers "OK pass" to
// everything at once. The floor for what a socket map can cost an MTA.

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/socketmap/codec.h"

namespace {

using mailverdict::socketmap::EncodeReply;
using mailverdict::socketmap::ReadResult;
using mailverdict::socketmap::Request;
using mailverdict::socketmap::RequestReader;

// False when the peer has gone.
bool Serve(int fd, RequestReader* reader) {
  char bytes[4096];
  const ssize_t count = read(fd, bytes, sizeof bytes);
  if (count <= 0) return false;
  reader->Feed(std::string_view(bytes, static_cast<size_t>(count)));
  Request request;
  std::string replies;
  while (reader->Next(&request) == ReadResult::kOne) {
    if (!EncodeReply("OK pass", &replies)) return false;
  }
  return write(fd, replies.data(), replies.size()) ==
         static_cast<ssize_t>(replies.size());
}

int Listen(const char* path) {
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, path, sizeof name.sun_path - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof name) != 0 ||
      listen(fd, 128) != 0) {
    return -1;
  }
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = argc == 2 ? Listen(argv[1]) : -1;
  if (listener < 0) {
    std::fputs("usage: instant_socketmap PATH, which must be free\n", stderr);
    return 64;
  }
  std::vector<pollfd> fds = {{listener, POLLIN, 0}};
  std::map<int, RequestReader> readers;
  for (;;) {
    poll(fds.data(), fds.size(), -1);
    for (size_t i = fds.size(); i-- > 1;) {
      if (fds[i].revents == 0) continue;
      const int fd = fds[i].fd;
      if (Serve(fd, &readers.at(fd))) continue;
      close(fd);
      readers.erase(fd);
      fds.erase(fds.begin() + static_cast<long>(i));
    }
    if (fds[0].revents == 0) continue;
    const int fd = accept(listener, nullptr, nullptr);
    if (fd < 0) continue;
    fds.push_back({fd, POLLIN, 0});
    readers.try_emplace(fd);
  }
}
