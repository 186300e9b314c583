// What the memory can hold.

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "lib/core/mailbox_seen.h"
#include "lib/core/missing_domain.h"
#include "lib/core/vanished.h"
#include "tests/evidence/claims_of.h"

namespace mailverdict {
namespace {

class HistoryClaims {
 public:
  HistoryClaims(const HistoryLookup& lookup, const Policy& policy,
                const Overrides& overrides, absl::Time now)
      : lookup_(lookup), policy_(policy), overrides_(overrides), now_(now) {
    Add("the store fails", Report::Unknown(lookup_, "disk full"));
    for (const char* text : {"", "last seen yesterday"}) {
      Add("no memory of ours", Report::Present(lookup_, {text}));
    }
    Add("present with nothing", Report::Present(lookup_, {}));
  }

  std::vector<Claim> All() && {
    switch (lookup_.kind) {
      case HistoryLookup::Kind::kMailboxSeen:
        AddSeen();
        break;
      case HistoryLookup::Kind::kVanished:
        AddVanished();
        break;
      case HistoryLookup::Kind::kMissingDomain:
        AddMissing();
        break;
    }
    return std::move(claims_);
  }

 private:
  void Add(std::string name, Report report, bool proves = false) {
    claims_.push_back({std::move(name), Answer(std::move(report)), proves});
  }
  template <typename Remembered>
  void Add(std::string name, const Remembered& remembered, bool proves) {
    Add(std::move(name), Report::Present(lookup_, remembered.ToValues()),
        proves);
  }

  const DirectoryPolicy& Directory() const {
    return *policy_.FindDirectory(lookup_.key.substr(0, lookup_.key.find(':')));
  }

  // Of no mailbox: either way the directory is asked whatever follows from it.
  void AddBeyondAscii() {
    Add("all is ASCII", Report::Absent(lookup_), true);
    Add("seen lately", MailboxSeen{now_ - absl::Hours(1)}, true);
    Add("seen long ago", MailboxSeen{now_ - absl::Hours(10'000)}, true);
    Add("seen tomorrow", MailboxSeen{now_ + absl::Hours(24)}, true);
  }

  void AddSeen() {
    constexpr absl::Duration kHour = absl::Hours(1);
    if (absl::EndsWith(lookup_.key, absl::StrCat(":", kBeyondAsciiKey))) {
      AddBeyondAscii();
      return;
    }
    const absl::Duration grace = GraceOf(Directory(), overrides_);
    const absl::Time before = now_ - 10 * grace - 100 * kHour;
    Add("never seen", Report::Absent(lookup_), true);
    Add("seen an hour ago", MailboxSeen{now_ - kHour},
        grace == absl::ZeroDuration());
    Add("seen long ago, never missed", MailboxSeen{before},
        grace == absl::ZeroDuration());
    Add("seen tomorrow", MailboxSeen{now_ + 24 * kHour},
        grace == absl::ZeroDuration());
    Add("vanished half a grace ago",
        MailboxSeen{before, now_ - grace / 2, now_ - grace / 2},
        grace == absl::ZeroDuration());
    Add("vanished longer ago than the grace period",
        MailboxSeen{before, now_ - grace - kHour, now_ - kHour / 2}, true);
    Add("vanished so long ago, with a gap",
        MailboxSeen{before, now_ - grace - 60 * kHour, now_ - 30 * kHour},
        grace == absl::ZeroDuration());
  }

  void AddVanished() {
    const VanishLimit limit = VanishLimitOf(Directory(), overrides_);
    const auto times = [&](int count, absl::Duration apart) {
      Vanished vanished;
      for (int i = 0; i < count; ++i) {
        vanished.times.push_back(now_ - (count - i) * apart);
      }
      return vanished;
    };
    const absl::Duration close = absl::Seconds(1);
    Add("nobody vanished", Report::Absent(lookup_), true);
    Add("few vanished", times(limit.vanished, close), true);
    // To the second: as close as can be told apart.
    Add("too many vanished", times(limit.vanished + 1, absl::ZeroDuration()),
        false);
    Add("as many, one by one",
        times(limit.vanished + 1, limit.within + absl::Seconds(1)), true);
  }

  void AddMissing() {
    const DomainCheckPolicy& policy = *policy_.FindCheck<DomainCheckPolicy>();
    constexpr absl::Duration kHour = absl::Hours(1);
    using Mark = MissingDomain::Mark;
    const auto missing = [&](absl::Duration first, absl::Duration last,
                             int messages, Mark mark = Mark::kNone) {
      return MissingDomain{now_ - first, now_ - last, messages, mark};
    };
    const absl::Duration long_ago = policy.learn_over + kHour;
    const int enough = policy.learn_messages;
    Add("never missing", Report::Absent(lookup_), false);
    Add("learned", missing(long_ago, kHour, enough), true);
    Add("missed by too few", missing(long_ago, kHour, enough - 1), false);
    Add("missed not long enough",
        missing(policy.learn_over - kHour, kHour, enough), false);
    Add("missed long ago", missing(long_ago + 50 * kHour, 25 * kHour, enough),
        false);
    Add("missed tomorrow", missing(long_ago, -kHour, enough), false);
    Add("an operator says so",
        missing(absl::ZeroDuration(), absl::ZeroDuration(), 0, Mark::kAdded),
        true);
    Add("an operator insists",
        missing(50 * kHour, 50 * kHour, 1, Mark::kPinned), true);
  }

  const HistoryLookup& lookup_;
  const Policy& policy_;
  const Overrides& overrides_;
  const absl::Time now_;
  std::vector<Claim> claims_;
};

}  // namespace

std::vector<Claim> ClaimsOf(const HistoryLookup& lookup, const Policy& policy,
                            const Overrides& overrides, absl::Time now) {
  return HistoryClaims(lookup, policy, overrides, now).All();
}

}  // namespace mailverdict
