// LMTP (RFC 2033) between a client and a mailbox server, read from in between
// so that "user unknown" does not become a bounce. No I/O: bytes in, bytes out.
//
//   LmtpDialogue dialogue(options);
//   dialogue.FromClient(bytes);               // REQUIRES: <= ClientRoom()
//   send(backend, dialogue.to_backend());     // then SentToBackend(count)
//   dialogue.FromBackend(bytes);              // REQUIRES: <= BackendRoom()
//   if (dialogue.question() != nullptr) dialogue.Answer(proven_absent);
//   send(client, dialogue.to_client());       // then SentToClient(count)
//   if (dialogue.done()) ...                  // close both
//
// Both directions pass byte for byte and in order: pipelining, BDAT, AUTH,
// XCLIENT, what we do not know. What is changed:
//   - A 5xx becomes a 4xx unless lmtp_refusal.h says that it stands, or the
//     question about its recipient is answered with a proof.
//   - An enhanced code 5.x.y in a 4xx becomes 4.x.y.
//   - STARTTLS: inside it we would see no replies. It is taken out of the reply
//     to LHLO, and a client that sends it gets a 454 of ours. (AUTH with a
//     security layer is the same: its first reply looks malformed, and that
//     ends it.)
//   - The dialogue ends with a 421 of ours, between two whole replies, when a
//     side fails; when the server refuses the session by a 5xx greeting or a
//     5xx to LHLO or RSET; and when a reply cannot be the one that is due: a
//     3xx where none can be, a 2xx to DATA, a 221 to anything but QUIT, any
//     reply without a command but 421. sendmail bounces the message at most of
//     these. After that no more bytes pass in either direction.
//
// No message is lost: there is no 2xx of ours, no reply is passed before it is
// whole, and nothing is ever added to what the client sends. No 5xx is ours.
//
// Which reply belongs to which command is known by counting. Where the backend
// might count otherwise than we do, we go blind: from then on all bytes pass
// and every 5xx becomes a 4xx, since it is not known what it answers. We go
// blind after:
//   - a command line that is not plain: control bytes, no word in front, over
//     kMaxCommandBytes. mail.local and Cyrus take the rest of a longer one for
//     a command, and cut one at a NUL. A bare LF ends a line for all of them.
//   - a "." line without CRLF on both sides, where mail.local ends a message;
//   - a malformed BDAT; a BDAT LAST that is refused once for several
//     recipients, or with no recipient at all, when Dovecot does not reply (RFC
//     2033 4.3) or does. (A BDAT that is refused as an unknown command ends the
//     dialogue: the server takes the chunk for commands.)
//   - a command that we do not know: BURL LAST has several replies;
//   - more than kMaxRecipients.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_LMTP_DIALOGUE_H_
#define MAILVERDICT_ADAPTERS_DELIVER_LMTP_DIALOGUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/deliver/lmtp/byte_queue.h"
#include "adapters/deliver/lmtp/command.h"
#include "adapters/deliver/lmtp/refusal.h"
#include "adapters/deliver/lmtp/reply.h"

namespace mailverdict::deliver {

// mail.local reads 4094 bytes, Cyrus 4095. RFC 5321 4.5.3.1.4 has 512, more
// with extensions (a RCPT with ORCPT: about 1000).
inline constexpr size_t kMaxCommandBytes = 4000;
// Pipelined commands without a reply, and recipients of one message.
inline constexpr size_t kMaxOutstanding = 1000;
inline constexpr size_t kMaxRecipients = 10000;

struct LmtpOptions {
  RefusalCodes codes;
  // What is held at most of each of four: from and to either side. A reply is
  // no longer than this, nor is a line in an AUTH dialogue; to_client() may be
  // over it by one reply.
  size_t buffer_bytes = 64 * 1024;
};

// A 5xx that does not stand by itself: a driver has to answer, and to log it.
struct LmtpQuestion {
  // Whether a proof lets it stand: the reply may mean this recipient. If not,
  // it becomes a 4xx whatever the answer is.
  bool provable = false;
  // What the reply answers, for a log: "RCPT", "the message". A literal.
  std::string_view step;
  // As in RCPT TO:<...>, without the brackets, with its quotes. Empty if no
  // single recipient is meant or the address could not be read.
  std::string recipient;
  std::string reply;  // as the backend said it, with line ends
};

// Not thread-safe.
class LmtpDialogue {
 public:
  explicit LmtpDialogue(LmtpOptions options);

