#ifndef MAILVERDICT_ADAPTERS_DAEMON_VERSION_H_
#define MAILVERDICT_ADAPTERS_DAEMON_VERSION_H_

namespace mailverdict {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace mailverdict

#endif  // MAILVERDICT_ADAPTERS_DAEMON_VERSION_H_
