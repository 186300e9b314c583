// Decides which changes of a service's health are logged: one line when it
// fails, one every five minutes while it is failing, one when it is well again.

#ifndef MAILVERDICT_LIB_LOOP_HEALTH_H_
#define MAILVERDICT_LIB_LOOP_HEALTH_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace mailverdict {

// Not thread-safe.
class Health {
 public:
  static constexpr absl::Duration kRepeat = absl::Minutes(5);

  // `service` begins each line: "directory people". `meanwhile` says what its
  // failure means for mail.
  Health(std::string service, std::string meanwhile)
      : service_(std::move(service)), meanwhile_(std::move(meanwhile)) {}

  bool failing() const { return failing_; }

  // Record a failure and a success. Each returns the line to log, if it is time
  // for one.
  std::optional<std::string> Failed(const std::string& why, absl::Time now) {
    if (failing_ && now < next_line_) return std::nullopt;
    if (!failing_) since_ = now;
    failing_ = true;
    next_line_ = now + kRepeat;
    std::string line =
        absl::StrCat(service_, " FAILS: ", why, "; ", meanwhile_);
    if (now > since_) {
      absl::StrAppend(
          &line, ", since ",
          absl::FormatDuration(absl::Trunc(now - since_, absl::Seconds(1))));
    }
    return line;
  }
  std::optional<std::string> Healed(absl::Time now) {
    if (!failing_) return std::nullopt;
    failing_ = false;
    return absl::StrCat(
        service_, " is well again, after ",
        absl::FormatDuration(absl::Trunc(now - since_, absl::Milliseconds(1))));
  }

 private:
  const std::string service_;
  const std::string meanwhile_;
  bool failing_ = false;
  absl::Time since_;
  absl::Time next_line_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_HEALTH_H_
