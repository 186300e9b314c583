#include "lib/ldap/worker.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "lib/core/vouch.h"

namespace mailverdict {
namespace {

// The most entries that a search may return for each address, besides those of
// the controls. If an address matches more, it is present; the other lookups of
// the search are asked again.
constexpr int kMaxEntriesPerLookup = 8;

std::string TooManyWait() {
  return absl::StrCat("search: ", DirectoryWorker::kMaxWaiting,
                      " lookups wait for the server already; look at its load, "
                      "and whether the filter's attributes are indexed");
}

// What the failure of one server means for mail.
std::string EffectOnMail(const DirectoryPolicy& policy) {
  if (policy.uris.size() == 1) {
    return "recipients that it does not show are deferred (451)";
  }
  if (policy.NeedsConfirmation() && policy.uris.size() == 2) {
    return "the other server is asked, and recipients that it does not show "
           "are deferred (451)";
  }
  return "other servers are asked";
}

}  // namespace

DirectoryWorker::DirectoryWorker(std::shared_ptr<const DirectoryPolicy> policy,
                                 size_t server, Executor* executor,
                                 HealthHooks hooks,
                                 std::shared_ptr<BindAccount> account)
    : shared_policy_(std::move(policy)),
      policy_(*shared_policy_),
      uri_(policy_.uris[server]),
      all_controls_(ControlsFor(policy_, {})),
      executor_(executor),
      wakeup_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      idle_(policy_.probe_idle),
      account_(std::move(account)),
      health_(absl::StrCat("directory ", policy_.name, " (", uri_, ")"),
              EffectOnMail(policy_), uri_, executor, std::move(hooks)) {}

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
                              MailboxResolver::Done done) {
  Question question{lookup, std::move(done), executor_->Now()};
  // A search for a control's address must not include that control, so this
  // lookup gets a search of its own.
  if (AsksForAControl(policy_, lookup)) question.group = Group::kAlone;
  std::string why;
  Questions given_up;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    given_up = GiveUpOpening(question.asked);
    if (down_) {
      why = down_why_;
    } else if (waiting_.size() >= kMaxWaiting) {
      full_ = true;
      why = TooManyWait();
    } else {
      const size_t waiting = waiting_.PushBack(std::move(question));
      // Wakes the thread when there is a first lookup to send, and when there
      // are enough for a full search.
      if (waiting == 1 || waiting == kMaxBatch) eventfd_write(wakeup_, 1);
      return;
    }
  }
  GiveUp(std::move(given_up), why);
  question.done(Unknown(question, why));
}

void DirectoryWorker::Run() {
  while (!Stopping()) {
    LeaveUntrusted();
    if (!session_.has_value() && executor_->Now() >= next_attempt_ &&
        !Connect()) {
      return;
    }
    if (session_.has_value()) SendWaiting();
    if (session_.has_value()) Probe();
    Wait();
    if (session_.has_value()) ReceiveAnswers();
    FollowName();
  }
  // Closed here, and not in the destructor: that one may run on a thread on
  // which SIGPIPE would kill the process.
  session_.reset();
}

void DirectoryWorker::CannotRun(const std::string& why) {
  GoDown(why, absl::ZeroDuration());
}

bool DirectoryWorker::Stopping() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return stop_;
}

void DirectoryWorker::SendWaiting() {
  while (HasRoom()) {
    const auto [when, group] = NextSend();
    if (when > executor_->Now() || !session_->connection->ready()) return;
    Questions batch = NextBatch(group);
    if (batch.empty()) continue;
    std::vector<MailboxLookup> controls =
        group == Group::kAlone ? ControlsFor(policy_, batch.front().lookup)
                               : all_controls_;
    Send(std::move(batch), std::move(controls));
  }
}

bool DirectoryWorker::HasRoom() const {
  return session_.has_value() && !session_->leaving &&
         session_->searches.size() < kMaxSearches;
}

std::pair<absl::Time, Question::Group> DirectoryWorker::NextSend() const {
  const auto under_way = [this](Group group) {
    return std::count_if(session_->searches.begin(), session_->searches.end(),
                         [group](const auto& search) {
                           const Questions& questions = search.second.questions;
                           return !questions.empty() &&
                                  questions.front().group == group;
                         });
  };
  const std::lock_guard<std::mutex> lock(mutex_);
  return waiting_.NextSend(under_way);
}

Questions DirectoryWorker::NextBatch(Group group) {
  Questions batch;
  Questions late;
  bool full = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    batch = waiting_.TakeBatch(group, policy_, executor_->Now(), &late);
    full = std::exchange(full_, false);
  }
  if (full) health_.ReportSlow(TooManyWait());
  Questions unconnected;
  while (!late.empty() &&
         late.front().asked < session_->begun + session_->took &&
         session_->took >= policy_.timeout / 2) {
    unconnected.push_back(std::move(late.front()));
    late.pop_front();
  }
  const std::string timeout = absl::FormatDuration(policy_.timeout);
  GiveUpLate(
      std::move(unconnected),
      absl::StrCat("connect: waited longer than ", timeout,
                   " for the connection, which took ",
                   absl::FormatDuration(session_->took),
                   " to make; is DNS slow on this machine, or a firewall "
                   "in between?"));
  GiveUpLate(
      std::move(late),
      absl::StrCat("search: waited longer than ", timeout,
                   " behind other lookups; the server answers too slowly "
                   "for this much mail: look at its load, and whether "
                   "the filter's attributes are indexed"));
  return batch;
}

