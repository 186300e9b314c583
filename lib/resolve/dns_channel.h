// Questions for one DNS server, by c-ares: over UDP, and over TCP when the
// answer was truncated. One server each, so that it is known who said what.
//
// c-ares waits on when what comes is not an answer to the question that was
// sent: another id, another question or none. That ends as silence.

#ifndef MAILVERDICT_LIB_RESOLVE_DNS_CHANNEL_H_
#define MAILVERDICT_LIB_RESOLVE_DNS_CHANNEL_H_

#include <ares.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "lib/core/answer.h"
#include "lib/core/lookup.h"
#include "lib/resolve/dns_server.h"
#include "lib/resolve/executor.h"

namespace mailverdict {

// Loop's thread only. It never blocks. The program must ignore SIGPIPE, since
// c-ares writes to TCP connections that may be gone. Nothing of the machine's
// settings has a say in it: neither resolv.conf nor the environment
// (RES_OPTIONS, LOCALDOMAIN).
class DnsChannel {
 public:
  // Questions sent and not answered, at a time; the others wait. Twice as many
  // small datagrams fit into a socket's buffer, as Linux counts (208 KiB,
  // hardly one of them under 768 bytes): a burst of more would lose some.
  static constexpr size_t kMaxSent = 128;
  // Questions that wait. One that has waited for the timeout is given up.
  static constexpr size_t kMaxWaiting = 4096;
  // What is said to fit into a datagram (EDNS, RFC 6891): this much comes
  // through everywhere unfragmented (dnsflagday.net/2020).
  static constexpr int kMaxDatagramBytes = 1232;

  struct Reply {
    Report report;  // with the server's name
    // Nothing came back from there: no answer in time, or nobody is there.
    bool silent = false;
  };
  using Done = std::function<void(const Reply&)>;

  // The server gets `timeout` for an answer, and again for one over TCP.
  // `executor` outlives the channel.
  DnsChannel(const DnsServer& server, absl::Duration timeout,
             Executor* executor);
  // Questions under way are dropped.
  ~DnsChannel();
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  // Asks once. Calls `done` once, never before Ask returns; it may ask again,
  // and may destroy the channel. REQUIRES: the name is canonical.
  void Ask(const DnsLookup& lookup, Done done);

  const std::string& server() const { return name_; }

 private:
  struct Question;
  struct Watches {
    std::unique_ptr<Executor::Watch> read, write;
  };

  static void OnSocketState(void* channel, int fd, int readable, int writable);
  static void OnAnswer(void* question, int status, int timeouts,
                       unsigned char* bytes, int size);
  void Send(std::unique_ptr<Question> question);
  void SendWaiting();
  void GiveUp(std::unique_ptr<Question> question, std::string why, bool silent);
  Reply Read(const Question& question, int status, std::string_view bytes);
  void Process(int read_fd, int write_fd);
  void ArmTimer();
  void Finish(std::unique_ptr<Question> question, Reply reply);
  void Deliver();

  const std::string name_;
  const absl::Duration timeout_;
  Executor* const executor_;
  ares_channel channel_ = nullptr;  // if c-ares could not be started
  std::string why_not_;             // then
  std::map<int, Watches> watches_;
  Executor::TimerId timer_ = 0;
  std::deque<std::unique_ptr<Question>> waiting_;
  size_t sent_ = 0;  // and not answered
  uint64_t asked_ = 0;
  std::vector<std::pair<Done, Reply>> finished_;  // to be delivered
  // Gone when the channel is.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVE_DNS_CHANNEL_H_
