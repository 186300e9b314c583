// Questions for one DNS server, by c-ares: over UDP, and over TCP when the
// answer was truncated. One server each, so that it is known who said what.
//
// c-ares waits on when what comes is not an answer to the question that was
// sent: another id, another question or none. That ends as silence.
//
// c-ares 1.18 keeps its socket, and so its port, while questions are under way,
// which spares a forger half of the guessing (RFC 5452). So each question has a
// c-ares channel to itself: a port that the system picks, and a buffer.

#ifndef MAILVERDICT_LIB_DNS_CHANNEL_H_
#define MAILVERDICT_LIB_DNS_CHANNEL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "lib/core/answer.h"
#include "lib/core/lookup.h"
#include "lib/dns/message.h"
#include "lib/dns/servers.h"
#include "lib/loop/executor.h"

namespace mailverdict {

// Loop's thread only. It never blocks. The program must ignore SIGPIPE, since
// c-ares writes to TCP connections that may be gone. Nothing of the machine's
// settings has a say in it: neither resolv.conf nor the environment
// (RES_OPTIONS, LOCALDOMAIN).
class DnsChannel {
 public:
  // Questions sent and not answered, at a time; the others wait. Each is a
  // descriptor and 76 KB of c-ares 1.18, kept for the next. A burst of them
  // has to fit into the server's buffer, too: on Linux 6.18 with its default of
  // 208 KiB, 256 datagrams of 60 bytes did.
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
    // The answer is one to a question with EDNS. c-ares leaves it out by itself
    // after a FORMERR.
    bool with_edns = false;
    // The question went out with EDNS, and that has failed or may be what
    // failed.
    EdnsDoubt edns = EdnsDoubt::kNone;
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

  // Asks once, with EDNS or without. Calls `done` once, never before Ask
  // returns; it may ask again, and may destroy the channel. REQUIRES: the name
  // is canonical.
  void Ask(const DnsLookup& lookup, bool edns, Done done);

  const std::string& server() const { return name_; }

 private:
  struct Question;
  struct Line;

  static void OnSocketState(void* line, int fd, int readable, int writable);
  static void OnAnswer(void* question, int status, int timeouts,
                       unsigned char* bytes, int size);
  std::string Open(Line* line, bool edns);
  std::string Prepare(Line* line, bool edns);
  void Send(std::unique_ptr<Question> question);
  void SendWaiting();
  void GiveUp(std::unique_ptr<Question> question, std::string why, bool silent);
  Reply Read(const Question& question, int status, std::string_view bytes);
  void Process(Line* line, int read_fd, int write_fd);
  void ArmTimer(Line* line);
  void Finish(std::unique_ptr<Question> question, Reply reply);
  void Deliver();

  const DnsServer server_;
  const std::string name_;
  const absl::Duration timeout_;
  Executor* const executor_;
  std::vector<std::unique_ptr<Line>> lines_;
  std::vector<Line*> free_;
  std::deque<std::unique_ptr<Question>> waiting_;
  uint64_t asked_ = 0;
  std::vector<std::pair<Done, Reply>> finished_;  // to be delivered
  // Gone when the channel is.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_CHANNEL_H_
