// An Answer in few bytes: a cache of a million holds these.

#ifndef MAILVERDICT_LIB_CORE_PACKED_ANSWER_H_
#define MAILVERDICT_LIB_CORE_PACKED_ANSWER_H_

#include <memory>
#include <string>
#include <string_view>

#include "lib/core/answer.h"

namespace mailverdict {

// What comes out is the answer that went in, the times of its transcript to the
// nanosecond: one that is vouched for stays so, and no other becomes so. Can be
// moved, and then has nothing to say any more.
class PackedAnswer {
 public:
  // REQUIRES: `answer` is about a mailbox or from DNS.
  explicit PackedAnswer(const Answer& answer);

  Answer Unpack() const;
  AnswerState state() const;

  // What it is about, in bytes that are equal exactly when the lookups are. The
  // view lives as long as this, also when it is moved.
  std::string_view key() const;
  static std::string KeyOf(const MailboxLookup& lookup);
  static std::string KeyOf(const DnsLookup& lookup);

 private:
  std::unique_ptr<const char[]> bytes_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_PACKED_ANSWER_H_
