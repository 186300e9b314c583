// Makes the log lines about the health of one service: one line at once when it
// begins to fail, one every five minutes while it fails, and one when it is
// well again.
//
// A service that fails and recovers again and again would fill the log. After
// kFlaps failures within kRepeat it counts as unsteady. One line says so, and
// then one line every five minutes has the number of failures. This ends, with
// a last line, when the service has been well for kSteady. It also ends when
// the service fails for kRepeat without a break. From then on it counts as
// failing, not as unsteady.

#ifndef MAILVERDICT_LIB_LOOP_HEALTH_LOG_H_
#define MAILVERDICT_LIB_LOOP_HEALTH_LOG_H_

#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace mailverdict {

// Not thread-safe.
class HealthLog {
 public:
  static constexpr absl::Duration kRepeat = absl::Minutes(5);
  // This many failures within kRepeat make a service unsteady. Two may come
  // from one restart: the server closes the connection, and when it listens
  // again it is not ready yet.
  static constexpr size_t kFlaps = 3;
  // An unsteady service that was well for this long is steady again.
  static constexpr absl::Duration kSteady = absl::Minutes(5);

  // `service` begins each line, as in "directory people"; `effect_on_mail` says
  // what a failure means for mail.
  HealthLog(std::string service, std::string effect_on_mail)
      : service_(std::move(service)),
        effect_on_mail_(std::move(effect_on_mail)) {}

  bool failing() const { return failing_; }

  // Returns how often an unsteady service has failed, for people; "" if it is
  // steady.
  std::string Unsteadiness(absl::Time now) const {
    if (!unsteady_.has_value()) return "";
    return absl::StrCat("unsteady, it failed ", unsteady_->failures,
                        " times within ", Whole(now - unsteady_->since));
  }

  // The service failed, because of `why`. Returns the line to log, if it is
  // time for one.
  std::optional<std::string> Failed(const std::string& why, absl::Time now) {
    const bool begins = !failing_;
    // An unsteady service that has not failed for kSteady was well, even if no
    // call of Healed says so.
    if (begins && unsteady_.has_value() && now - since_ >= kSteady) Forget();
    if (begins) Begin(now);
    why_ = why;
    if (unsteady_.has_value() && !begins && now - since_ >= kRepeat) Forget();
    if (unsteady_.has_value()) return UnsteadyLine(now);
    if (!begins && now < next_line_) return std::nullopt;
    next_line_ = now + kRepeat;
    std::string line =
        absl::StrCat(service_, " FAILS: ", why, "; ", effect_on_mail_);
    if (now > since_) absl::StrAppend(&line, ", since ", Whole(now - since_));
    return line;
  }

  // The service answered well. Returns the line to log, if it is time for one.
  std::optional<std::string> Healed(absl::Time now) {
    const absl::Time failed_since = since_;
    const bool heals = failing_;
    if (heals) {
      failing_ = false;
      since_ = now;
    }
    if (unsteady_.has_value()) {
      if (now - since_ < kSteady) return UnsteadyLine(now);
      std::string line = absl::StrCat(service_, " is steady again: well for ",
                                      Whole(now - since_), ", after ",
                                      unsteady_->failures, " failures");
      Forget();
      return line;
    }
    if (!heals) return std::nullopt;
    return absl::StrCat(service_, " is well again, after ",
                        absl::FormatDuration(absl::Trunc(
                            now - failed_since, absl::Milliseconds(1))));
  }

 private:
  // `since` is the time of the first failure that counted towards kFlaps.
  struct Unsteady {
    absl::Time since;
    size_t failures = 0;
  };

  static std::string Whole(absl::Duration time) {
    return absl::FormatDuration(absl::Trunc(time, absl::Seconds(1)));
  }

  void Begin(absl::Time now) {
    failing_ = true;
    since_ = now;
    if (unsteady_.has_value()) {
      ++unsteady_->failures;
      return;
    }
    lately_.push_back(now);
    while (now - lately_.front() > kRepeat) lately_.pop_front();
    if (lately_.size() < kFlaps) return;
    unsteady_ = Unsteady{lately_.front(), lately_.size()};
    next_line_ = now;  // the line that says so
  }

  std::optional<std::string> UnsteadyLine(absl::Time now) {
    if (now < next_line_) return std::nullopt;
    next_line_ = now + kRepeat;
    return absl::StrCat(
        service_, " is UNSTEADY: it failed ", unsteady_->failures,
        " times within ", Whole(now - unsteady_->since),
        ", the last time because of: ", why_, "; when it fails, ",
        effect_on_mail_, "; a line every ", absl::FormatDuration(kRepeat),
        " until it is steady again");
  }

  // Ends an unsteady time. The next line is due at once.
  void Forget() {
    unsteady_.reset();
    lately_.clear();
    next_line_ = absl::InfinitePast();
  }

  const std::string service_;
  const std::string effect_on_mail_;
  bool failing_ = false;
  std::string why_;                // of the last failure
  absl::Time since_;               // when failing_ last changed
  absl::Time next_line_;           // due while it is failing or unsteady
  std::deque<absl::Time> lately_;  // while steady: when failures began
  std::optional<Unsteady> unsteady_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_HEALTH_LOG_H_