  size_t ClientRoom() const;
  void FromClient(std::string_view bytes);
  // It sends no more. What it has sent whole still goes its way, and a torn
  // line does not.
  void ClientClosed();

  size_t BackendRoom() const;
  void FromBackend(std::string_view bytes);
  // It is gone: after its whole replies comes our 421, unless it has said
  // goodbye (221 or 421). A torn reply is dropped.
  void BackendClosed();

  std::string_view to_client() const { return to_client_.view(); }
  void SentToClient(size_t count);
  std::string_view to_backend() const { return to_backend_.view(); }
  void SentToBackend(size_t count);

  // While there is one, no further reply passes. Null if there is none.
  const LmtpQuestion* question() const {
    return question_.has_value() ? &*question_ : nullptr;
  }
  // Whether it is proven that the recipient does not exist. REQUIRES:
  // question() != nullptr.
  void Answer(bool proven_absent);

  // "421 4.3.0 `why`" to the client, as the last thing. `why` is a literal.
  void Fail(std::string_view why);
  // Ends with 421 4.3.2 as soon as nothing is under way.
  void Stop();

  // The backend owes replies: it is to blame for a silence.
  bool waits_for_backend() const;
  // When to_client() has been sent, close both connections.
  bool done() const { return done_; }
  // The line that we ended it with, for a log; empty if we did not.
  std::string_view failure() const { return failure_; }

 private:
  // Where the client is.
  enum class State {
    kCommand,
    kHeld,     // behind DATA or AUTH: what follows depends on the reply
    kMessage,  // behind 354
    kChunk,    // behind BDAT
    kLine,     // the client's turn in an AUTH dialogue
    kBlind,
  };
  // What a reply is to.
  enum class Kind {
    kGreeting,
    kHello,  // LHLO and its like
    kReset,
    kXclient,
    kMail,
    kRcpt,
    kData,
    kAuth,
    kChunk,
    kLastChunk,
    kRecipient,  // after the message
    kStartTls,   // ours
    kQuit,
    kOther,
    kUnclear,  // we are blind
  };
  struct Expected {
    Kind kind;
    std::string recipient;  // kRcpt, kRecipient
  };

  void Advance();
  void End(std::string_view line);
  bool idle() const;
  bool ClientIsFinished() const;
  void GoBlind();

  // Of these, each does one step and says whether it did.
  bool AdvanceClient();
  bool PassLine();
  bool PassMessage();
  bool PassChunk();
  bool PassAnswer();
  size_t Pass(size_t count);
  void Expect(const LmtpCommand& command);
  void ExpectChunk(std::string_view argument);
  void ExpectRecipients(std::deque<Expected>::iterator before);

  bool RefuseStartTls();
  bool AdvanceBackend();
  // Whether a reply with this code can be the one that is due.
  enum class Fit {
    kDue,
    kUnclear,  // it may answer several commands: go blind
    kRefusesSession,
    kWrong,
  };
  Fit FitOf(std::string_view code);
  Fit FitOfChunk(std::string_view code);
  void OnReply(const std::string& reply);
  void OnDueReply(const Expected& expected, const std::string& reply);
  void Follow(const Expected& expected, std::string_view code);
  static LmtpStep StepOf(Kind kind);
  static std::string_view NameOf(Kind kind);

  const LmtpOptions options_;
  ByteQueue from_client_, to_backend_, from_backend_, to_client_;
  State state_ = State::kCommand;
  MessageEnd message_;       // kMessage
  uint64_t chunk_left_ = 0;  // kChunk
  std::deque<Expected> expected_;
  std::vector<std::string> accepted_;  // by RCPT, of this transaction
  bool in_transaction_ = false;        // MAIL was accepted
  ReplyReader replies_;
  std::optional<LmtpQuestion> question_;
  bool client_closed_ = false, backend_closed_ = false;
  bool said_goodbye_ = false;  // the backend's last reply
  bool stopping_ = false, done_ = false;
  std::string failure_;
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_LMTP_DIALOGUE_H_
