// Converts the protobuf messages of the policy into the structs of policy.h.
// Part of the loader.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_READ_POLICY_H_
#define MAILVERDICT_LIB_POLICY_LOADER_READ_POLICY_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "lib/mail/domain.h"
#include "lib/policy/loader/address_files.h"
#include "lib/policy/loader/fields.h"
#include "lib/policy/loader/loader.h"
#include "lib/policy/loader/parsed_message.h"
#include "lib/policy/loader/values.h"
#include "lib/policy/policy.h"
#include "proto/policy.pb.h"

namespace mailverdict {

// Each function below fills in the valid values of a message and reports errors
// about the others.

// `deadline` is the deadline of the policy.
DirectoryPolicy ReadDirectory(const ParsedMessage<proto::Directory>& parsed,
                              absl::Duration deadline, const FileReader& read);

// The part of ReadDirectory for the servers: addresses, TLS, and binding.
void ReadServers(const ParsedMessage<proto::Directory>& parsed,
                 const FileReader& read, DirectoryPolicy* directory);

// A valid search base.
struct Base {
  std::string text;
  Dn dn;
  size_t offset;  // of the field
};
// The part of ReadDirectory for the search bases. Returns the valid bases, in
// order.
std::vector<Base> ReadBases(const ParsedMessage<proto::Directory>& parsed,
                            DirectoryPolicy* directory);
// The base that equals `dn` or is above it, or nullptr.
const Base* FindBase(const std::vector<Base>& bases, const Dn& dn);

void ReadDns(const ParsedMessage<proto::Policy>& parsed, Policy* policy);

// Reads the domains of all realms first, because an address file is read for
// one realm and must skip the domains of the others.
void ReadRealms(const ParsedMessage<proto::Policy>& parsed, AddressFiles* files,
                Policy* policy);

// REQUIRES: ReadDns has filled in policy->dns.
void ReadChecks(const ParsedMessage<proto::Policy>& parsed, AddressFiles* files,
                const ListReaders& lists, Policy* policy);

// The parts of ReadChecks: the options that one kind of check has.
RecipientPolicy ReadRecipient(const ParsedMessage<proto::Check>& check,
                              AddressFiles* files);
DomainCheckPolicy ReadDomain(const ParsedMessage<proto::Check>& check,
                             const DnsPolicy& dns, const ListReaders& lists);
DnsblCheckPolicy ReadDnsbl(const ParsedMessage<proto::Check>& check,
                           const Policy& policy);

// Checks all text values. In no field may a text have blanks at its ends,
// control characters or bytes that are not UTF-8. It may be empty in a few
// fields only.
void CheckTexts(const ParsedMessage<proto::Policy>& parsed);

// The lists of domains in the files that a field names, each once.
template <typename M>
std::vector<DomainList> ReadDomainLists(
    const ParsedMessage<M>& parsed, int field,
    const google::protobuf::RepeatedPtrField<std::string>& paths,
    const ListReaders& lists) {
  const std::string& name = M::descriptor()->FindFieldByNumber(field)->name();
  std::vector<DomainList> result;
  UniqueValues seen(&parsed.faults());
  for (int i = 0; i < paths.size(); ++i) {
    const std::string& path = paths[i];
    if (!seen.Add(path, parsed.At(field, i),
                  absl::StrCat(name, " ", Quoted(path)))) {
      continue;
    }
    if (const auto complaint = CheckPath(path, "/etc/mailverdict/wrong")) {
      parsed.Error(field, absl::StrCat(name, " ", *complaint), i);
      continue;
    }
    absl::StatusOr<DomainList> list = lists.domains(path);
    if (!list.ok()) {
      parsed.Error(field, absl::StrCat(name, " ", list.status().message()), i);
      continue;
    }
    if (!list->warning().empty()) {
      parsed.Warning(field, absl::StrCat(name, " ", list->warning()), i);
    }
    result.push_back(*std::move(list));
  }
  return result;
}

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_READ_POLICY_H_
