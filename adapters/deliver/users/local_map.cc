#include "adapters/deliver/users/local_map.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "adapters/deliver/users/mail_log.h"
#include "lib/loop/deadline.h"
#include "lib/mail/escape.h"

namespace mailverdict::deliver {
namespace {

using socketmap::ReadResult;
using socketmap::Request;
using socketmap::RequestReader;

// How much of a malformed request a log line shows.
constexpr size_t kShownBytes = 60;

absl::string_view Absl(std::string_view text) {
  return {text.data(), text.size()};
}

// Whether sendmail's rewriting leaves this character of a map's value alone.
// sendmail interpolates %0, splits the value into tokens, and fails with
// EX_DATAERR at an unbalanced quote or parenthesis.
bool IsPlain(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' ||
         c == '_' || c == '-' || c == '+';
}

std::string Present(std::string_view user) {
  const bool plain = std::all_of(user.begin(), user.end(), IsPlain);
  return absl::StrCat("OK ", plain && !user.empty() ? Absl(user) : "user");
}

// One connection.
class Client {
 public:
  Client(int fd, int stop_fd, const LocalMapLimits& limits)
      : fd_(fd), stop_fd_(stop_fd), limits_(limits) {}

  // Reads a part of a request; `begun`: a part of it is there already. False if
  // the connection is to be closed.
  bool Read(bool begun, RequestReader* reader) {
    if (!begun) {
      if (!AwaitRequest()) return false;
      request_end_ = Deadline::After(limits_.request);
    } else if (!Await(POLLIN, request_end_)) {
      return false;
    }
    char bytes[4096];
    const ssize_t count =
        recv(fd_, bytes, std::min(sizeof bytes, reader->room()), MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    reader->Feed(std::string_view(bytes, static_cast<size_t>(count)));
    return count > 0;
  }

  bool Send(std::string_view reply) {
    const Deadline end = Deadline::After(limits_.reply);
    while (!reply.empty()) {
      const ssize_t count =
          send(fd_, reply.data(), reply.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (count >= 0) {
        reply.remove_prefix(static_cast<size_t>(count));
      } else if (errno != EINTR && (errno != EAGAIN || !Await(POLLOUT, end))) {
        return false;
      }
    }
    // The next request may have been sent in part already.
    request_end_ = Deadline::After(limits_.request);
    return true;
  }

 private:
  // For as long as it takes. A request that has arrived goes before a stop.
  bool AwaitRequest() const {
    for (;;) {
      pollfd fds[] = {{fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
      if (poll(fds, 2, -1) > 0) return fds[0].revents != 0;
      if (errno != EINTR) return false;
    }
  }

  bool Await(short events, const Deadline& deadline) const {
    pollfd ready{fd_, events, 0};
    while (!deadline.passed()) {
      if (poll(&ready, 1, deadline.PollTimeout()) > 0) return true;
    }
    return false;
  }

  const int fd_, stop_fd_;
  const LocalMapLimits& limits_;
  Deadline request_end_ = Deadline::After(absl::ZeroDuration());
};

}  // namespace

std::string LocalMap::Answer(const Request& request) const {
  if (request.map != "local") return "TEMP there is no such map";
  const size_t at = request.key.rfind('@');
  // A catch-all would take mail for every name; there is none here.
  if (at == 0 && request.key.size() > 1) return "NOTFOUND ";
  const std::string_view user = request.key.substr(0, at);
  if (user.empty()) return "TEMP the key is empty";
  if (at != request.key.npos) {
    std::string_view domain = request.key.substr(at + 1);
    if (!domain.empty() && domain.back() == '.') domain.remove_suffix(1);
    const bool ours = std::any_of(
        domains_.begin(), domains_.end(), [domain](const std::string& one) {
          return absl::EqualsIgnoreCase(one, Absl(domain));
        });
    if (!ours) return "TEMP the domain is not listed under --domain";
  }
  const Ruling ruling = rule_->Judge(request.key);
  switch (ruling.existence) {
    case Existence::kPresent:
      return Present(user);
    case Existence::kProvenAbsent:
      return "NOTFOUND ";
    case Existence::kUnsure:
      break;
  }
  return "TEMP " + mail::EscapeLine(ruling.why);
}

void LocalMap::Serve(int fd, int stop_fd, const LogSink& log) const {
  Client client(fd, stop_fd, limits_);
  RequestReader reader;
  for (;;) {
    Request request;
    switch (reader.Next(&request)) {
      case ReadResult::kOne: {
        std::string reply;
        if (!socketmap::EncodeReply(Answer(request), &reply)) return;
        if (!client.Send(reply)) return;
        break;
      }
      case ReadResult::kMore:
        if (!client.Read(!reader.unread().empty(), &reader)) return;
        break;
      case ReadResult::kError:
        log(Severity::kWarning,
            absl::StrCat(
                "map: closing a connection: ",
                Absl(socketmap::Describe(reader.error())), ": ",
                mail::EscapeLine(reader.unread().substr(0, kShownBytes))));
        return;
    }
  }
}

absl::Status RunLocalMap(const server::ConnectionServerOptions& options,
                         const LocalMap& map, int stop_fd, const LogSink& log) {
  return server::RunConnectionServer(
      options, stop_fd, log,
      [&map, &log](int fd, int stop) { map.Serve(fd, stop, log); });
}

}  // namespace mailverdict::deliver
