// Asks one DNS server, with c-ares: over UDP, and again over TCP if the answer
// was truncated. Each server has its own channel, so that it is known which
// server gave an answer.
//
// c-ares ignores a message that does not answer the question (another id,
// another question or none) and keeps waiting. If nothing else comes, the
// server counts as silent.
//
// One c-ares channel of version 1.18 uses a single socket, and so a single
// port, for all questions under way. A forger who knows the port has to guess
// only the id (RFC 5452). So each question has a c-ares channel of its own,
// with a port that the system picks.

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

// Loop's thread only; never blocks. The program must ignore SIGPIPE, because
// c-ares writes to TCP connections that may be closed. The machine's settings
// (resolv.conf, RES_OPTIONS, LOCALDOMAIN) have no effect.
class DnsChannel {
 public:
  // The most questions sent and not answered yet; further ones wait. Each takes
  // a descriptor and 76 KB in c-ares 1.18, which are kept for the next
  // question. A burst also has to fit into the server's receive buffer: on
  // Linux 6.18 with its default of 208 KiB, 256 datagrams of 60 bytes fitted.
  static constexpr size_t kMaxSent = 128;
  // The most questions that wait to be sent. A question that has waited for the
  // timeout is given up.
  static constexpr size_t kMaxWaiting = 4096;
  // The datagram size that EDNS (RFC 6891) announces. Datagrams of this size
  // get through everywhere unfragmented (dnsflagday.net/2020).
  static constexpr int kMaxDatagramBytes = 1232;

  struct Reply {
    Report report;  // with the server's name
    // Nothing came back: no answer came in time, or no server listens there.
    bool silent = false;
    // The answered question had EDNS. c-ares asks again without EDNS by itself
    // after a FORMERR.
    bool with_edns = false;
    // Whether EDNS may be the cause of a failure, if the question had EDNS.
    EdnsDoubt edns = EdnsDoubt::kNone;
  };
  using Done = std::function<void(const Reply&)>;

  // The server has `timeout` for an answer over UDP, and `timeout` again over
  // TCP. `executor` outlives the channel.
  DnsChannel(const DnsServer& server, absl::Duration timeout,
             Executor* executor);
  // Drops the questions under way.
  ~DnsChannel();
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  // Asks once, with EDNS or without. Calls `done` once, never before Ask
  // returns. `done` may ask again, and may destroy the channel. REQUIRES: the
  // name is canonical.
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
  std::vector<std::pair<Done, Reply>> finished_;  // not delivered yet
  // Reset by the destructor.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_DNS_CHANNEL_H_
