// A fixture for tests of socketmap::Server.

#ifndef MAILVERDICT_ADAPTERS_SOCKETMAP_SERVER_TESTING_H_
#define MAILVERDICT_ADAPTERS_SOCKETMAP_SERVER_TESTING_H_

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/server/client_testing.h"
#include "adapters/socketmap/server.h"
#include "gtest/gtest.h"
#include "lib/loop/run_until_testing.h"

namespace mailverdict::socketmap {

using server::Client;

// A server on a unix socket, and what its clients see.
class ServerTest : public ::testing::Test {
 protected:
  ServerTest() : loop_(*EventLoop::Create()) {
    char name[] = "/tmp/mv-server-XXXXXX";
    directory_ = mkdtemp(name);
    path_ = directory_ + "/map";
  }
  ~ServerTest() override {
    server_.reset();
    rmdir(directory_.c_str());
  }

  // Starts a server. A request for the map "later" is not answered; its
  // Responder is added to late_. A request for "big" gets as many bytes as its
  // key says. Any other request gets "OK" and its key, at once.
  void Start(const ServerLimits& limits = {}, const std::string& address = "") {
    server_ = std::make_unique<Server>(
        loop_.get(),
        [this](const Request& request, Responder reply) {
          if (request.map == "later") {
            late_.push_back(std::move(reply));
          } else if (request.map == "big") {
            reply.Send(std::string(std::stoul(std::string(request.key)), 'x'));
          } else {
            reply.Send("OK " + std::string(request.key));
          }
        },
        [this](Severity, std::string_view line) { log_.emplace_back(line); },
        limits);
    const absl::Status status =
        server_->Listen(address.empty() ? "unix:" + path_ : address);
    ASSERT_TRUE(status.ok()) << status;
  }

  std::unique_ptr<Client> NewClient() {
    auto client = std::make_unique<Client>(AF_UNIX);
    EXPECT_TRUE(ConnectUnix(client.get())) << strerror(errno);
    return client;
  }
  bool ConnectUnix(Client* client) { return client->ConnectUnix(path_); }
  bool Until(const std::function<bool()>& condition) {
    return RunUntil(loop_.get(), condition);
  }
  // Runs the loop until it has nothing to do.
  void Settle() {
    for (int i = 0; i < 3; ++i) {
      loop_->Post([this] { loop_->Stop(); });
      loop_->Run();
    }
  }
  // Whether `client` gets exactly `bytes`.
  ::testing::AssertionResult Gets(Client* client, const std::string& bytes) {
    Until([&] {
      return client->received().size() >= bytes.size() || client->closed();
    });
    if (client->received() == bytes) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "got " << client->received();
  }

  std::unique_ptr<EventLoop> loop_;
  std::string directory_, path_;
  std::vector<Responder> late_;
  std::vector<std::string> log_;
  std::unique_ptr<Server> server_;
};

}  // namespace mailverdict::socketmap

#endif  // MAILVERDICT_ADAPTERS_SOCKETMAP_SERVER_TESTING_H_
