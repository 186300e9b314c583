#include "lib/dns/channel.h"

#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <sys/time.h>

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/dns/interface_sockets.h"
#include "lib/dns/message.h"
#include "lib/loop/timer.h"

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

// Whether the c-ares channel still asks with EDNS. After a FORMERR without OPT,
// c-ares 1.18 asks again without EDNS by itself, and keeps to that. Only its
// flag shows it.
bool HasEdns(ares_channel ares) {
  ares_options options{};
  int mask = 0;
  const bool known = ares_save_options(ares, &options, &mask) == ARES_SUCCESS;
  const bool edns = known && (options.flags & ARES_FLAG_EDNS) != 0;
  ares_destroy_options(&options);
  return edns;
}

Report ReportOf(const DnsLookup& lookup, DnsMessage message, Origin origin) {
  Report report;
  switch (message.outcome) {
    case DnsMessage::Outcome::kCouldNotAsk:
      return Report::Unknown(lookup, std::move(message.reason),
                             std::move(origin));
    case DnsMessage::Outcome::kValues:
      report =
          Report::Present(lookup, std::move(message.values), std::move(origin));
      break;
    case DnsMessage::Outcome::kNoName:
      report = Report::Absent(lookup, std::move(origin));
      report.absence = Absence::kNoName;
      break;
    case DnsMessage::Outcome::kNoData:
      report = Report::Absent(lookup, std::move(origin));
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
  bool edns;
  Done done;
  uint64_t number;
  absl::Time since;      // when it was sent; before that: began to wait
  Line* line = nullptr;  // on which it was sent
};

// A channel of c-ares, for one question at a time.
struct DnsChannel::Line {
  struct Watches {
    std::unique_ptr<Executor::Watch> read, write;
  };

  explicit Line(DnsChannel* channel)
      : channel(channel), timer(channel->executor_) {}

  DnsChannel* const channel;
  ares_channel ares = nullptr;
  bool edns = false;
  std::map<int, Watches> watches;
  Timer timer;  // for c-ares's next timeout
};

DnsChannel::DnsChannel(const DnsServer& server, absl::Duration timeout,
                       Executor* executor)
    : server_(server),
      name_(server.ToString()),
      timeout_(timeout),
      executor_(executor) {}

DnsChannel::~DnsChannel() {
  alive_.reset();
  for (const std::unique_ptr<Line>& line : lines_) {
    ares_destroy(line->ares);  // calls OnAnswer for each question
  }
}

void DnsChannel::Ask(const DnsLookup& lookup, bool edns, Done done) {
  std::unique_ptr<Question> question(new Question{
      this, lookup, edns, std::move(done), ++asked_, executor_->Now()});
  if (lines_.size() - free_.size() < kMaxSent) {
    Send(std::move(question));
  } else if (waiting_.size() < kMaxWaiting) {
    waiting_.push_back(std::move(question));
  } else {
    GiveUp(std::move(question),
           absl::StrCat(kMaxWaiting, " questions wait for it already"), false);
  }
}

void DnsChannel::Send(std::unique_ptr<Question> question) {
  if (free_.empty()) {
    auto line = std::make_unique<Line>(this);
    free_.push_back(line.get());
    lines_.push_back(std::move(line));
  }
  Line* const line = free_.back();
  const std::string why_not = Prepare(line, question->edns);
  if (!why_not.empty()) {
    GiveUp(std::move(question), absl::StrCat("c-ares: ", why_not), false);
    return;
  }
  free_.pop_back();
  question->line = line;
  question->since = executor_->Now();
  const DnsLookup& lookup = question->lookup;
  ares_query(line->ares, lookup.name.c_str(), ns_c_in,
             static_cast<int>(lookup.type), &DnsChannel::OnAnswer,
             question.release());
  ArmTimer(line);
}

// Opens the line again if its last question had EDNS and this one has not, or
// the reverse: in c-ares EDNS is an option of the channel, which also bounds
// the size of the datagrams that it reads. Returns why this failed; "" if it
// did not.
std::string DnsChannel::Prepare(Line* line, bool edns) {
  if (line->ares != nullptr && line->edns == edns) return "";
  ares_destroy(line->ares);
  line->ares = nullptr;
  return Open(line, edns);
}

std::string DnsChannel::Open(Line* line, bool edns) {
  static const int library = ares_library_init(ARES_LIB_INIT_ALL);
  // Sets everything that c-ares would otherwise take from resolv.conf or the
  // environment.
  char nowhere[] = "/dev/null", dns_only[] = "b";
  in_addr placeholder{};
  ares_options options{};
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
                  ARES_FLAG_NOCHECKRESP | (edns ? ARES_FLAG_EDNS : 0);
  options.timeout = static_cast<int>(absl::ToInt64Milliseconds(timeout_));
  options.tries = 1;
  options.ndots = 1;
  options.servers = &placeholder;
  options.nservers = 1;
  options.ndomains = 0;
  options.lookups = dns_only;
  options.sock_state_cb = &DnsChannel::OnSocketState;
  options.sock_state_cb_data = line;
  options.ednspsz = kMaxDatagramBytes;
  options.resolvconf_path = nowhere;
  const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                   ARES_OPT_NDOTS | ARES_OPT_SERVERS | ARES_OPT_DOMAINS |
                   ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB |
                   ARES_OPT_EDNSPSZ | ARES_OPT_RESOLVCONF | ARES_OPT_NOROTATE;
  int rc = library;
  if (rc == ARES_SUCCESS) rc = ares_init_options(&line->ares, &options, mask);
  if (rc != ARES_SUCCESS) {
    line->ares = nullptr;
    return ares_strerror(rc);
  }
  ares_addr_port_node node = NodeOf(server_);
  rc = ares_set_servers_ports(line->ares, &node);
  if (rc != ARES_SUCCESS) {
    ares_destroy(std::exchange(line->ares, nullptr));
    return ares_strerror(rc);
  }
  if (!server_.interface.empty()) UseInterface(line->ares, server_);
  line->edns = edns;
  return "";
}

void DnsChannel::SendWaiting() {
  while (lines_.size() - free_.size() < kMaxSent && !waiting_.empty()) {
    std::unique_ptr<Question> question = std::move(waiting_.front());
    waiting_.pop_front();
    if (executor_->Now() - question->since < timeout_) {
      Send(std::move(question));
    } else {
      GiveUp(std::move(question), "it is too slow for all questions that wait",
             false);
    }
  }
}

void DnsChannel::GiveUp(std::unique_ptr<Question> question, std::string why,
                        bool silent) {
  Report report = Report::Unknown(question->lookup, std::move(why));
  report.origin.server = name_;
  Finish(std::move(question), {std::move(report), silent});
}

void DnsChannel::OnAnswer(void* argument, int status, int, unsigned char* bytes,
                          int size) {
  std::unique_ptr<Question> question(static_cast<Question*>(argument));
  DnsChannel* const self = question->channel;
  if (self->alive_ == nullptr) return;  // ~DnsChannel
  const std::string_view message(reinterpret_cast<const char*>(bytes),
                                 bytes == nullptr || size < 0 ? 0 : size);
  // The line is free again, but no question is sent on it before c-ares has
  // returned from its callback: see Finish.
  question->line->timer.Cancel();
  question->line->edns = HasEdns(question->line->ares);
  self->free_.push_back(question->line);
  Reply reply = self->Read(*question, status, message);
  self->Finish(std::move(question), std::move(reply));
}

// If there are bytes, we parse them ourselves and ignore the status that c-ares
// derives from them.
DnsChannel::Reply DnsChannel::Read(const Question& question, int status,
                                   std::string_view bytes) {
  const Origin origin{name_, 1, question.number, question.since,
                      executor_->Now()};
  const bool with_edns = question.line->edns;
  if (!bytes.empty()) {
    DnsMessage message = ReadDnsMessage(bytes, question.lookup);
    EdnsDoubt doubt = question.edns ? message.edns : EdnsDoubt::kNone;
    if (question.edns && !with_edns) doubt = EdnsDoubt::kRefused;
    return {ReportOf(question.lookup, std::move(message), origin), false,
            with_edns, doubt};
  }
  std::string why = ares_strerror(status);
  bool silent = false;
  if (status == ARES_ETIMEOUT) {
    why = absl::StrCat("no answer within ", absl::FormatDuration(timeout_));
    silent = true;
  } else if (status == ARES_ECONNREFUSED) {
    const bool lost =
        !server_.interface.empty() && InterfaceIndex(server_.interface) == 0;
    why = lost ? absl::StrCat("there is no interface ", server_.interface)
               : "connection refused: no DNS server runs there";
    silent = true;
  }
  // A server that refuses the connection would not answer without EDNS either.
  const bool lost_or_dropped = question.edns && status == ARES_ETIMEOUT;
  return {Report::Unknown(question.lookup, std::move(why), origin), silent,
          with_edns, lost_or_dropped ? EdnsDoubt::kPerhaps : EdnsDoubt::kNone};
}

// Delivers the reply later, because c-ares must not be destroyed or used within
// its own callbacks.
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
  auto* const line = static_cast<Line*>(argument);
  if (!readable && !writable) {
    line->watches.erase(fd);
    return;
  }
  DnsChannel* const self = line->channel;
  Line::Watches& watches = line->watches[fd];
  if (!readable) watches.read.reset();
  if (!writable) watches.write.reset();
  if (readable && watches.read == nullptr) {
    watches.read = self->executor_->WatchFd(
        fd, Executor::Ready::kToRead,
        [self, line, fd] { self->Process(line, fd, ARES_SOCKET_BAD); });
  }
  if (writable && watches.write == nullptr) {
    watches.write = self->executor_->WatchFd(
        fd, Executor::Ready::kToWrite,
        [self, line, fd] { self->Process(line, ARES_SOCKET_BAD, fd); });
  }
}

void DnsChannel::Process(Line* line, int read_fd, int write_fd) {
  ares_process_fd(line->ares, read_fd, write_fd);
  ArmTimer(line);
}

// Sets the timer for c-ares's next timeout, unless it is set. A question that
// moves to TCP gets a new timeout in c-ares; the earlier timer then runs too
// early, which does no harm.
void DnsChannel::ArmTimer(Line* line) {
  timeval left{};
  if (line->timer.pending() ||
      ares_timeout(line->ares, nullptr, &left) == nullptr) {
    return;
  }
  line->timer.Set(
      absl::DurationFromTimeval(left) + absl::Milliseconds(1),
      [this, line] { Process(line, ARES_SOCKET_BAD, ARES_SOCKET_BAD); });
}

}  // namespace mailverdict
