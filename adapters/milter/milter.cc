#include "adapters/milter/milter.h"

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "adapters/milter/session.h"
#include "adapters/wire/wire.h"
#include "lib/core/replies.h"
#include "lib/loop/start_thread.h"

namespace mailverdict::milter {
namespace {

// An MTA's processes connect in bursts.
constexpr int kBacklog = 4096;
// sendmail waits 10 s for a reply unless it is told otherwise (T=R:10s).
constexpr absl::Duration kLatest = absl::Milliseconds(9500);
// For a reply to leave, after its verdict was given: libmilter writes it.
constexpr absl::Duration kToLeave = absl::Milliseconds(100);

// A verdict that a session's thread waits for.
struct Pending {
  std::mutex mutex;
  std::condition_variable given;
  // All guarded by mutex.
  bool given_up = false;  // the thread waits no longer
  bool promised = false;  // the reply comes at once: the thread waits for it
  std::optional<MilterReply> reply;
};

// What the threads of libmilter and the loop share. It is never destroyed:
// libmilter's threads end with the process.
struct Shared {
  std::atomic<StageSet> needed, judged;
  std::atomic<int64_t> patience_us{0};
  std::atomic<size_t> sessions{0};
  size_t max_sessions = 0;

  // Held shared by the threads that use the loop, so that it stays meanwhile.
  std::shared_mutex mutex;
  EventLoop* loop = nullptr;  // guarded by mutex; null: the Milter has gone

