#include "lib/resolve/directory_worker.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/core/vouch.h"

namespace mailverdict {
namespace {

// Over the life of the program, so that a transcript's number means one
// connection.
std::atomic<uint64_t> g_connections{0};

// A search may return this many entries for each address, beside the controls.
// An address that matches more is there; others of its search are asked again.
constexpr int kMaxEntriesPerLookup = 8;

// What the failure of one server means for the mail.
std::string Meanwhile(const DirectoryPolicy& policy) {
  if (policy.uris.size() == 1) return "who it does not show is deferred";
  if (policy.WantsSecond() && policy.uris.size() == 2) {
    return "the other server is asked, and who it does not show is deferred";
  }
  return "other servers are asked";
}

}  // namespace

DirectoryWorker::DirectoryWorker(std::shared_ptr<const DirectoryPolicy> policy,
                                 size_t server, Executor* executor,
                                 HealthHooks hooks)
    : shared_policy_(std::move(policy)),
      policy_(*shared_policy_),
      uri_(policy_.uris[server]),
      all_controls_(ControlsFor(policy_, {})),
      executor_(executor),
      wakeup_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      health_(absl::StrCat("directory ", policy_.name, " (", uri_, ")"),
              Meanwhile(policy_), uri_, executor, std::move(hooks)) {}

DirectoryWorker::~DirectoryWorker() { close(wakeup_); }

bool DirectoryWorker::Stop() {
  Questions dropped;
  const std::lock_guard<std::mutex> lock(mutex_);
  stop_ = true;
  dropped = waiting_.TakeAll();
  eventfd_write(wakeup_, 1);
  return !opening_;
}

void DirectoryWorker::SetAddresses(HostAddresses addresses) {
  const std::lock_guard<std::mutex> lock(mutex_);
  addresses_ = std::move(addresses);
  eventfd_write(wakeup_, 1);
}

void DirectoryWorker::Resolve(const MailboxLookup& lookup,
                              Resolver::Done done) {
  Question question{lookup, std::move(done), executor_->Now()};
  // One that asks for a control goes without that control, so by itself.
  if (AsksForAControl(policy_, lookup)) question.round = Round::kAlone;
  std::string why;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (down_) {
      why = down_why_;
    } else if (waiting_.size() >= kMaxWaiting) {
      why = "too many lookups wait for the directory";
    } else {
      const size_t waiting = waiting_.PushBack(std::move(question));
      // There is something to send; there is a whole search of it.
      if (waiting == 1 || waiting == kMaxBatch) eventfd_write(wakeup_, 1);
      return;
    }
  }
  question.done(Unknown(question, why));
}

void DirectoryWorker::Run() {
  while (!Stopping()) {
    if (connection_ == nullptr && executor_->Now() >= next_attempt_ &&
        !Connect()) {
      return;
    }
    if (connection_ != nullptr) SendWaiting();
    if (connection_ != nullptr) Probe();
    Wait();
    if (connection_ != nullptr) ReceiveAnswers();
    FollowName();
  }
  // Here and not in the destructor, which runs where SIGPIPE would kill.
  connection_.reset();
}

bool DirectoryWorker::Stopping() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return stop_;
}

bool DirectoryWorker::BeginOpening() {
  const std::lock_guard<std::mutex> lock(mutex_);
  opening_ = !stop_;
  return opening_;
}

bool DirectoryWorker::EndOpening() {
  const std::lock_guard<std::mutex> lock(mutex_);
  opening_ = false;
  return !stop_;
}

bool DirectoryWorker::Connect() {
  if (!BeginOpening()) return false;
  absl::StatusOr<std::unique_ptr<LdapConnection>> opened =
      LdapConnection::Open(policy_, uri_, ++g_connections);
  if (!EndOpening()) return false;
  if (!opened.ok()) {
    GoDown(std::string(opened.status().message()));
    return true;
  }
  connection_ = *std::move(opened);
  next_attempt_ = executor_->Now() + kRetry;
  // The controls alone: the log is to say how the directory is before a
  // recipient has to find out, and one that was down is not up before it has
  // answered a search.
  proven_ = all_controls_.empty();
  leaving_ = false;
  if (proven_) {
    MarkUp();
  } else {
    Send({}, all_controls_);
  }
  return true;
}

void DirectoryWorker::MarkUp() {
  const std::lock_guard<std::mutex> lock(mutex_);
  down_ = false;
}

