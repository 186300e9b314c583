// A TCP proxy that breaks its first connection after a given number of bytes.
// Later connections work. Like a firewall, it can also forget the connections
// that are open.

#ifndef MAILVERDICT_LIB_LDAP_CUT_PROXY_TESTING_H_
#define MAILVERDICT_LIB_LDAP_CUT_PROXY_TESTING_H_

#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mailverdict {

class CutProxy {
 public:
  enum class From { kServer, kClient };
  enum class Then { kClose, kSilence };
  struct Cut {
    From from = From::kServer;
    size_t after_bytes = SIZE_MAX;
    Then then = Then::kClose;
    // Unless it is empty: a message of a client with this text is not passed
    // on, and its connection is closed when the server has answered what came
    // before, on every connection.
    std::string poison{};
  };

  // Passes connections on to 127.0.0.1:`port`.
  CutProxy(int port, Cut cut);
  ~CutProxy();

  std::string uri() const;
  // The bytes that the first connection has carried so far.
  size_t passed(From from) const;
  int connections() const;
  // From now on silently drops all bytes on the connections that are open now,
  // in both directions. Later connections work.
  void Forget();
  // The number of bytes from clients that Forget has dropped.
  size_t forgotten() const;
  // Sends `bytes` to all clients, as if they came from the server.
  void Say(const std::string& bytes);

 private:
  struct Pair {
    int client = -1;
    int server = -1;
    bool first = false;
    bool silent = false;
    bool forgotten = false;
  };

  void Run();
  void Accept();
  // False when the pair is done with.
  bool Pump(Pair* pair, From from);

  const int backend_port_;
  const Cut cut_;
  int listener_ = -1;
  int wakeup_ = -1;
  int port_ = 0;

  mutable std::mutex mutex_;  // guards the next six
  size_t passed_[2] = {0, 0};
  int connections_ = 0;
  bool stop_ = false;
  bool forget_ = false;
  size_t forgotten_ = 0;
  std::string say_;

  std::vector<Pair> pairs_;  // the thread's own
  std::thread thread_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_CUT_PROXY_TESTING_H_
