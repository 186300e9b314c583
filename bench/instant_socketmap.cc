// instant_socketmap ADDRESS: a socket map server that answers "OK pass" to
// everything at once, by the least that a server has to do: one thread, one
// epoll, a read and a write for each request. The floor for what a socket map
// can cost. ADDRESS as in a policy (lib/loop/listen.h), or a socket's
// path.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "adapters/socketmap/codec.h"
#include "lib/loop/listen.h"

namespace mailverdict {
namespace {

constexpr int kEventsAtOnce = 512;

struct Client {
  explicit Client(int fd) : fd(fd) {}
  const int fd;
  socketmap::RequestReader reader;
};

void Watch(int epoll, int fd, Client* client) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.ptr = client;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

void Accept(int epoll, int listener) {
  const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  const int on = 1;  // no effect on a unix socket
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Watch(epoll, fd, new Client(fd));
}

// False when the peer has gone.
bool Serve(Client* client) {
  char bytes[4096];
  const ssize_t count = recv(client->fd, bytes, sizeof bytes, 0);
  if (count <= 0) return false;
  client->reader.Feed(std::string_view(bytes, static_cast<size_t>(count)));
  socketmap::Request request;
  std::string replies;
  while (client->reader.Next(&request) == socketmap::ReadResult::kOne) {
    if (!socketmap::EncodeReply("OK pass", &replies)) return false;
  }
  return send(client->fd, replies.data(), replies.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(replies.size());
}

[[noreturn]] void Run(int listener) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  Watch(epoll, listener, nullptr);
  for (;;) {
    epoll_event events[kEventsAtOnce];
    const int ready = epoll_wait(epoll, events, kEventsAtOnce, -1);
    for (int i = 0; i < ready; ++i) {
      auto* client = static_cast<Client*>(events[i].data.ptr);
      if (client == nullptr) {
        Accept(epoll, listener);
      } else if (!Serve(client)) {
        close(client->fd);
        delete client;
      }
    }
  }
}

int Main(int argc, char** argv) {
  const std::string address = argc == 2 ? argv[1] : "";
  const auto listening =
      Listen(absl::StrCat(address[0] == '/' ? "unix:" : "", address));
  if (!listening.ok()) {
    std::fprintf(stderr, "instant_socketmap ADDRESS: %s\n",
                 listening.status().ToString().c_str());
    return 64;
  }
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  Run((*listening)[0].fd());
}

}  // namespace
}  // namespace mailverdict

int main(int argc, char** argv) { return mailverdict::Main(argc, argv); }
