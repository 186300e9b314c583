#include "lib/ldap/cut_proxy_testing.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace mailverdict {
namespace {

// Returns the socket address 127.0.0.`host`:`port`.
sockaddr_in Loopback(uint32_t host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

}  // namespace

CutProxy::CutProxy(int port, Cut cut)
    : backend_port_(port), cut_(cut), wakeup_(eventfd(0, EFD_CLOEXEC)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // Another address than slapd's, so that the port of a stopped slapd stays
  // free.
  sockaddr_in address = Loopback(2, 0);
  socklen_t size = sizeof(address);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, any, size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, any, &size) != 0) {
    throw std::runtime_error("proxy for tests: cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

CutProxy::~CutProxy() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  eventfd_write(wakeup_, 1);
  thread_.join();
  for (const Pair& pair : pairs_) {
    close(pair.client);
    close(pair.server);
  }
  close(listener_);
  close(wakeup_);
}

std::string CutProxy::uri() const {
  return absl::StrCat("ldap://127.0.0.2:", port_);
}

size_t CutProxy::passed(From from) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return passed_[static_cast<int>(from)];
}

int CutProxy::connections() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return connections_;
}

void CutProxy::Forget() {
  const std::lock_guard<std::mutex> lock(mutex_);
  forget_ = true;
  eventfd_write(wakeup_, 1);
}

size_t CutProxy::forgotten() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return forgotten_;
}

void CutProxy::Say(const std::string& bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  say_ = bytes;
  eventfd_write(wakeup_, 1);
}

void CutProxy::Run() {
  for (;;) {
    std::vector<pollfd> fds = {{wakeup_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const Pair& pair : pairs_) {
      fds.push_back({pair.silent ? -1 : pair.client, POLLIN, 0});
      fds.push_back({pair.silent ? -1 : pair.server, POLLIN, 0});
    }
    poll(fds.data(), fds.size(), -1);
    if (fds[0].revents != 0) {
      eventfd_t count;
      eventfd_read(wakeup_, &count);
      const std::lock_guard<std::mutex> lock(mutex_);
      if (stop_) return;
      for (Pair& pair : pairs_) {
        send(pair.client, say_.data(), say_.size(), MSG_NOSIGNAL);
        pair.forgotten |= forget_;
      }
      say_.clear();
      forget_ = false;
    }
    for (size_t i = pairs_.size(); i-- > 0;) {
      const bool more =
          (fds[2 + 2 * i].revents == 0 || Pump(&pairs_[i], From::kClient)) &&
          (fds[3 + 2 * i].revents == 0 || Pump(&pairs_[i], From::kServer));
      if (more) continue;
      close(pairs_[i].client);
      close(pairs_[i].server);
      pairs_.erase(pairs_.begin() + static_cast<ptrdiff_t>(i));
    }
    if (fds[1].revents != 0) Accept();
  }
}

void CutProxy::Accept() {
  Pair pair;
  pair.client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  pair.server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(1, backend_port_);
  const int rc =
      connect(pair.server, reinterpret_cast<const sockaddr*>(&address),
              sizeof(address));
  const std::lock_guard<std::mutex> lock(mutex_);
  pair.first = ++connections_ == 1;
  if (rc != 0 ||
      (pair.first && cut_.after_bytes == 0 && cut_.then == Then::kClose)) {
    close(pair.client);
    close(pair.server);
    return;
  }
  pair.silent = pair.first && cut_.after_bytes == 0;
  pairs_.push_back(pair);
}

namespace {

// How long the server has for its answers to what came before the poison.
constexpr int kPatienceMs = 100;

// The size of the LDAP message (a BER sequence) at the beginning of `bytes`.
size_t SizeOfMessage(std::string_view bytes) {
  const auto byte = [bytes](size_t i) -> size_t {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
  };
  if (byte(1) < 0x80) return 2 + byte(1);
  size_t size = 0;
  const size_t length_bytes = byte(1) & 0x7f;
  for (size_t i = 0; i < length_bytes; ++i) size = size << 8 | byte(2 + i);
  return 2 + length_bytes + size;
}

// The bytes of the messages ahead of the first one that has `poison` in it.
size_t BytesBefore(std::string_view poison, std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size()) {
    const std::string_view message =
        bytes.substr(at, SizeOfMessage(bytes.substr(at)));
    if (message.find(poison) != message.npos) break;
    at += message.size();
  }
  return at;
}

}  // namespace

bool CutProxy::Pump(Pair* pair, From from) {
  const bool to_client = from == From::kServer;
  char buffer[4096];
  const ssize_t got = recv(to_client ? pair->server : pair->client, buffer,
                           sizeof(buffer), MSG_DONTWAIT);
  if (got <= 0) return false;
  if (pair->forgotten) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!to_client) forgotten_ += static_cast<size_t>(got);
    return true;
  }
  size_t pass = static_cast<size_t>(got);
  bool cut = false;
  if (!to_client && !cut_.poison.empty()) {
    pass = BytesBefore(cut_.poison, {buffer, pass});
    if (pass < static_cast<size_t>(got)) {
      send(pair->server, buffer, pass, MSG_NOSIGNAL);
      pollfd answer{pair->server, POLLIN, 0};
      poll(&answer, 1, kPatienceMs);
      Pump(pair, From::kServer);
      return false;
    }
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    size_t& passed = passed_[static_cast<int>(from)];
    if (pair->first && from == cut_.from) {
      pass = std::min(pass, cut_.after_bytes - passed);
      cut = passed + pass == cut_.after_bytes;
    }
    if (pair->first) passed += pass;
  }
  send(to_client ? pair->client : pair->server, buffer, pass, MSG_NOSIGNAL);
  if (!cut) return true;
  pair->silent = true;
  return cut_.then == Then::kSilence;
}

}  // namespace mailverdict
