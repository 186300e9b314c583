#include "lib/policy/loader/loader.h"

#include <utility>

#include "absl/strings/substitute.h"
#include "lib/policy/loader/policy_text.h"
#include "lib/policy/loader/program_settings.h"
#include "lib/policy/loader/read_policy.h"
#include "lib/policy/loader/values.h"

namespace mailverdict {
namespace {

using P = proto::Policy;

// The least deadline that leaves time for a lookup over the network.
constexpr absl::Duration kMinDeadline = absl::Milliseconds(100);
// sendmail waits 10 s for the answer of a milter (Timeout "R:10s").
constexpr absl::Duration kMaxDeadline = absl::Seconds(9);
// sendmail waits 5 s for the answer of a map, if the map has -d5s, as the
// documents about socketmap recommend.
constexpr absl::Duration kMapLimit = absl::Seconds(5);

void ReadDeadline(const ParsedMessage<P>& parsed, Policy* policy) {
  if (!parsed->has_deadline()) return;
  const absl::StatusOr<absl::Duration> deadline =
      ReadDuration(parsed->deadline(), "4s");
  if (!deadline.ok()) {
    parsed.Error(P::kDeadlineFieldNumber,
                 absl::StrCat("deadline ", deadline.status().message()));
    return;
  }
  policy->deadline = *deadline;
  if (*deadline < kMinDeadline) {
    parsed.Error(P::kDeadlineFieldNumber,
                 absl::Substitute("deadline is $0, under 100ms: no directory "
                                  "could answer in time; write, say, \"4s\"",
                                  absl::FormatDuration(*deadline)));
  } else if (*deadline > kMaxDeadline) {
    parsed.Error(P::kDeadlineFieldNumber,
                 absl::Substitute("deadline is $0, over 9s: sendmail gives a "
                                  "milter up after 10s, and a map with -d5s "
                                  "after 5s; write, say, \"4s\"",
                                  absl::FormatDuration(*deadline)));
  } else if (*deadline >= kMapLimit) {
    parsed.Warning(P::kDeadlineFieldNumber,
                   absl::Substitute("deadline is $0: sendmail gives a map with "
                                    "-d5s up after 5s; write, say, \"4s\"",
                                    absl::FormatDuration(*deadline)));
  }
}

void ReadLocalNetworks(const ParsedMessage<P>& parsed, Policy* policy) {
  for (int i = 0; i < parsed->local_network_size(); ++i) {
    const std::optional<mail::IpNetwork> network =
        mail::IpNetwork::Parse(parsed->local_network(i));
    if (network.has_value()) {
      policy->local_networks.push_back(*network);
      continue;
    }
    parsed.Error(
        P::kLocalNetworkFieldNumber,
        absl::StrCat("local_network ", Quoted(parsed->local_network(i)),
                     " is no network, or has bits behind its prefix; "
                     "write, say, \"192.0.2.0/24\" or "
                     "\"2001:db8::/32\""),
        i);
  }
}

void ReadDirectories(const ParsedMessage<P>& parsed, const FileReader& read,
                     Policy* policy) {
  UniqueValues names(&parsed.faults());
  for (int i = 0; i < parsed->directory_size(); ++i) {
    const ParsedMessage<proto::Directory> directory =
        parsed.Child(parsed->directory(i), P::kDirectoryFieldNumber, i);
    policy->directories.push_back(
        ReadDirectory(directory, policy->deadline, read));
    if (!directory->has_name()) continue;
    names.Add(directory->name(),
              directory.At(proto::Directory::kNameFieldNumber),
              absl::StrCat("directory ", Quoted(directory->name())));
  }
}

// Warns of parts that are valid but have no effect.
void WarnOfIdleParts(const ParsedMessage<P>& parsed, const Policy& policy) {
  for (int i = 0; i < parsed->directory_size(); ++i) {
    bool used = false;
    for (const RealmPolicy& realm : policy.realms) {
      used |= realm.directory == parsed->directory(i).name();
    }
    if (used) continue;
    parsed.Warning(P::kDirectoryFieldNumber,
                   absl::Substitute("no realm uses directory $0; name it in a "
                                    "realm, or remove it",
                                    Quoted(parsed->directory(i).name())),
                   i);
  }
  if (parsed->has_dns() && !policy.AsksDns()) {
    parsed.Warning(
        P::kDnsFieldNumber,
        "no check asks DNS; add check { domain { } } or check { dnsbl "
        "{ ... } }, or remove dns");
  }
  if (parsed->check_size() == 0) {
    parsed.faults().Warning(
        0,
        "the policy has no check, so everything passes; add check { "
        "recipient { } }");
  } else if (parsed->realm_size() == 0) {
    for (int i = 0; i < parsed->check_size(); ++i) {
      if (!parsed->check(i).has_recipient()) continue;
      parsed.Warning(
          P::kCheckFieldNumber,
          "the policy has no realm, so no domain is ours and every "
          "recipient passes; add realm { domain: ... directory: ... }",
          i);
    }
  }
}

}  // namespace

absl::StatusOr<LoadedPolicy> LoadPolicy(std::string_view text,
                                        std::string_view file_name,
                                        const FileReader& read) {
  return LoadPolicy(text, file_name, read, ParsedLists(read));
}

absl::StatusOr<LoadedPolicy> LoadPolicy(std::string_view text,
                                        std::string_view file_name,
                                        const FileReader& read,
                                        const ListReaders& lists) {
  return LoadPolicyAndSettings(text, file_name, read, lists,
                               [](const auto&) {});
}

absl::StatusOr<LoadedPolicy> LoadPolicyAndSettings(
    std::string_view text, std::string_view file_name, const FileReader& read,
    const ListReaders& lists, const SettingsReader& read_settings) {
  const PolicySource source(text);
  Faults faults(file_name, &source);
  P message;
  google::protobuf::TextFormat::ParseInfoTree tree;
  ParsePolicyText(&faults, &message, &tree);
  // Syntax errors end the load here. A field with a misspelt name would also be
  // reported as missing below.
  if (faults.any_error()) return faults.ToStatus();
  const ParsedMessage<P> parsed(message, &tree, 0, &faults);
  CheckTexts(parsed);
  if (faults.any_error()) return faults.ToStatus();

  LoadedPolicy loaded;
  ReadDeadline(parsed, &loaded.policy);
  loaded.policy.shadow = parsed->shadow();
  ReadLocalNetworks(parsed, &loaded.policy);
  ReadDirectories(parsed, read, &loaded.policy);
  AddressFiles files(lists);
  // The order matters: realms refer to directories by name, and checks depend
  // on the controls of DNS.
  ReadRealms(parsed, &files, &loaded.policy);
  ReadDns(parsed, &loaded.policy);
  ReadChecks(parsed, &files, lists, &loaded.policy);
  // The program's settings are read last, but their errors are sorted into the
  // same report.
  read_settings(parsed);
  WarnOfIdleParts(parsed, loaded.policy);
  if (faults.any_error()) return faults.ToStatus();
  loaded.warnings = faults.Warnings();
  return loaded;
}

}  // namespace mailverdict
