// The state machine of an LMTP proxy (RFC 2033) between a client (the MTA) and
// a backend (the mailbox server). It passes their dialogue on, and turns "user
// unknown" into "try again later" unless the absence is proven. No I/O: bytes
// in, bytes out.
//
//   LmtpDialogue dialogue(options);
//   dialogue.FromClient(bytes);               // REQUIRES: <= ClientRoom()
//   send(backend, dialogue.to_backend());     // then SentToBackend(count)
//   dialogue.FromBackend(bytes);              // REQUIRES: <= BackendRoom()
//   if (dialogue.question() != nullptr) dialogue.Answer(proven_absent);
//   send(client, dialogue.to_client());       // then SentToClient(count)
//   if (dialogue.done()) ...                  // close both connections
//
// Both directions are forwarded byte for byte and in order, with pipelining,
// BDAT, AUTH, XCLIENT and commands that we do not know. Only this is changed:
//   - A 5xx reply becomes a 4xx unless refusal.h says that it stands, or the
//     question about its recipient is answered with a proof.
//   - An enhanced code 5.x.y in a 4xx reply becomes 4.x.y.
//   - STARTTLS is removed from the reply to LHLO, and a client that sends it
//     gets a 454 of the proxy, which could not read replies inside TLS. (An
//     AUTH mechanism with a security layer hides replies, too. Its first
//     encrypted reply looks malformed, which ends the dialogue.)
//
// The dialogue ends with a 421 of the proxy, between two whole replies, when:
//   - one side fails;
//   - the backend refuses the session: a 5xx greeting, or a 5xx to LHLO or
//     RSET;
//   - a reply cannot belong to the command that is due: a 3xx where none is
//     possible, a 2xx to DATA, a 221 to anything but QUIT, or any reply but 421
//     when no command is open.
// Most of these replies would make sendmail bounce the message. After the 421
// no bytes pass in either direction.
//
// No message is lost: the proxy never writes a 2xx or a 5xx reply of its own, a
// reply passes only when it is whole, and the proxy sends nothing to the
// backend but the client's bytes.
//
// Replies are matched with commands by counting. Where the backend might count
// differently, the dialogue goes *blind*: from then on all bytes pass, and
// every 5xx becomes a 4xx, since it is not known which command it answers. It
// goes blind after:
//   - a command line that is not plain: control bytes, no word at its front, or
//     more than kMaxCommandBytes. mail.local and Cyrus read the rest of a
//     longer line as another command, and cut a line at a NUL. (A bare LF ends
//     a line for all servers that we know.)
//   - a "." line without CRLF on both sides, where mail.local ends a message;
//   - a malformed BDAT;
//   - a BDAT LAST that is refused by one reply for several recipients;
//   - a BDAT LAST without recipients: Dovecot does not reply (RFC 2033 4.3),
//     other servers do;
//   - an unknown command: BURL LAST, for example, has several replies;
//   - more than kMaxRecipients recipients.
// A BDAT that is refused as an unknown command ends the dialogue instead, since
// that backend reads the chunk as commands.

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

// Longest command line, with its line end. mail.local reads 4094 bytes, Cyrus
// 4095. RFC 5321 4.5.3.1.4 allows 512, and more with extensions (a RCPT with
// ORCPT has about 1000).
inline constexpr size_t kMaxCommandBytes = 4000;
// The most commands that wait for a reply. At this number no further bytes are
// taken from the client.
inline constexpr size_t kMaxOutstanding = 1000;
// The most recipients of one message; with more the dialogue goes blind.
inline constexpr size_t kMaxRecipients = 10000;

struct LmtpOptions {
  RefusalCodes codes;
  // The size of each of the four buffers: from and to the client, from and to
  // the backend. A reply that is longer ends the dialogue. to_client() may be
  // longer by one reply.
  size_t buffer_bytes = 64 * 1024;
};

// A question about a 5xx reply that does not pass by itself. The caller answers
// the question with LmtpDialogue::Answer() and logs the reply.
struct LmtpQuestion {
  // True if a proof that `recipient` does not exist lets the reply stand. False
  // if the reply becomes a 4xx whatever the answer is.
  bool stands_if_absent = false;
  // What the reply answers, for the log: "RCPT", "the message". A string
  // literal.
  std::string_view step;
  // The address in RCPT TO:<...>, without the brackets, with its quotes. Empty
  // if the reply concerns no single recipient, or the address is unreadable.
  std::string recipient;
  std::string reply;  // as the backend sent it, with line ends
};

// Not thread-safe.
class LmtpDialogue {
 public:
  explicit LmtpDialogue(LmtpOptions options);

  // The number of bytes that FromClient takes now; 0 if the client must wait.
  size_t ClientRoom() const;
  // Takes bytes that the client sent. REQUIRES: bytes.size() <= ClientRoom().
  void FromClient(std::string_view bytes);
  // The client sends no more. Whole commands that it has sent are still
  // forwarded and answered; an unfinished one is dropped.
  void ClientClosed();

