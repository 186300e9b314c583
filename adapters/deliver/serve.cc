#include "adapters/deliver/serve.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <string_view>

#include "adapters/deliver/lmtp/proxy.h"
#include "adapters/deliver/users/local_map.h"
#include "adapters/deliver/users/mail_log.h"

namespace mailverdict::deliver {
namespace {

// A descriptor that becomes readable at SIGTERM or SIGINT. It stays readable,
// since nobody reads from it, so that every thread can wait for it.
int StopFd() {
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  sigprocmask(SIG_BLOCK, &stops, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signalfd(-1, &stops, SFD_CLOEXEC);
}

absl::Status ServeProxy(const Options& options, const UnknownUserRule& rule,
                        const LogSink& log, int stop_fd) {
  ProxyOptions proxy;
  proxy.server.address = options.lmtp;
  proxy.server.unix_options = options.unix_options;
  proxy.backend = options.backend;
  proxy.codes = options.codes;
  const auto judge = [&rule](std::string_view recipient) {
    return rule.Judge(recipient);
  };
  return RunProxy(proxy, judge, log, stop_fd);
}

absl::Status ServeMap(const Options& options, const UnknownUserRule& rule,
                      const LogSink& log, int stop_fd) {
  server::ConnectionServerOptions server;
  server.address = options.map;
  server.unix_options = options.unix_options;
  return RunLocalMap(server, LocalMap(&rule, options.domains), stop_fd, log);
}

}  // namespace

absl::Status Serve(const Options& options, const UnknownUserRule& rule) {
  MailLog log({"/dev/log", absl::ZeroDuration(), STDERR_FILENO});
  const LogSink sink = [&log](Severity severity, std::string_view line) {
    log.Write(severity, line);
  };
  const int stop_fd = StopFd();
  if (stop_fd < 0) {
    return absl::ResourceExhaustedError(
        "no descriptor for signals; raise the limit of open files");
  }
  return options.mode == Mode::kMap ? ServeMap(options, rule, sink, stop_fd)
                                    : ServeProxy(options, rule, sink, stop_fd);
}

}  // namespace mailverdict::deliver
