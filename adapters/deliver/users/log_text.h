// Text from a peer within a line of the log.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_USERS_LOG_TEXT_H_
#define MAILVERDICT_ADAPTERS_DELIVER_USERS_LOG_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace mailverdict::deliver {

// A line of mail_log.h has 900 bytes, and its end says why and what to do. So
// no peer may fill it. Each limit holds for the escaped text.
inline constexpr size_t kShownReplyBytes = 200;
inline constexpr size_t kShownRecipientBytes = 100;
inline constexpr size_t kShownReasonBytes = 300;

// `text` escaped (EscapeLine), and cut to `max_bytes` with "..." behind it.
// Never cuts within an escape sequence.
std::string ForLog(std::string_view text, size_t max_bytes);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_USERS_LOG_TEXT_H_
