// Fuzzes StoredHistory with a store whose values are any bytes, as in a damaged
// file. Requires: no crash; no recipient is rejected whose absence the
// directory and DNS do not prove. The input is the value of every key.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lib/checks/build_chain.h"
#include "lib/core/chain.h"
#include "lib/core/mailbox_seen.h"
#include "lib/core/missing_domain.h"
#include "lib/core/vanished.h"
#include "lib/history/stored_history.h"
#include "tests/fuzz/require.h"

namespace mailverdict {
namespace {

using Kind = HistoryLookup::Kind;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// A store with the same value at every key: the one that was put last.
class SameEverywhere final : public Store {
 public:
  explicit SameEverywhere(std::string_view value) : value_(value) {}

  absl::StatusOr<std::optional<std::string>> Get(std::string_view) override {
    return value_;
  }
  absl::Status Put(std::string_view key, std::string_view value) override {
    Require(CheckBounds(key, value).ok(), "what is written fits");
    value_ = std::string(value);
    return absl::OkStatus();
  }
  absl::Status Erase(std::string_view) override {
    value_ = std::nullopt;
    return absl::OkStatus();
  }
  absl::Status ForEach(std::string_view prefix, const Visitor& visit) override {
    if (value_.has_value()) visit(std::string(prefix) + "example.org", *value_);
    return absl::OkStatus();
  }
  absl::Status Sync() override { return absl::OkStatus(); }
  size_t size() const override { return 1; }
  const std::string& salt() const override { return salt_; }

 private:
  std::optional<std::string> value_;
  const std::string salt_ = std::string(kSaltBytes, 's');
};

StoredHistory Holding(std::string_view value) {
  return StoredHistory(std::make_unique<SameEverywhere>(value));
}

HistoryLookup AboutJoe() { return {Kind::kMailboxSeen, "people:joe"}; }

void ReadMailbox(std::string_view value) {
  StoredHistory history = Holding(value);
  const auto seen = MailboxSeen::From(Answer(history.Read(AboutJoe())));
  Require(seen.has_value(), "whom we have a record of, we have seen");
  Require(seen->MissingSince(kNow) <= kNow, "nobody goes missing later");
  Require(value.size() == 12 || seen->MissingSince(kNow) == kNow,
          "a record that is none of ours has nobody missing before");
}

void WriteMailbox(std::string_view value) {
  StoredHistory history = Holding(value);
  history.Write({Observation::Kind::kMissed, AboutJoe(), kNow});
  Require(history.Read(AboutJoe()).state == AnswerState::kPresent,
          "who is missed is not forgotten");
  history.Write({Observation::Kind::kPresent, AboutJoe(), kNow});
  history.Write({Observation::Kind::kGone, AboutJoe(), kNow});
  Require(history.Read(AboutJoe()).state == AnswerState::kAbsent,
          "who is gone is forgotten");
}

void ReadVanished(std::string_view value) {
  StoredHistory history = Holding(value);
  const Answer answer(history.Read({Kind::kVanished, "people"}));
  Require(answer.present() == (value.size() >= 12), "whole entries count");
  if (answer.present()) {
    Require(Vanished::From(answer)->times.size() == value.size() / 12,
            "and each of them does");
  }
}

void ReadDomain(std::string_view value) {
  StoredHistory history = Holding(value);
  const HistoryLookup lookup{Kind::kMissingDomain, "example.org"};
  const Answer answer(history.Read(lookup));
  const auto domain = MissingDomain::From(answer);
  Require(domain.has_value() == answer.present(), "what is there can be read");
  if (domain.has_value()) {
    Require(domain->messages <= MissingDomain::kMaxMessages, "few messages");
    Require(value.size() == 13 + 4 * static_cast<size_t>(domain->messages),
            "a record has its times, its mark and its messages");
  }
  history.Write({Observation::Kind::kMissed, lookup, kNow, "message"});
  history.Write({Observation::Kind::kPresent, lookup, kNow});
  history
      .ForEachDomain([](std::string_view name, const MissingDomain& each) {
        Require(name == "example.org", "a domain has its name");
        Require(each.mark == MissingDomain::Mark::kPinned,
                "what is there again is forgotten, unless it is pinned");
        return true;
      })
      .IgnoreError();
}

std::shared_ptr<const Policy> Everything() {
  auto policy = std::make_shared<Policy>();
  DirectoryPolicy people;
  people.name = "people";
  people.uris = {"ldap://one"};
  people.filter = *FilterTemplate::Parse("(mail=%a)");
  people.controls = {{"mail", "old@example.org", "uid=old"}};
  policy->directories.push_back(std::move(people));
  RealmPolicy ours;
  ours.directory = "people";
  policy->realms.push_back(ours);
  policy->realm_by_domain.Add("example.org", 0);
  policy->checks.emplace_back(RecipientPolicy());
  DomainCheckPolicy domain;
  domain.learn = DomainCheckPolicy::Learn::kOn;
  domain.shipped_list = false;
  policy->checks.emplace_back(std::move(domain));
  return policy;
}

// An absence without controls.
Report Unvouched(const Lookup& lookup) {
  Report report = Report::Absent(lookup);
  report.absence = Absence::kNoName;
  report.dns.zone = "example";
  return report;
}

void Judge(std::string_view value, const Transaction& tx) {
  static const auto* const chain = new Chain(BuildChain(Everything()));
  StoredHistory history = Holding(value);
  Evidence evidence;
  for (int round = 0; round < 10; ++round) {
    const Evaluation evaluation = Evaluate(*chain, tx, evidence);
    if (const auto* verdict = std::get_if<Verdict>(&evaluation)) {
      Require(verdict->disposition() != Disposition::kReject,
              "what is remembered proves nothing");
      return;
    }
    for (const Lookup& lookup : std::get<std::vector<Lookup>>(evaluation)) {
      const auto* remembered = std::get_if<HistoryLookup>(&lookup);
      evidence.Add(Answer(remembered == nullptr ? Unvouched(lookup)
                                                : history.Read(*remembered)));
    }
  }
  Require(false, "a verdict comes in a few rounds");
}

Transaction At(Stage stage) {
  Transaction tx;
  tx.stage = stage;
  tx.now = kNow;
  tx.client = "192.0.2.1";
  tx.sender = "ann@missing.example";
  if (stage == Stage::kRcpt) tx.recipient = "joe@example.org";
  return tx;
}

}  // namespace
}  // namespace mailverdict

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mailverdict;  // NOLINT: a program of one function
  const std::string_view value = Bytes(data, size);
  ReadMailbox(value);
  WriteMailbox(value);
  ReadVanished(value);
  ReadDomain(value);
  Judge(value, At(Stage::kMail));
  Judge(value, At(Stage::kRcpt));
  return 0;
}
