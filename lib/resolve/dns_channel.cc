#include "lib/resolve/dns_channel.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <sys/time.h>

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/resolve/dns_message.h"

namespace mailverdict {
namespace {

ares_addr_port_node NodeOf(const DnsServer& server) {
  ares_addr_port_node node{};
  node.udp_port = node.tcp_port = server.port;
  node.family =
      server.address.find(':') == std::string::npos ? AF_INET : AF_INET6;
  inet_pton(node.family, server.address.c_str(), &node.addr);
  return node;
}

Report ReportOf(const DnsLookup& lookup, DnsMessage message,
                Transcript transcript) {
  Report report;
  switch (message.outcome) {
    case DnsMessage::Outcome::kCouldNotAsk:
      return Report::Unknown(lookup, std::move(message.reason),
                             std::move(transcript));
    case DnsMessage::Outcome::kValues:
      report = Report::Present(lookup, std::move(message.values),
                               std::move(transcript));
      break;
    case DnsMessage::Outcome::kNoName:
      report = Report::Absent(lookup, std::move(transcript));
      report.absence = Absence::kNoName;
      break;
    case DnsMessage::Outcome::kNoData:
      report = Report::Absent(lookup, std::move(transcript));
      report.absence = Absence::kNoData;
      break;
  }
  report.dns = std::move(message.source);
  return report;
}

}  // namespace

struct DnsChannel::Question {
  DnsChannel* channel;
  DnsLookup lookup;
  Done done;
  uint64_t number;
  absl::Time since;  // it waits, or was sent
};

DnsChannel::DnsChannel(const DnsServer& server, absl::Duration timeout,
                       Executor* executor)
    : name_(server.ToString()), timeout_(timeout), executor_(executor) {
  static const int library = ares_library_init(ARES_LIB_INIT_ALL);
  // All that c-ares would otherwise look up in resolv.conf or the environment.
  char nowhere[] = "/dev/null", dns_only[] = "b";
  in_addr placeholder{};
  ares_options options{};
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
                  ARES_FLAG_NOCHECKRESP | ARES_FLAG_EDNS;
  options.timeout = static_cast<int>(absl::ToInt64Milliseconds(timeout));
  options.tries = 1;
  options.ndots = 1;
  options.servers = &placeholder;
  options.nservers = 1;
  options.ndomains = 0;
  options.lookups = dns_only;
  options.sock_state_cb = &DnsChannel::OnSocketState;
  options.sock_state_cb_data = this;
  options.ednspsz = kMaxDatagramBytes;
  options.resolvconf_path = nowhere;
  const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                   ARES_OPT_NDOTS | ARES_OPT_SERVERS | ARES_OPT_DOMAINS |
                   ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB |
                   ARES_OPT_EDNSPSZ | ARES_OPT_RESOLVCONF | ARES_OPT_NOROTATE;
  int rc = library;
  if (rc == ARES_SUCCESS) rc = ares_init_options(&channel_, &options, mask);
  if (rc == ARES_SUCCESS) {
    ares_addr_port_node node = NodeOf(server);
    rc = ares_set_servers_ports(channel_, &node);
  } else {
    channel_ = nullptr;
  }
  if (rc == ARES_SUCCESS) return;
  why_not_ = ares_strerror(rc);
  if (channel_ != nullptr) ares_destroy(channel_);
  channel_ = nullptr;
}

DnsChannel::~DnsChannel() {
  alive_.reset();
  if (channel_ != nullptr) ares_destroy(channel_);  // calls each OnAnswer
  executor_->Cancel(timer_);
}

void DnsChannel::Ask(const DnsLookup& lookup, Done done) {
  std::unique_ptr<Question> question(
      new Question{this, lookup, std::move(done), ++asked_, executor_->Now()});
  if (channel_ == nullptr) {
    GiveUp(std::move(question), absl::StrCat("c-ares: ", why_not_), false);
  } else if (sent_ < kMaxSent) {
    Send(std::move(question));
  } else if (waiting_.size() < kMaxWaiting) {
    waiting_.push_back(std::move(question));
  } else {
    GiveUp(std::move(question), "too many questions wait already", false);
  }
}

void DnsChannel::Send(std::unique_ptr<Question> question) {
  ++sent_;
  question->since = executor_->Now();
  const DnsLookup& lookup = question->lookup;
  ares_query(channel_, lookup.name.c_str(), ns_c_in,
             static_cast<int>(lookup.type), &DnsChannel::OnAnswer,
             question.release());
  ArmTimer();
}

void DnsChannel::SendWaiting() {
  while (sent_ < kMaxSent && !waiting_.empty()) {
    std::unique_ptr<Question> question = std::move(waiting_.front());
    waiting_.pop_front();
    if (executor_->Now() - question->since < timeout_) {
      Send(std::move(question));
    } else {
      GiveUp(std::move(question), "it is too slow for all who ask", true);
    }
  }
}

void DnsChannel::GiveUp(std::unique_ptr<Question> question, std::string why,
                        bool silent) {
  Report report = Report::Unknown(question->lookup, std::move(why));
  report.transcript.server = name_;
  Finish(std::move(question), {std::move(report), silent});
}

void DnsChannel::OnAnswer(void* argument, int status, int, unsigned char* bytes,
                          int size) {
  std::unique_ptr<Question> question(static_cast<Question*>(argument));
  DnsChannel* const self = question->channel;
  if (self->alive_ == nullptr) return;  // ~DnsChannel
  const std::string_view message(reinterpret_cast<const char*>(bytes),
                                 bytes == nullptr || size < 0 ? 0 : size);
  --self->sent_;
  Reply reply = self->Read(*question, status, message);
  self->Finish(std::move(question), std::move(reply));
}

// With bytes, the status is what c-ares makes of them; we read them ourselves.
DnsChannel::Reply DnsChannel::Read(const Question& question, int status,
                                   std::string_view bytes) {
  const Transcript transcript{name_, 1, question.number, question.since,
                              executor_->Now()};
  if (!bytes.empty()) {
    DnsMessage message = ReadDnsMessage(bytes, question.lookup);
    return {ReportOf(question.lookup, std::move(message), transcript), false};
  }
  std::string why = ares_strerror(status);
  bool silent = false;
  if (status == ARES_ETIMEOUT) {
    why = absl::StrCat("no answer within ", absl::FormatDuration(timeout_));
    silent = true;
  } else if (status == ARES_ECONNREFUSED) {
    why = "nothing answers there";
    silent = true;
  }
  return {Report::Unknown(question.lookup, std::move(why), transcript), silent};
}

// c-ares is not to be destroyed, nor asked, in the midst of its own callbacks.
void DnsChannel::Finish(std::unique_ptr<Question> question, Reply reply) {
  if (finished_.empty()) {
    executor_->Post([this, alive = std::weak_ptr<const bool>(alive_)] {
      if (!alive.expired()) Deliver();
    });
  }
  finished_.emplace_back(std::move(question->done), std::move(reply));
}

void DnsChannel::Deliver() {
  const std::weak_ptr<const bool> alive = alive_;
  SendWaiting();
  const auto finished = std::exchange(finished_, {});
  for (const auto& [done, reply] : finished) {
    if (alive.expired()) return;
    done(reply);
  }
}

void DnsChannel::OnSocketState(void* argument, int fd, int readable,
                               int writable) {
  auto* const self = static_cast<DnsChannel*>(argument);
  if (!readable && !writable) {
    self->watches_.erase(fd);
    return;
  }
  Watches& watches = self->watches_[fd];
  if (!readable) watches.read.reset();
  if (!writable) watches.write.reset();
  if (readable && watches.read == nullptr) {
    watches.read = self->executor_->WatchFd(
        fd, Executor::Ready::kToRead,
        [self, fd] { self->Process(fd, ARES_SOCKET_BAD); });
  }
  if (writable && watches.write == nullptr) {
    watches.write = self->executor_->WatchFd(
        fd, Executor::Ready::kToWrite,
        [self, fd] { self->Process(ARES_SOCKET_BAD, fd); });
  }
}

void DnsChannel::Process(int read_fd, int write_fd) {
  ares_process_fd(channel_, read_fd, write_fd);
  ArmTimer();
}

// Every question has the same time, so a later one never needs an earlier
// timer: the one that is set will do, and finds out what is next.
void DnsChannel::ArmTimer() {
  timeval left{};
  if (timer_ != 0 || ares_timeout(channel_, nullptr, &left) == nullptr) return;
  timer_ = executor_->RunAfter(
      absl::DurationFromTimeval(left) + absl::Milliseconds(1), [this] {
        timer_ = 0;
        Process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      });
}

}  // namespace mailverdict
