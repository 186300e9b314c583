// Fuzzes LmtpDialogue with two peers that send anything, in any split.
// Requires:
//   - the backend gets the client's bytes in order, without STARTTLS lines, and
//     nothing else;
//   - the client gets the backend's whole replies, all of them and in order: as
//     they are, softened, or (LHLO) without STARTTLS. Between them may come our
//     454, and at the end our 421. So no success is invented;
//   - a 5xx passes only if it may stand at some step, and never as a greeting;
//   - the outcome does not depend on the split (unless the end depends on what
//   has
//     come by then).
// The input is what the peers send. The bytes kClient, kBackend and so on,
// below, say which peer sends the bytes after them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/deliver/lmtp/dialogue.h"
#include "adapters/deliver/lmtp/refusal.h"
#include "adapters/deliver/lmtp/reply.h"
#include "tests/fuzz/require.h"

namespace {

using namespace mailverdict::deliver;
using mailverdict::Require;

constexpr char kClient = '\x01';
constexpr char kBackend = '\x02';
constexpr char kClientCloses = '\x03';
constexpr char kBackendCloses = '\x04';
constexpr char kStop = '\x05';
constexpr std::string_view kEnds = "\x03\x05";
constexpr std::string_view kSwitches = "\x01\x02\x03\x04\x05";

constexpr std::string_view kOurStartTls =
    "454 4.7.0 TLS is not available here\r\n";

const RefusalCodes& Codes() {
  static const auto* const codes = new RefusalCodes{{"5.2.1"}, {"5.3.0"}};
  return *codes;
}

bool MayStandSomewhere(std::string_view reply) {
  for (const LmtpStep step : {LmtpStep::kMail, LmtpStep::kRcpt, LmtpStep::kData,
                              LmtpStep::kMessage}) {
    if (ClassifyRefusal(step, reply, Codes()) != Refusal::kTemporary) {
      return true;
    }
  }
  return false;
}

// What went into a dialogue, and what came out.
struct Flow {
  std::string client, backend;        // bytes that the peers sent
  std::string to_client, to_backend;  // bytes that the peers got
  std::string failure;
  bool done = false;
};

// Feeds `split` bytes at a time. The peers take at once what there is for them.
class Run {
 public:
  Run(size_t split, size_t buffer_bytes)
      : split_(split), dialogue_(LmtpOptions{Codes(), buffer_bytes}) {}

  Flow All(std::string_view input) {
    bool client = true;
    while (!input.empty()) {
      const size_t size =
          std::min(input.find_first_of(kSwitches), input.size());
      Feed(client, input.substr(0, size));
      input.remove_prefix(size);
      if (input.empty()) break;
      client = input[0] == kClient || (client && input[0] != kBackend);
      if (input[0] == kClientCloses) dialogue_.ClientClosed();
      if (input[0] == kBackendCloses) dialogue_.BackendClosed();
      if (input[0] == kStop) dialogue_.Stop();
      Settle();
      input.remove_prefix(1);
    }
    flow_.failure = dialogue_.failure();
    flow_.done = dialogue_.done();
    return flow_;
  }

 private:
  void Feed(bool client, std::string_view bytes) {
    while (!bytes.empty()) {
      const size_t room =
          client ? dialogue_.ClientRoom() : dialogue_.BackendRoom();
      // Bytes that find no room are dropped, as if they were never sent.
      const std::string part(bytes.substr(0, std::min(split_, room)));
      if (part.empty()) return;
      bytes.remove_prefix(part.size());
      (client ? flow_.client : flow_.backend) += part;
      if (client) {
        dialogue_.FromClient(part);
      } else {
        dialogue_.FromBackend(part);
      }
      Settle();
    }
  }

  void Settle() {
    for (;;) {
      const size_t for_client = Part(dialogue_.to_client().size());
      const size_t for_backend = Part(dialogue_.to_backend().size());
      if (for_client > 0) {
        flow_.to_client += dialogue_.to_client().substr(0, for_client);
        dialogue_.SentToClient(for_client);
      } else if (dialogue_.question() != nullptr) {
        const LmtpQuestion& question = *dialogue_.question();
        Require(question.reply[0] == '5', "a question is about a 5xx");
        dialogue_.Answer(question.recipient.size() % 2 == 0);
      } else if (for_backend > 0) {
        flow_.to_backend += dialogue_.to_backend().substr(0, for_backend);
        dialogue_.SentToBackend(for_backend);
      } else {
        return;
      }
    }
  }
  size_t Part(size_t size) const { return std::min(size, 3 * split_); }