void DirectoryWorker::SendWaiting() {
  while (HasRoom()) {
    const auto [when, round] = NextSend();
    if (when > executor_->Now() || !connection_->ready()) return;
    Questions batch = NextBatch(round);
    if (batch.empty()) continue;
    std::vector<MailboxLookup> controls =
        round == Round::kAlone ? ControlsFor(policy_, batch.front().lookup)
                               : all_controls_;
    Send(std::move(batch), std::move(controls));
  }
}

// From next_probe_ on. A search under way will tell as well.
bool DirectoryWorker::ProbeIsDue() const {
  return health_.failing() && !all_controls_.empty() && searches_.empty();
}

// Nobody need ask to find out that it is well again.
void DirectoryWorker::Probe() {
  const absl::Time now = executor_->Now();
  if (!ProbeIsDue() || now < next_probe_) return;
  next_probe_ = now + kProbe;
  Send({}, all_controls_);
}

bool DirectoryWorker::HasRoom() const {
  return connection_ != nullptr && !leaving_ && searches_.size() < kMaxSearches;
}

std::pair<absl::Time, Question::Round> DirectoryWorker::NextSend() const {
  const auto under_way = [this](Round round) {
    return std::count_if(
        searches_.begin(), searches_.end(), [round](const auto& search) {
          const Questions& questions = search.second.questions;
          return !questions.empty() && questions.front().round == round;
        });
  };
  const std::lock_guard<std::mutex> lock(mutex_);
  return waiting_.NextSend(under_way);
}

Questions DirectoryWorker::NextBatch(Round round) {
  Questions batch;
  Questions late;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    batch = waiting_.TakeBatch(round, policy_, executor_->Now(), &late);
  }
  GiveUp(std::move(late),
         absl::StrCat("waited longer than ",
                      absl::FormatDuration(policy_.timeout), " for its turn"));
  return batch;
}

void DirectoryWorker::Send(Questions questions,
                           std::vector<MailboxLookup> controls) {
  Search search{std::move(questions), std::move(controls), executor_->Now()};
  const int max_entries =
      kMaxEntriesPerLookup * static_cast<int>(search.questions.size()) +
      static_cast<int>(search.controls.size());
  const absl::StatusOr<int> id =
      connection_->Search(FilterFor(policy_, search.questions, search.controls),
                          max_entries, search.sent);
  if (absl::IsInvalidArgument(id.status())) {
    SearchResult none;
    none.failure = std::string(id.status().message());
    Settle(std::move(search), std::move(none));
    return;
  }
  // Under 0 it was not sent; it is lost with the others.
  searches_.emplace(id.ok() ? *id : -1, std::move(search));
  if (!id.ok()) DropConnection(std::string(id.status().message()), true);
}

void DirectoryWorker::Wait() {
  absl::Time until = absl::InfiniteFuture();
  if (connection_ == nullptr) {
    until = next_attempt_;
  } else if (ProbeIsDue()) {
    until = std::max(next_probe_, executor_->Now());
  }
  bool could_send = false;
  if (HasRoom()) {
    const absl::Time send = NextSend().first;
    could_send = send <= executor_->Now();  // were the socket ready
    if (!could_send) until = std::min(until, send);
  }
  for (const auto& [id, search] : searches_) {
    until = std::min(until, search.sent + policy_.timeout);
  }
  // No longer than an int can say in milliseconds. Rounded up, or the last
  // millisecond would be spent in a busy loop.
  const absl::Duration left = std::clamp(until - executor_->Now(),
                                         absl::ZeroDuration(), absl::Hours(1));
  const int timeout_ms =
      static_cast<int>(absl::ToInt64Milliseconds(left + absl::Milliseconds(1)));
  pollfd fds[2] = {{wakeup_, POLLIN, 0}, {-1, POLLIN, 0}};
  if (connection_ != nullptr) {
    fds[1] = {connection_->fd(), connection_->events(), 0};
    if (could_send) fds[1].events |= POLLOUT;
  }
  poll(fds, 2, timeout_ms);
  if (fds[0].revents != 0) {
    eventfd_t count;
    eventfd_read(wakeup_, &count);
  }
}

