#include "adapters/deliver/wrapper/exit_status.h"

#include <string.h>

#include "absl/strings/str_cat.h"

namespace mailverdict::deliver {
namespace {

// sysexits.h, 64..78.
constexpr const char* kSysexits[] = {
    "EX_USAGE",       "EX_DATAERR",  "EX_NOINPUT",  "EX_NOUSER", "EX_NOHOST",
    "EX_UNAVAILABLE", "EX_SOFTWARE", "EX_OSERR",    "EX_OSFILE", "EX_CANTCREAT",
    "EX_IOERR",       "EX_TEMPFAIL", "EX_PROTOCOL", "EX_NOPERM", "EX_CONFIG"};
constexpr int kFirstSysexit = 64;
constexpr int kLastSysexit = 78;

int ExitStatusForStatus(int status, const StatusLists& lists) {
  if (status < 0 || status > 255) return kExTempFail;
  // Before the operator's lists: a delivery is never made a failure.
  if (status == kExOk || status == kExTempFail) return status;
  if (lists.defer[status]) return kExTempFail;
  if (status == kExNoUser || status == kExNoPerm) return status;
  if (status > kMaxPassedStatus) return kExTempFail;
  if (lists.unknown[status]) return kExNoUser;
  return lists.pass[status] ? status : kExTempFail;
}

std::string WithName(const std::string& text, const char* name) {
  return name == nullptr ? text : absl::StrCat(text, " (", name, ")");
}

std::string SignalText(int signal) {
  const char* name = sigabbrev_np(signal);
  const std::string text = absl::StrCat("signal ", signal);
  return name == nullptr ? text : absl::StrCat(text, " (SIG", name, ")");
}

}  // namespace

int ExitStatusFor(const Ending& ending, const StatusLists& lists) {
  if (ending.how != Ending::How::kExited) return kExTempFail;
  return ExitStatusForStatus(ending.number, lists);
}

std::string Describe(const Ending& ending) {
  const int number = ending.number;
  switch (ending.how) {
    case Ending::How::kExited: {
      const bool named = number >= kFirstSysexit && number <= kLastSysexit;
      return WithName(absl::StrCat("exit status ", number),
                      named ? kSysexits[number - kFirstSysexit] : nullptr);
    }
    case Ending::How::kSignalled:
      return absl::StrCat("death by ", SignalText(number));
    case Ending::How::kNotStarted: {
      const char* name = strerrorname_np(number);
      return absl::StrCat("failure to start (",
                          name == nullptr ? "unknown error" : name, ": ",
                          strerror(number), ")");
    }
    case Ending::How::kTimedOut:
      return "timeout";
    case Ending::How::kStopped:
      return absl::StrCat("end after our ", SignalText(number));
  }
  return "unknown end";
}

}  // namespace mailverdict::deliver