// Recipients are deferred because their lookups were not sent in time. The
// state of the server must say so, even if every search that was sent is
// answered well.
void DirectoryWorker::GiveUpLate(Questions late, const std::string& why) {
  if (late.empty()) return;
  health_.ReportSlow(why);
  GiveUp(std::move(late), why);
}

void DirectoryWorker::Send(Questions questions,
                           std::vector<MailboxLookup> controls,
                           bool idle_probe) {
  Search search{std::move(questions), std::move(controls), executor_->Now(),
                idle_probe};
  const int max_entries =
      kMaxEntriesPerLookup * static_cast<int>(search.questions.size()) +
      static_cast<int>(search.controls.size());
  const absl::StatusOr<int> id = session_->connection->Search(
      FilterFor(policy_, search.questions, search.controls), max_entries,
      search.sent);
  if (absl::IsInvalidArgument(id.status())) {
    SearchResult none;
    none.failure = std::string(id.status().message());
    Settle(std::move(search), std::move(none));
    return;
  }
  // A search that could not be sent is lost together with the others.
  session_->searches.emplace(id.ok() ? *id : -1, std::move(search));
  if (!id.ok()) {
    DropConnection(std::string(id.status().message()), Loss::kClosed);
  }
}

void DirectoryWorker::Wait() {
  absl::Time until = session_.has_value() ? NextProbe() : next_attempt_;
  bool could_send = false;
  if (HasRoom()) {
    const absl::Time send = NextSend().first;
    could_send = send <= executor_->Now();  // but the socket was not ready
    if (!could_send) until = std::min(until, send);
  }
  if (session_.has_value()) {
    for (const auto& [id, search] : session_->searches) {
      until = std::min(until, search.sent + TimeoutFor(search));
    }
  }
  // The bound keeps the milliseconds within an int. Rounding up avoids a busy
  // loop in the last millisecond.
  const absl::Duration left = std::clamp(until - executor_->Now(),
                                         absl::ZeroDuration(), absl::Hours(1));
  const int timeout_ms =
      static_cast<int>(absl::ToInt64Milliseconds(left + absl::Milliseconds(1)));
  pollfd fds[2] = {{wakeup_, POLLIN, 0}, {-1, POLLIN, 0}};
  if (session_.has_value()) {
    fds[1] = {session_->connection->fd(), session_->connection->events(), 0};
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
  for (auto& [id, result] : session_->connection->Receive(now)) {
    const auto search = session_->searches.find(id);
    if (search == session_->searches.end()) continue;
    Search settled = std::move(search->second);
    session_->searches.erase(search);
    idle_.Answered(settled.sent, now);
    Settle(std::move(settled), std::move(result));
  }
  if (const absl::Status& status = session_->connection->status();
      !status.ok()) {
    DropConnection(std::string(status.message()), Loss::kClosed);
    return;
  }
  for (const auto& [id, search] : session_->searches) {
    if (now - search.sent < TimeoutFor(search)) continue;
    LoseSilent(search);
    return;
  }
}

void DirectoryWorker::Settle(Search search, SearchResult result) {
  if (!session_->proven) {
    session_->proven = true;
    MarkUp();
  }
  std::vector<MailboxLookup> lookups;
  lookups.reserve(search.questions.size());
  for (Question& question : search.questions) {
    lookups.push_back(std::move(question.lookup));
  }
  Attribution attribution =
      AssignEntries(policy_, lookups, search.controls, std::move(result));
  health_.Report(attribution.trouble);
  Answers answers;
  Questions again;
  for (size_t i = 0; i < search.questions.size(); ++i) {
    Question& question = search.questions[i];
    if (attribution.answers[i].has_value()) {
      answers.emplace_back(std::move(question.done),
                           *std::move(attribution.answers[i]));
    } else {
      question.lookup = std::move(lookups[i]);
      question.group =
          question.group < Group::kAgain ? Group::kAgain : Group::kAlone;
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

void DirectoryWorker::GiveUp(Questions questions, const std::string& why) {
  Answers answers;
  for (Question& question : questions) {
    Answer unknown = Unknown(question, why);
    answers.emplace_back(std::move(question.done), std::move(unknown));
  }
  Deliver(std::move(answers));
}

// A `done` may own the directory, so it must be called and destroyed on the
// loop's thread.
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
  Origin origin;
  origin.server = uri_;
  return Answer(mailverdict::Report::Unknown(question.lookup, why, origin));
}

}  // namespace mailverdict