  // For the loop's thread only.
  Judge judge;                    // empty: the Milter has gone
  size_t under_way = 0;           // verdicts that `judge` owes
  std::function<void()> on_idle;  // whenever none is under way any more
};

Shared* shared = nullptr;

// On the loop's thread.
void JudgeInLoop(Transaction transaction, std::shared_ptr<Pending> pending) {
  if (!shared->judge) return;
  ++shared->under_way;
  const auto ended = [] {
    --shared->under_way;
    if (shared->under_way == 0 && shared->on_idle) shared->on_idle();
  };
  shared->judge(
      std::move(transaction),
      [pending, ended](const Verdict& verdict) {
        {
          std::lock_guard<std::mutex> lock(pending->mutex);
          pending->reply = MilterReplyOf(verdict);
        }
        pending->given.notify_one();
        ended();
      },
      [pending, ended] {
        {
          std::lock_guard<std::mutex> lock(pending->mutex);
          pending->promised = !pending->given_up;
          if (pending->promised) return true;
        }
        ended();
        return false;
      });
}

// On a session's thread: the verdict, or "later" when none comes in time.
MilterReply Await(const Transaction& transaction) {
  const auto pending = std::make_shared<Pending>();
  {
    const std::shared_lock<std::shared_mutex> lock(shared->mutex);
    if (shared->loop == nullptr) {
      return MilterReplyOf(Verdict::Defer(replies::kNoVerdict));
    }
    shared->loop->Post([transaction, pending]() mutable {
      JudgeInLoop(std::move(transaction), std::move(pending));
    });
  }
  std::unique_lock<std::mutex> lock(pending->mutex);
  const auto is_given = [&] { return pending->reply.has_value(); };
  pending->given.wait_for(
      lock, std::chrono::microseconds(shared->patience_us.load()), is_given);
  // It is being written to the history just now, and then it counts as given.
  if (pending->promised) {
    pending->given.wait_for(lock, absl::ToChronoMilliseconds(Milter::kPatience),
                            is_given);
  }
  if (is_given()) return *pending->reply;
  pending->given_up = true;
  return MilterReplyOf(Verdict::Defer(replies::kNoVerdict));
}

// The one place where a reply meets its return value.
sfsistat Return(SMFICTX* context, const MilterReply& reply) {
  const auto set_reply = [&] {
    const auto text = [](const std::string& s) {
      return const_cast<char*>(s.c_str());  // an interface of 1999: not written
    };
    return smfi_setreply(context, text(reply.code), text(reply.enhanced),
                         text(reply.text)) == MI_SUCCESS;
  };
  switch (reply.action) {
    case MilterReply::Action::kContinue:
      return SMFIS_CONTINUE;
    case MilterReply::Action::kTempfail:
      set_reply();  // without it sendmail says 451 4.3.2 by itself
      return SMFIS_TEMPFAIL;
    case MilterReply::Action::kReject:
      return set_reply() ? SMFIS_REJECT : SMFIS_TEMPFAIL;
  }
  return SMFIS_TEMPFAIL;
}

sfsistat JudgeAndReturn(SMFICTX* context, const Transaction& transaction) {
  if (!shared->judged.load().contains(transaction.stage)) {
    return SMFIS_CONTINUE;
  }
  return Return(context, Await(transaction));
}

// --- libmilter's callbacks, in the order of a session ---

Session* SessionOf(SMFICTX* context) {
  return static_cast<Session*>(smfi_getpriv(context));
}

std::optional<std::string_view> MacroIfSent(SMFICTX* context,
                                            const char* name) {
  const char* value = smfi_getsymval(context, const_cast<char*>(name));
  if (value == nullptr) return std::nullopt;
  return value;
}

std::string_view Macro(SMFICTX* context, const char* name) {
  return MacroIfSent(context, name).value_or("");
}

std::string_view OrEmpty(const char* text) {
  return text == nullptr ? std::string_view() : text;
}

sfsistat OnNegotiate(SMFICTX* context, unsigned long actions,
                     unsigned long steps, unsigned long, unsigned long,
                     unsigned long* our_actions, unsigned long* our_steps,
                     unsigned long* more, unsigned long* even_more) {
  const StageSet needed = shared->needed.load();
  unsigned long unwanted = SMFIP_NOUNKNOWN | SMFIP_NODATA | SMFIP_NOBODY;
  if (!needed.contains(Stage::kConnect)) unwanted |= SMFIP_NOCONNECT;
  if (!needed.contains(Stage::kHelo)) unwanted |= SMFIP_NOHELO;
  if (!needed.contains(Stage::kMail)) unwanted |= SMFIP_NOMAIL;
  if (!needed.contains(Stage::kRcpt)) unwanted |= SMFIP_NORCPT;
  if (!needed.contains(Stage::kEndOfHeader)) {
    unwanted |= SMFIP_NOHDRS | SMFIP_NOEOH;
  }
  *our_steps = steps & unwanted;
  *our_actions = actions & SMFIF_SETSYMLIST;
  *more = *even_more = 0;
  if (*our_actions != 0) {  // these macros, whatever the MTA sends by itself
    char at_mail[] = "i {auth_type}";
    char at_rcpt[] = "i {rcpt_addr}";
    char later[] = "i";
    smfi_setsymlist(context, SMFIM_ENVFROM, at_mail);
    smfi_setsymlist(context, SMFIM_ENVRCPT, at_rcpt);
    smfi_setsymlist(context, SMFIM_EOH, later);
    smfi_setsymlist(context, SMFIM_EOM, later);
  }
  return SMFIS_CONTINUE;
}

std::string AddressOf(const _SOCK_ADDR* client) {
  char text[INET6_ADDRSTRLEN] = "";
  if (client == nullptr) return "";
  if (client->sa_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(client)->sin_addr,
              text, sizeof text);
  } else if (client->sa_family == AF_INET6) {
    inet_ntop(AF_INET6,
              &reinterpret_cast<const sockaddr_in6*>(client)->sin6_addr, text,
              sizeof text);
  }
  return text;
}

Session* NewSession(SMFICTX* context, const _SOCK_ADDR* client) {
  auto session = std::make_unique<Session>(AddressOf(client));
  if (smfi_setpriv(context, session.get()) != MI_SUCCESS) return nullptr;
  shared->sessions.fetch_add(1);
  return session.release();
}

sfsistat OnConnect(SMFICTX* context, char*, _SOCK_ADDR* client) {
  Session* session = SessionOf(context);
  if (session == nullptr) session = NewSession(context, client);
  if (session == nullptr || shared->sessions.load() > shared->max_sessions) {
    return SMFIS_TEMPFAIL;
  }
  return JudgeAndReturn(context, session->Connect());
}

// An MTA that was told not to say who connects begins here.
Session* SessionAt(SMFICTX* context) {
  Session* session = SessionOf(context);
  if (session == nullptr) session = NewSession(context, nullptr);
  if (session != nullptr) session->SetQueueId(Macro(context, "i"));
  return session;
}

sfsistat OnHelo(SMFICTX* context, char* name) {
  Session* session = SessionAt(context);
  if (session == nullptr) return SMFIS_TEMPFAIL;
  return JudgeAndReturn(context, session->Helo(OrEmpty(name)));
}

sfsistat OnMail(SMFICTX* context, char** arguments) {
  Session* session = SessionAt(context);
  if (session == nullptr) return SMFIS_TEMPFAIL;
  const bool authenticated = !Macro(context, "{auth_type}").empty();
  const Transaction& transaction =
      session->Mail(OrEmpty(arguments[0]), authenticated);
  session->SetQueueId(Macro(context, "i"));
  return JudgeAndReturn(context, transaction);
}

sfsistat OnRcpt(SMFICTX* context, char** arguments) {
  Session* session = SessionAt(context);
  if (session == nullptr) return SMFIS_TEMPFAIL;
  const sfsistat result = JudgeAndReturn(
      context, session->Recipient(OrEmpty(arguments[0]),
                                  MacroIfSent(context, "{rcpt_addr}")));
  if (result == SMFIS_CONTINUE) session->Accept();
  return result;
}

sfsistat OnHeader(SMFICTX* context, char* name, char* value) {
  Session* session = SessionOf(context);
  if (session == nullptr) return SMFIS_TEMPFAIL;
  session->Header(OrEmpty(name), OrEmpty(value));
  return SMFIS_CONTINUE;
}

sfsistat OnEndOfHeader(SMFICTX* context) {
  Session* session = SessionAt(context);
  if (session == nullptr) return SMFIS_TEMPFAIL;
  return JudgeAndReturn(context, session->EndOfHeader());
}

sfsistat OnEndOfMessage(SMFICTX* context) {
  Session* session = SessionAt(context);
  if (session == nullptr) return SMFIS_TEMPFAIL;
  const sfsistat result = JudgeAndReturn(context, session->EndOfMessage());
  session->Reset();
  return result;
}

sfsistat OnAbort(SMFICTX* context) {
  if (Session* session = SessionOf(context)) session->Reset();
  return SMFIS_CONTINUE;
}

sfsistat OnClose(SMFICTX* context) {
  if (Session* session = SessionOf(context)) {
    smfi_setpriv(context, nullptr);
    delete session;
    shared->sessions.fetch_sub(1);
  }
  return SMFIS_CONTINUE;
}

absl::Status Register() {
  static char name[] = "mailverdict";
  smfiDesc description = {};
  description.xxfi_name = name;
  description.xxfi_version = SMFI_VERSION;
  description.xxfi_negotiate = OnNegotiate;
  description.xxfi_connect = OnConnect;
  description.xxfi_helo = OnHelo;
  description.xxfi_envfrom = OnMail;
  description.xxfi_envrcpt = OnRcpt;
  description.xxfi_header = OnHeader;
  description.xxfi_eoh = OnEndOfHeader;
  description.xxfi_eom = OnEndOfMessage;
  description.xxfi_abort = OnAbort;
  description.xxfi_close = OnClose;
  if (smfi_register(description) != MI_SUCCESS) {
    return absl::InternalError(
        "libmilter refuses us: it is older than the one we were built with");
  }
  smfi_setbacklog(kBacklog);
  return absl::OkStatus();
}

// libmilter says why only to syslog.
absl::Status OpenSocket(const std::string& address,
                        const std::string& libmilters) {
  std::string writable = libmilters;
  if (smfi_setconn(writable.data()) != MI_SUCCESS ||
      smfi_opensocket(false) != MI_SUCCESS) {
    return absl::FailedPreconditionError(absl::StrCat(
        address,
        ": the milter cannot listen there; is it taken (ss -lntxp shows by "
        "whom), may we use it? The mail log has libmilter's own words"));
  }
  return absl::OkStatus();
}

// "inet:127.0.0.1:7777" is "inet:7777@127.0.0.1" in libmilter's words.
absl::Status OpenInet(const std::string& address) {
  std::string host, port;
  const absl::Status status = SplitInet(address, &host, &port);
  if (!status.ok()) return status;
  const bool ipv6 = absl::StrContains(host, ":");
  return OpenSocket(address, ipv6
                                 ? absl::StrCat("inet6:", port, "@[", host, "]")
                                 : absl::StrCat("inet:", port, "@", host));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Milter>> Milter::Open(
    const std::string& address, const UnixSocketOptions& unix_options,
    size_t max_connections, EventLoop* loop, Judge judge) {
  absl::Status status = Register();
  if (!status.ok()) return status;
  SocketPath path;
  if (absl::StartsWith(address, "inet:")) {
    status = OpenInet(address);
  } else {
    absl::StatusOr<SocketPath> published =
        PublishUnixSocket(address, unix_options, [&](const std::string& fresh) {
          return OpenSocket(address, absl::StrCat("unix:", fresh));
        });
    status = published.status();
    if (status.ok()) path = *std::move(published);
  }
  if (!status.ok()) return status;

  if (shared == nullptr) shared = new Shared;
  shared->max_sessions = max_connections;
  shared->judge = std::move(judge);
  {
    const std::lock_guard<std::shared_mutex> lock(shared->mutex);
    shared->loop = loop;
  }
  return std::unique_ptr<Milter>(new Milter(address, std::move(path), loop));
}

Milter::Milter(std::string address, SocketPath path, EventLoop* loop)
    : address_(std::move(address)),
      path_(std::move(path)),
      grace_(loop),
      leave_(loop) {}

Milter::~Milter() {
  const std::lock_guard<std::shared_mutex> lock(shared->mutex);
  shared->loop = nullptr;
  shared->judge = nullptr;
  shared->on_idle = nullptr;
}

void Milter::Configure(StageSet needed, StageSet judged,
                       absl::Duration deadline) {
  shared->needed = needed;
  shared->judged = judged;
  shared->patience_us =
      absl::ToInt64Microseconds(std::min(deadline + kPatience, kLatest));
}

absl::Status Milter::Start(std::function<void()> on_end) {
  // The threads of libmilter inherit the mask: no signal is theirs.
  absl::StatusOr<std::thread> thread =
      StartThread([on_end = std::move(on_end)] {
        smfi_main();
        const std::shared_lock<std::shared_mutex> lock(shared->mutex);
        if (shared->loop != nullptr) shared->loop->Post(on_end);
      });
  if (!thread.ok()) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the milter takes a thread, and there is ", thread.status().message()));
  }
  thread->detach();
  return absl::OkStatus();
}

void Milter::Drain(absl::Duration grace, std::function<void()> done) {
  drained_ = std::move(done);
  grace_.Set(grace, [this] { FinishDrain(); });
  shared->on_idle = [this] { LeaveIfIdle(); };
  LeaveIfIdle();
}

// The session's threads send the replies, and do not say when they have done
// so. A verdict that is begun meanwhile is waited for, too.
void Milter::LeaveIfIdle() {
  if (shared->under_way > 0) return;
  leave_.Set(kToLeave, [this] {
    if (shared->under_way == 0) FinishDrain();
  });
}

void Milter::FinishDrain() {
  grace_.Cancel();
  leave_.Cancel();
  if (drained_) std::exchange(drained_, nullptr)();
}

size_t Milter::sessions() const { return shared->sessions.load(); }

}  // namespace mailverdict::milter
