// Limits on the text of a peer in one line of the log: values for the last
// argument of mail::EscapeUpTo (lib/mail/escape.h).

#ifndef MAILVERDICT_ADAPTERS_DELIVER_USERS_LOG_LIMITS_H_
#define MAILVERDICT_ADAPTERS_DELIVER_USERS_LOG_LIMITS_H_

#include <cstddef>

namespace mailverdict::deliver {

// A line of mail_log.h is cut at 900 bytes, and its end says why and what to
// do. So a peer's text must not fill the line. Each limit is for the escaped
// text.
inline constexpr size_t kShownReplyBytes = 200;
inline constexpr size_t kShownRecipientBytes = 100;
inline constexpr size_t kShownReasonBytes = 300;

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_USERS_LOG_LIMITS_H_