  const size_t split_;
  LmtpDialogue dialogue_;
  Flow flow_;
};

// Whether both had the same outcome. Our 421 drops the bytes that the backend
// has not taken yet, so one may have fewer of those.
bool Same(const Flow& a, const Flow& b) {
  const size_t size = std::min(a.to_backend.size(), b.to_backend.size());
  return a.to_client == b.to_client && a.done == b.done &&
         a.failure == b.failure &&
         a.to_backend.substr(0, size) == b.to_backend.substr(0, size) &&
         (a.to_backend.size() == b.to_backend.size() || !a.failure.empty());
}

// Removes the first line of `bytes` and returns it.
std::string_view TakeLine(std::string_view* bytes) {
  const size_t end = std::min(bytes->find('\n'), bytes->size() - 1);
  const std::string_view line = bytes->substr(0, end + 1);
  bytes->remove_prefix(line.size());
  return line;
}

bool IsStartTls(std::string_view line) {
  const auto command = ParseCommand(line);
  return command && command->verb == Verb::kStartTls;
}

// A command begins where a line does, or where the chunk of a BDAT ended.
void CheckBackend(const Flow& flow) {
  std::string_view sent = flow.client, got = flow.to_backend;
  bool chunks = false;
  while (!got.empty()) {
    Require(!sent.empty(), "the backend gets no more than was sent");
    const std::string_view line = TakeLine(&sent);
    const size_t most = std::min(line.size(), got.size());
    size_t same = static_cast<size_t>(
        std::mismatch(line.begin(), line.begin() + most, got.begin()).first -
        line.begin());
    if (same < most) {
      while (same > 0 && !IsStartTls(line.substr(same))) --same;
      Require(IsStartTls(line.substr(same)) && (same == 0 || chunks),
              "the backend gets what was sent");
    }
    got.remove_prefix(same);
    const auto command = ParseCommand(line);
    chunks |= command && command->verb == Verb::kBdat;
  }
}

// Removes the first reply of `bytes` and returns it.
std::string_view TakeReply(std::string_view* bytes) {
  size_t length = 0;
  if (ReplyReader().Next(*bytes, &length) != ReplyReader::Result::kOne) {
    return "";
  }
  const std::string_view reply = bytes->substr(0, length);
  bytes->remove_prefix(length);
  return reply;
}

void CheckClient(const Flow& flow) {
  std::string_view got = flow.to_client;
  if (!flow.failure.empty()) {
    const std::string end = flow.failure + "\r\n";
    Require(end.substr(0, 4) == "421 ", "our last word is a 421");
    Require(
        got.size() >= end.size() && got.substr(got.size() - end.size()) == end,
        "our last word is the last");
    got.remove_suffix(end.size());
  }
  std::string_view said = flow.backend;
  while (!got.empty()) {
    const std::string_view seen = TakeReply(&got);
    Require(!seen.empty(), "the client gets whole replies");
    std::string_view rest = said;
    const std::string_view reply = TakeReply(&rest);
    const bool refuses = !reply.empty() && reply[0] >= '4';
    if (seen[0] == '5') {
      Require(MayStandSomewhere(seen), "a 5xx of the session does not pass");
      Require(said.size() < flow.backend.size(), "nor a 5xx greeting");
    }
    if (!reply.empty() && (seen == reply || seen == WithoutStartTls(reply) ||
                           (refuses && seen == Softened(reply)))) {
      said = rest;
    } else {
      Require(seen == kOurStartTls, "the client gets what the backend said");
    }
  }
  if (!flow.done) {
    Require(TakeReply(&said).empty(), "no whole reply is held back");
  }
}

Flow Check(std::string_view input, size_t split, size_t buffer_bytes) {
  const Flow flow = Run(split, buffer_bytes).All(input);
  CheckBackend(flow);
  CheckClient(flow);
  return flow;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A longer input would reach the bounds of the buffers, where the outcome
  // does depend on the split.
  const std::string_view input(reinterpret_cast<const char*>(data),
                               std::min<size_t>(size, 60000));
  const Flow whole = Check(input, input.size(), 64 * 1024);
  const bool ends = input.find_first_of(kEnds) != input.npos;
  for (const size_t split : {1, 5}) {
    const Flow parts = Check(input, split, 64 * 1024);
    Require(ends || Same(parts, whole), "any split is like at once");
    Check(input, split, 40);
  }
  return 0;
}