void DirectoryWorker::ReceiveAnswers() {
  const absl::Time now = executor_->Now();
  for (auto& [id, result] : connection_->Receive(now)) {
    const auto search = searches_.find(id);
    if (search == searches_.end()) continue;
    Search settled = std::move(search->second);
    searches_.erase(search);
    Settle(std::move(settled), std::move(result));
  }
  if (!connection_->status().ok()) {
    DropConnection(std::string(connection_->status().message()), true);
    return;
  }
  for (const auto& [id, search] : searches_) {
    if (now - search.sent < policy_.timeout) continue;
    DropConnection(absl::StrCat("search got no answer within ",
                                absl::FormatDuration(policy_.timeout)),
                   false);
    return;
  }
}

// A connection that is open goes on to the machine that had the name when it
// was made. Each lookup counts once, so one that is older than the connection
// makes no loop.
void DirectoryWorker::FollowName() {
  HostAddresses addresses;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    addresses.swap(addresses_);
  }
  if (connection_ == nullptr) return;
  if (!leaving_ && !addresses.empty()) {
    const std::string peer = connection_->peer();
    leaving_ = !peer.empty() && std::find(addresses.begin(), addresses.end(),
                                          peer) == addresses.end();
    if (leaving_) {
      health_.Log(absl::StrCat("is at ", absl::StrJoin(addresses, ", "),
                               " now, no longer at ", peer,
                               ": connecting anew"));
    }
  }
  if (!leaving_ || !searches_.empty()) return;
  connection_.reset();
  next_attempt_ = absl::InfinitePast();
}

void DirectoryWorker::Settle(Search search, SearchResult result) {
  if (!proven_) {
    proven_ = true;
    MarkUp();
  }
  std::vector<MailboxLookup> lookups;
  lookups.reserve(search.questions.size());
  for (Question& question : search.questions) {
    lookups.push_back(std::move(question.lookup));
  }
  Attributed attributed =
      Attribute(policy_, lookups, search.controls, std::move(result));
  health_.Report(attributed.trouble);
  Answers answers;
  Questions again;
  for (size_t i = 0; i < search.questions.size(); ++i) {
    Question& question = search.questions[i];
    if (attributed.answers[i].has_value()) {
      answers.emplace_back(std::move(question.done),
                           *std::move(attributed.answers[i]));
    } else {
      question.lookup = std::move(lookups[i]);
      question.round =
          question.round < Round::kAgain ? Round::kAgain : Round::kAlone;
      again.push_back(std::move(question));
    }
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [done, answer] : answers) waiting_.Note(answer);
    for (Question& question : again) waiting_.PushBack(std::move(question));
  }
  Deliver(std::move(answers));
}

// A server may close a connection that was idle, or restart: its questions are
// asked once more on the next connection. A second loss, a server that hangs,
// or one that closes before it has answered anything, is what it looks like.
void DirectoryWorker::DropConnection(const std::string& why, bool retry) {
  connection_.reset();
  Questions lost;
  Questions again;
  for (auto& [id, search] : searches_) {
    for (Question& question : search.questions) {
      const bool may_retry = retry && !question.retried;
      question.retried = true;
      (may_retry ? again : lost).push_back(std::move(question));
    }
  }
  searches_.clear();
  const bool down = !retry || !proven_ || !lost.empty();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting_.PushFront(std::move(again));
  }
  GiveUp(std::move(lost), why);
  if (down) GoDown(why);
}

void DirectoryWorker::GoDown(const std::string& why) {
  next_attempt_ = executor_->Now() + kRetry;
  Questions waiting;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    down_ = true;
    down_why_ = why;
    waiting = waiting_.TakeAll();
  }
  health_.Report(why);
  GiveUp(std::move(waiting), why);
}

void DirectoryWorker::GiveUp(Questions questions, const std::string& why) {
  Answers answers;
  for (Question& question : questions) {
    Answer unknown = Unknown(question, why);
    answers.emplace_back(std::move(question.done), std::move(unknown));
  }
  Deliver(std::move(answers));
}

// What a `done` holds may be the last hold on the directory itself, so it is
// let go of on the loop's thread only.
void DirectoryWorker::Deliver(Answers answers) {
  if (answers.empty()) return;
  auto shared = std::make_shared<Answers>(std::move(answers));
  executor_->Post([shared = std::move(shared)] {
    const Answers mine = std::move(*shared);
    for (const auto& [done, answer] : mine) done(answer);
  });
}

Answer DirectoryWorker::Unknown(const Question& question,
                                const std::string& why) const {
  Transcript transcript;
  transcript.server = uri_;
  return Answer(mailverdict::Report::Unknown(question.lookup, why, transcript));
}

}  // namespace mailverdict
