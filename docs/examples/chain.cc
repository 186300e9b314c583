// The chain with a resolver of the program's own: here a text file that has an
// address on each line.
//
//   chain POLICY ADDRESSES RECIPIENT
//
// prints the verdict and all that it rests on. Try it without the policy's
// control in ADDRESSES: the file proves nothing any more, and a recipient that
// is not in it is deferred instead of rejected.

#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lib/mailverdict.h"

using namespace mailverdict;

namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(path + " cannot be read");
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// A store of addresses, as your directory or database may be one.
class AddressStore {
 public:
  AddressStore(std::shared_ptr<const Policy> policy, std::string path)
      : policy_(std::move(policy)), path_(std::move(path)) {}

  Answer Ask(const MailboxLookup& lookup) {
    const DirectoryPolicy& directory =
        *policy_->FindDirectory(lookup.directory);
    // The recipient and the controls are answered from one reading of the file:
    // one exchange. A control that is missing shows that the file is not whole.
    const std::set<std::string> addresses = Read();
    Origin exchange;
    exchange.server = path_;
    exchange.connection = 1;
    exchange.exchange = ++exchanges_;
    exchange.sent = absl::Now();
    exchange.received = exchange.sent;
    std::vector<Report> controls;
    for (const MailboxLookup& control : ControlsFor(directory, lookup)) {
      controls.push_back(Look(addresses, control, exchange));
    }
    return Vouch(directory, Look(addresses, lookup, exchange), controls);
  }

 private:
  std::set<std::string> Read() const {
    std::ifstream file(path_);
    std::set<std::string> addresses;
    for (std::string line; std::getline(file, line);) addresses.insert(line);
    return addresses;
  }

  static Report Look(const std::set<std::string>& addresses,
                     const MailboxLookup& lookup, const Origin& exchange) {
    for (const std::string& spelling : lookup.spellings) {
      if (addresses.count(spelling) == 0) continue;
      return Report::Present(lookup, {spelling}, exchange);
    }
    return Report::Absent(lookup, exchange);
  }

  const std::shared_ptr<const Policy> policy_;
  const std::string path_;
  uint64_t exchanges_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: chain POLICY ADDRESSES RECIPIENT\n";
    return 64;
  }
  const absl::StatusOr<std::string> text = ReadFile(argv[1]);
  const absl::StatusOr<LoadedPolicy> loaded =
      text.ok() ? LoadPolicy(*text, argv[1], ReadFile) : text.status();
  if (!loaded.ok()) {
    std::cerr << loaded.status().message() << "\n";
    return 78;
  }
  const auto policy = std::make_shared<const Policy>(loaded->policy);
  const Chain chain = BuildChain(policy);
  AddressStore store(policy, argv[2]);
  MemoryHistory history;  // a real program keeps one for longer than a verdict

  Transaction tx;
  tx.stage = Stage::kRcpt;
  tx.recipient = argv[3];
  tx.now = absl::Now();
  for (Evidence evidence;;) {
    Evaluation evaluation = Evaluate(chain, tx, evidence);
    if (const auto* verdict = std::get_if<Verdict>(&evaluation)) {
      for (const Observation& observation : verdict->observations()) {
        history.Write(observation);
      }
      std::cout << verdict->Tree();
      return 0;
    }
    for (const Lookup& lookup : std::get<std::vector<Lookup>>(evaluation)) {
      if (const auto* mailbox = std::get_if<MailboxLookup>(&lookup)) {
        evidence.Add(store.Ask(*mailbox));
      } else if (const auto* seen = std::get_if<HistoryLookup>(&lookup)) {
        evidence.Add(Answer(history.Read(*seen)));
      } else {
        // This program asks no DNS. An unknown answer never rejects.
        evidence.Add(Answer(Report::Unknown(lookup, "DNS is not asked")));
      }
    }
  }
}
