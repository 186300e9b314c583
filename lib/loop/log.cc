#include "lib/loop/log.h"

#include <syslog.h>

namespace mailverdict {

int SyslogPriority(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return LOG_INFO;
    case Severity::kWarning:
      return LOG_WARNING;
    case Severity::kError:
      return LOG_ERR;
  }
  return LOG_ERR;
}

}  // namespace mailverdict
