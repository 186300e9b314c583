// The claims for a mailbox lookup.

#include <utility>

#include "lib/core/vouch.h"
#include "tests/evidence/claims_of.h"

namespace mailverdict {
namespace {

using Reports = std::vector<Report>;

class MailboxClaims {
 public:
  MailboxClaims(const MailboxLookup& lookup, const DirectoryPolicy& directory,
                absl::Time now)
      : lookup_(lookup),
        directory_(directory),
        here_{"ldap://one", 1, 2, now, now + absl::Milliseconds(1)} {}

  std::vector<Claim> All() && {
    for (const char* reason : {"search timed out after 3s", "busy (51)",
                               "no such object (32)", "bind failed (49)"}) {
      Add(reason, Vouch(directory_, Report::Unknown(lookup_, reason, here_),
                        ControlsAt(here_)));
    }
    Add("present",
        Vouch(directory_,
              Report::Present(lookup_, {"uid=x", lookup_.address()}, here_),
              ControlsAt(here_)));
    Add("present, without its controls",
        Vouch(directory_, Report::Present(lookup_, {"uid=x"}, here_), {}));
    Add("absent, says a resolver that has not let it be judged",
        Answer(Report::Absent(lookup_, here_)));
    AddProven();
    AddSecondServers();
    AddBrokenControls();
    AddLyingOrigins();
    return std::move(claims_);
  }

 private:
  void Add(std::string name, Answer answer, bool proves = false) {
    claims_.push_back({std::move(name), std::move(answer), proves});
  }

  Reports ControlsAt(const Origin& moment) const {
    Reports controls;
    for (const MailboxLookup& asked : ControlsFor(directory_, lookup_)) {
      controls.push_back(Report::Present(asked, {"uid=control"}, moment));
    }
    return controls;
  }

  Answer AbsentAt(const Origin& moment, const Reports& controls) const {
    return Vouch(directory_, Report::Absent(lookup_, moment), controls);
  }

  Origin There() const {
    Origin there = here_;
    there.server = "ldap://two";
    ++there.connection;
    return there;
  }

  bool TwoServers() const {
    return directory_.confirm_absent && directory_.uris.size() > 1;
  }

  // False if nothing can be proven even with good controls: an arm has no
  // control, the directory is a proxy, or the recipient is itself a control.
  bool CanProve() const {
    bool can = !directory_.proxy && directory_.UncoveredArms().empty() &&
               !directory_.controls.empty();
    for (const Control& control : directory_.controls) {
      for (const std::string& spelling : lookup_.spellings) {
        can &= spelling != control.address;
      }
    }
    return can;
  }

  void AddProven() {
    const Answer first = AbsentAt(here_, ControlsAt(here_));
    if (!TwoServers()) {
      Add("absent, with all controls", first, CanProve());
      return;
    }
    const Answer second = AbsentAt(There(), ControlsAt(There()));
    Add("absent, with all controls, on two servers", Confirm(first, second),
        CanProve());
  }

  void AddSecondServers() {
    if (!TwoServers()) return;
    const Answer first = AbsentAt(here_, ControlsAt(here_));
    Add("absent on one server of two", first);
    Add("absent, confirmed by the same server", Confirm(first, first));
    Add("absent, the second server without controls",
        Confirm(first, AbsentAt(There(), {})));
    Add("absent, the second server does not know",
        Confirm(first, Answer(Report::Unknown(lookup_, "gone", There()))));
    Add("absent, the second server has him",
        Confirm(first, Answer(Report::Present(lookup_, {"uid=x"}, There()))));
    Add("absent, the first server without controls",
        Confirm(AbsentAt(here_, {}), AbsentAt(There(), ControlsAt(There()))));
    MailboxLookup other = lookup_;
    other.spellings = {"other@example.org"};
    Add("absent, the second server is asked for another",
        Confirm(first, Vouch(directory_, Report::Absent(other, There()),
                             ControlsAt(There()))));
  }

  // If the directory needs two servers, a good second server confirms `first`.
  // So the claim tests the fault in `first` alone.
  Answer Confirmed(const Answer& first) const {
    if (!TwoServers()) return first;
    return Confirm(first, AbsentAt(There(), ControlsAt(There())));
  }

  void AddBrokenControls() {
    Add("absent, no control was asked", Confirmed(AbsentAt(here_, {})));
    const size_t controls = ControlsAt(here_).size();
    for (size_t i = 0; i < controls; ++i) {
      const auto add = [&](const char* name, auto change) {
        Reports changed = ControlsAt(here_);
        change(&changed[i]);
        Add(name, Confirmed(AbsentAt(here_, changed)));
      };
      add("absent, as its control",
          [](Report* control) { control->state = AnswerState::kAbsent; });
      add("absent, its control unknown",
          [](Report* control) { control->state = AnswerState::kUnknown; });
      add("absent, its control from another server",
          [](Report* control) { control->origin.server = "ldap://three"; });
      add("absent, its control from another connection",
          [](Report* control) { ++control->origin.connection; });
      add("absent, its control from another exchange",
          [](Report* control) { ++control->origin.exchange; });
      add("absent, its control sent earlier",
          [](Report* control) { control->origin.sent -= absl::Seconds(1); });
      add("absent, its control received later", [](Report* control) {
        control->origin.received += absl::Seconds(1);
      });
      add("absent, its control is somebody else", [](Report* control) {
        std::get<MailboxLookup>(control->lookup).spellings = {"x@example.org"};
      });
      add("absent, its control found through another arm", [](Report* control) {
        std::get<MailboxLookup>(control->lookup).arm += "x";
      });
    }
  }

  // The report and the controls agree with each other, but cannot be true.
  void AddLyingOrigins() {
    Origin nowhere = here_;
    nowhere.server.clear();
    Add("absent, from no server",
        Confirmed(AbsentAt(nowhere, ControlsAt(nowhere))));
    Origin backwards = here_;
    std::swap(backwards.sent, backwards.received);
    Add("absent, received before it was sent",
        Confirmed(AbsentAt(backwards, ControlsAt(backwards))));
    Add("absent, without an origin", Confirmed(AbsentAt({}, ControlsAt({}))));
  }

  const MailboxLookup& lookup_;
  const DirectoryPolicy& directory_;
  const Origin here_;
  std::vector<Claim> claims_;
};

}  // namespace

std::vector<Claim> ClaimsOf(const MailboxLookup& lookup,
                            const DirectoryPolicy& directory, absl::Time now) {
  return MailboxClaims(lookup, directory, now).All();
}

}  // namespace mailverdict
