// Load for a socket map server, from one thread.
//
//   socketmap_load ADDRESS REQUESTS REPLY CONNECTIONS SECONDS [RATE]
//
// REQUESTS is a file with a request in each line, "rcpt joe@example.org,...";
// each time one of them is taken at random. REPLY is what the server has to say
// to each; anything else ends the run with status 1.
//
// Without a rate the loop is closed: each connection asks as soon as it has its
// answer, as an MTA's process does. With one it is open: so many requests a
// second are due at fixed times, whatever the server does. Each takes the
// connection that has been idle longest, or waits for one, and its time counts
// from when it was due: a server that stalls is charged with all who would have
// come meanwhile (no coordinated omission).
//
// The first 200 ms are not counted. Prints {"rate": answers a second, "count":
// of them, "p50_us": ..., "p99_us": ..., "p99.9_us": ...}.
//
// With 0 SECONDS each connection asks once; then "held" is printed, and all
// stay open until the standard input ends.

#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "adapters/socketmap/codec.h"
#include "adapters/socketmap/socket_address.h"
#include "bench/latencies.h"

namespace mailverdict {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kWarmUp = kSecond / 5;
// After the last request was due. A server this far behind has failed.
constexpr int64_t kPatience = 20 * kSecond;
constexpr int kEventsAtOnce = 512;

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "socketmap_load: %s\n", what.c_str());
  std::exit(1);
}

int64_t Now() {
  return std::chrono::nanoseconds(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct Connection {
  int fd = -1;
  int64_t due = 0;      // when its request should have been sent
  size_t received = 0;  // bytes of the reply
};

class Load {
 public:
  Load(std::vector<std::string> requests, std::string reply)
      : requests_(std::move(requests)),
        reply_(std::move(reply)),
        epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

  void Connect(const SocketAddress& server, int connections);

  // Each connection asks once, and has its answer.
  void AskEachOnce();
  void RunClosed(int64_t duration);
  void RunOpen(int64_t duration, double rate);
  void Print();

 private:
  void Ask(Connection* connection, int64_t due);
  bool Receive(Connection* connection);
  template <typename OnAnswer>
  void Wait(int64_t until, OnAnswer on_answer);

  const std::vector<std::string> requests_;  // encoded
  const std::string reply_;                  // encoded
  const int epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  uint64_t random_ = 88172645463325252;  // xorshift64, Marsaglia 2003
  int64_t begin_ = 0, end_ = 0;          // what is due in between is counted
  Latencies latencies_;
  size_t answered_ = 0;  // between begin_ and end_
};

void Load::Connect(const SocketAddress& server, int connections) {
  for (int i = 0; i < connections; ++i) {
    auto connection = std::make_unique<Connection>();
    sockaddr_storage name = server.name;
    connection->fd =
        socket(server.name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, reinterpret_cast<sockaddr*>(&name),
                server.size) != 0) {
      Die(server.text + ": " + strerror(errno));
    }
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.ptr = connection.get();
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection->fd, &event);
    connections_.push_back(std::move(connection));
  }
}

