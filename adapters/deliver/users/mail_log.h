// A client of syslog, facility mail, that waits for the syslog daemon for a
// limited time only. syslog(3) blocks for as long as the syslog daemon hangs.
// The MTA would then kill the program after it may have delivered the mail.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_USERS_MAIL_LOG_H_
#define MAILVERDICT_ADAPTERS_DELIVER_USERS_MAIL_LOG_H_

#include <mutex>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "lib/loop/log.h"

namespace mailverdict::deliver {

// Writes `text` to `fd`, and blocks for `patience` at most. The rest of the
// text is lost if the time is over or a write fails. For blocking and
// non-blocking descriptors.
void WriteWithTimeout(int fd, std::string_view text, absl::Duration patience);

struct MailLogOptions {
  std::string path = "/dev/log";
  // How long all lines together may wait for the syslog daemon. When this time
  // is used up, a line that the daemon does not take at once is lost.
  absl::Duration patience;
  // The descriptor that gets lines while no daemon listens at `path`; -1: these
  // lines are lost.
  int fallback_fd = -1;
};

// Connects when the first line is written, and again after the syslog daemon
// was restarted. Thread-safe.
class MailLog {
 public:
  // Longer lines are cut. RFC 3164 4.1 allows 1024 bytes with the header.
  static constexpr size_t kMaxLineBytes = 900;

  explicit MailLog(MailLogOptions options);
  ~MailLog();
  MailLog(const MailLog&) = delete;
  MailLog& operator=(const MailLog&) = delete;

  // Writes one line, escaped (EscapeLine).
  void Write(Severity severity, std::string_view line);

 private:
  bool Connect();
  bool Send(const std::string& message);

  const MailLogOptions options_;
  std::mutex mutex_;
  absl::Duration patience_;  // what is left
  int fd_ = -1;
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_USERS_MAIL_LOG_H_
