// An Answer in few bytes, for caches that may have a million answers.

#ifndef MAILVERDICT_LIB_CORE_PACKED_ANSWER_H_
#define MAILVERDICT_LIB_CORE_PACKED_ANSWER_H_

#include <memory>
#include <string>
#include <string_view>

#include "lib/core/answer.h"

namespace mailverdict {

// Unpack returns the answer that was packed, with times to the nanosecond. It
// is proven if and only if that answer was. Movable, not copyable; an object
// that was moved from must not be used.
class PackedAnswer {
 public:
  // REQUIRES: `answer` is about a mailbox or from DNS.
  explicit PackedAnswer(const Answer& answer);

  Answer Unpack() const;
  AnswerState state() const;

  // The lookup of the answer, as bytes. Two keys are equal if and only if their
  // lookups are. The view is valid as long as this object, or the object that
  // it was moved to.
  std::string_view key() const;
  static std::string KeyOf(const MailboxLookup& lookup);
  static std::string KeyOf(const DnsLookup& lookup);

 private:
  std::unique_ptr<const char[]> bytes_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_CORE_PACKED_ANSWER_H_