void Load::Ask(Connection* connection, int64_t due) {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  const std::string& request = requests_[random_ % requests_.size()];
  connection->due = due;
  connection->received = 0;
  if (send(connection->fd, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    Die("the server takes no request");
  }
}

// Whether the whole reply is there.
bool Load::Receive(Connection* connection) {
  char bytes[1024];
  const ssize_t count = recv(connection->fd, bytes, sizeof bytes, 0);
  if (count <= 0) Die("the server has closed a connection");
  const std::string_view got(bytes, static_cast<size_t>(count));
  if (std::string_view(reply_).substr(connection->received, got.size()) !=
      got) {
    Die("a wrong reply: " + std::string(got));
  }
  connection->received += got.size();
  return connection->received == reply_.size();
}

// Takes the answers that have come, or come until then.
template <typename OnAnswer>
void Load::Wait(int64_t until, OnAnswer on_answer) {
  epoll_event events[kEventsAtOnce];
  const int64_t left = std::max<int64_t>(until - Now(), 0);
  const timespec timeout = {left / kSecond, left % kSecond};
  const int ready =
      epoll_pwait2(epoll_, events, kEventsAtOnce, &timeout, nullptr);
  for (int i = 0; i < ready; ++i) {
    auto* connection = static_cast<Connection*>(events[i].data.ptr);
    if (!Receive(connection)) continue;
    const int64_t now = Now();
    if (connection->due >= begin_ && connection->due < end_) {
      latencies_.Add(now - connection->due);
    }
    answered_ += now >= begin_ && now < end_;
    on_answer(connection, now);
  }
}

void Load::AskEachOnce() {
  size_t left = connections_.size();
  const int64_t patience = Now() + kPatience;
  for (const auto& connection : connections_) Ask(connection.get(), Now());
  while (left > 0) {
    Wait(patience, [&](Connection*, int64_t) { --left; });
    if (Now() > patience) Die("the server does not answer");
  }
}

// At least until one answer is counted: a busy machine may stall for long.
void Load::RunClosed(int64_t duration) {
  begin_ = Now() + kWarmUp;
  end_ = std::numeric_limits<int64_t>::max();
  const int64_t last = begin_ + duration;
  for (const auto& connection : connections_) Ask(connection.get(), Now());
  while (Now() < last || answered_ == 0) {
    Wait(answered_ > 0 ? last : last + kPatience,
         [this](Connection* connection, int64_t now) { Ask(connection, now); });
    if (Now() > last + kPatience) Die("the server does not answer");
  }
  end_ = Now();
}

void Load::RunOpen(int64_t duration, double rate) {
  const int64_t start = Now();
  begin_ = start + kWarmUp;
  end_ = begin_ + duration;
  std::deque<int64_t> waiting;
  std::deque<Connection*> idle;
  for (const auto& connection : connections_) idle.push_back(connection.get());
  int64_t number = 0, due = start;
  while (due < end_ || !waiting.empty() || idle.size() < connections_.size()) {
    for (const int64_t now = Now(); due <= now && due < end_;) {
      waiting.push_back(due);
      due = start + static_cast<int64_t>(static_cast<double>(++number) *
                                         kSecond / rate);
    }
    while (!waiting.empty() && !idle.empty()) {
      Ask(idle.front(), waiting.front());
      idle.pop_front();
      waiting.pop_front();
    }
    Wait(due < end_ ? due : end_ + kPatience,
         [&](Connection* connection, int64_t) { idle.push_back(connection); });
    if (Now() > end_ + kPatience) Die("the server falls behind");
  }
}

void Load::Print() {
  if (latencies_.count() == 0) Die("nothing was answered");
  std::printf(
      "{\"rate\": %.1f, \"count\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f, "
      "\"p99.9_us\": %.1f}\n",
      static_cast<double>(answered_) * kSecond /
          static_cast<double>(end_ - begin_),
      latencies_.count(), latencies_.Quantile(0.5), latencies_.Quantile(0.99),
      latencies_.Quantile(0.999));
}

std::vector<std::string> ReadRequests(const char* path) {
  std::vector<std::string> requests;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    socketmap::Request request;
    if (socketmap::ParseRequest(line, &request) !=
        socketmap::CodecError::kNone) {
      Die("no request: " + line);
    }
    socketmap::EncodeRequest(request, &requests.emplace_back());
  }
  if (requests.empty()) Die(std::string("no requests in ") + path);
  return requests;
}

// As many connections as the limit of open files allows, and sleeps that end
// when they should.
void PrepareProcess() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  prctl(PR_SET_TIMERSLACK, 1);
}

int Main(int argc, char** argv) {
  if (argc != 6 && argc != 7) {
    Die("usage: socketmap_load ADDRESS REQUESTS REPLY CONNECTIONS SECONDS "
        "[RATE]");
  }
  const auto server = ParseSocketAddress(argv[1]);
  if (!server.ok()) Die(std::string(server.status().message()));
  std::string reply;
  if (!socketmap::EncodeReply(argv[3], &reply)) Die("REPLY is too long");
  PrepareProcess();
  Load load(ReadRequests(argv[2]), reply);
  load.Connect(*server, std::atoi(argv[4]));
  const auto duration = static_cast<int64_t>(std::atof(argv[5]) * kSecond);
  if (duration == 0) {
    load.AskEachOnce();
    std::puts("held");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    return 0;
  }
  if (argc == 7) {
    load.RunOpen(duration, std::atof(argv[6]));
  } else {
    load.RunClosed(duration);
  }
  load.Print();
  return 0;
}

}  // namespace
}  // namespace mailverdict

int main(int argc, char** argv) { return mailverdict::Main(argc, argv); }
