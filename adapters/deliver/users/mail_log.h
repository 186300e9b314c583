// Lines to syslog, facility mail, without ever being held up: syslog(3) blocks
// for as long as the daemon does, and a delivery that hangs is killed by its
// MTA, when it may have delivered.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_USERS_MAIL_LOG_H_
#define MAILVERDICT_ADAPTERS_DELIVER_USERS_MAIL_LOG_H_

#include <mutex>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "lib/loop/log.h"

namespace mailverdict::deliver {

// Writes whole `text` to `fd`, as far as that goes within `patience`; what
// fails or is late is lost. For blocking and non-blocking descriptors.
void WriteWithin(int fd, std::string_view text, absl::Duration patience);

struct MailLogOptions {
  std::string path = "/dev/log";
  // All the time that this log may ever spend waiting for the daemon to take a
  // line. After that, lines that it does not take at once are lost.
  absl::Duration patience;
  // Where lines go when nobody listens at `path`; -1: nowhere.
  int fallback_fd = -1;
};

// Connects with the first line, and again when the daemon was restarted.
// Thread-safe.
class MailLog {
 public:
  // A longer line is cut. RFC 3164 has 1024 bytes for all of a message.
  static constexpr size_t kMaxLineBytes = 900;

  explicit MailLog(MailLogOptions options);
  ~MailLog();
  MailLog(const MailLog&) = delete;
  MailLog& operator=(const MailLog&) = delete;

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