  // The number of bytes that FromBackend takes now; 0 if the backend must wait.
  size_t BackendRoom() const;
  // Takes bytes that the backend sent. REQUIRES: bytes.size() <= BackendRoom().
  void FromBackend(std::string_view bytes);
  // The backend has closed. Its whole replies are forwarded; an unfinished one
  // is dropped. Then the client gets a 421, unless the backend's last reply was
  // a 221 or 421.
  void BackendClosed();

  // The bytes to send to each side. The caller says how many it has sent.
  std::string_view to_client() const { return to_client_.view(); }
  void SentToClient(size_t count);
  std::string_view to_backend() const { return to_backend_.view(); }
  void SentToBackend(size_t count);

  // The open question; null if there is none. No further reply passes while a
  // question is open.
  const LmtpQuestion* question() const {
    return question_.has_value() ? &*question_ : nullptr;
  }
  // Answers the open question. `proven_absent`: it is proven that the recipient
  // does not exist. REQUIRES: question() != nullptr.
  void Answer(bool proven_absent);

  // Ends the dialogue with "421 4.3.0 `why`" to the client. `why` is a string
  // literal.
  void Fail(std::string_view why);
  // Ends the dialogue with 421 4.3.2 as soon as no transaction is open and no
  // reply is due.
  void Stop();

  // Whether the backend owes a reply, or has not taken all bytes yet. If so,
  // the backend is at fault when no bytes move.
  bool waits_for_backend() const;
  // Whether the dialogue is over. If so, send to_client(), then close both
  // connections.
  bool done() const { return done_; }
  // The 421 line with which the proxy ended the dialogue, for the log; empty if
  // it did not.
  std::string_view failure() const { return failure_; }

 private:
  // What the client's next bytes are.
  enum class State {
    kCommand,
    kAwaitingReply,  // not known before the reply to DATA or AUTH has come
    kMessage,        // the message, after a 354
    kChunk,          // a chunk, after BDAT
    kAuthLine,       // the client's line in an AUTH dialogue
    kBlind,          // not known: the dialogue is blind
  };
  // What a reply answers.
  enum class Kind {
    kGreeting,
    kHello,  // LHLO, EHLO, HELO
    kReset,
    kXclient,
    kMail,
    kRcpt,
    kData,
    kAuth,
    kChunk,
    kLastChunk,
    kRecipient,  // one recipient's reply after the message
    kStartTls,   // the proxy's own 454, in its place among the replies
    kQuit,
    kOther,
    kUnclear,  // the dialogue is blind
  };
  struct Expected {
    Kind kind;
    std::string recipient;  // kRcpt, kRecipient
  };
  // One mail transaction (RFC 5321 3.3). Always replaced whole, so that nothing
  // of one message counts for the next.
  struct Transaction {
    bool open = false;                  // MAIL was accepted
    std::vector<std::string> accepted;  // recipients, in the order of RCPT
  };

  void Advance();
  void End(std::string_view line);
  bool idle() const;
  bool ClientIsFinished() const;
  void GoBlind();

  // Each tries one step and returns whether it made one.
  bool AdvanceClient();
  bool ForwardLine();
  bool ForwardMessage();
  bool ForwardChunk();
  bool ForwardAuthLine();
  size_t Forward(size_t count);
  void Expect(const LmtpCommand& command);
  void ExpectChunk(std::string_view argument);
  void ExpectRecipients(std::deque<Expected>::iterator before);

  bool RefuseStartTls();
  bool AdvanceBackend();
  // Whether a reply with this code can answer the command that is due.
  enum class Fit {
    kDue,
    kUnclear,         // it may answer several commands: go blind
    kRefusesSession,  // end the dialogue
    kWrong,           // end the dialogue
  };
  Fit FitOf(std::string_view code);
  Fit FitOfChunk(std::string_view code);
  void OnReply(const std::string& reply);
  void OnDueReply(const Expected& expected, const std::string& reply);
  void UpdateState(const Expected& expected, std::string_view code);
  static LmtpStep StepOf(Kind kind);
  static std::string_view NameOf(Kind kind);

  const LmtpOptions options_;
  ByteQueue from_client_, to_backend_, from_backend_, to_client_;
  State state_ = State::kCommand;
  MessageEnd message_;       // kMessage
  uint64_t chunk_left_ = 0;  // kChunk
  std::deque<Expected> expected_;
  Transaction transaction_;
  ReplyReader replies_;
  std::optional<LmtpQuestion> question_;
  bool client_closed_ = false, backend_closed_ = false;
  bool said_goodbye_ = false;  // the backend's last reply was 221 or 421
  bool stopping_ = false, done_ = false;
  std::string failure_;
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_LMTP_DIALOGUE_H_
