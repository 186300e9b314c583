// The policy's messages, one by one, into the structs of policy.h. Part of
// the loader.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_PARTS_H_
#define MAILVERDICT_LIB_POLICY_LOADER_PARTS_H_

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
#include "lib/policy/loader/node.h"
#include "lib/policy/loader/values.h"
#include "lib/policy/policy.h"
#include "proto/policy.pb.h"

namespace mailverdict {

// Each fills in what is good of a message and reports the rest.

// `deadline`: the policy's.
DirectoryPolicy ReadDirectory(const Node<proto::Directory>& node,
                              absl::Duration deadline, const FileReader& read);

// Its part of ReadDirectory: the servers, and how we come to them.
void ReadServers(const Node<proto::Directory>& node, const FileReader& read,
                 DirectoryPolicy* directory);

// Its part of ReadDirectory: where is searched. The good ones; empty when none
// is.
struct Base {
  std::string text;
  Dn dn;
  size_t offset;  // of its field
};
std::vector<Base> ReadBases(const Node<proto::Directory>& node,
                            DirectoryPolicy* directory);
// The one that `dn` is, or is below; nullptr when there is none.
const Base* FindBase(const std::vector<Base>& bases, const Dn& dn);

void ReadDns(const Node<proto::Policy>& node, Policy* policy);

// The realms' domains first, since an address file is read for its own realm.
void ReadRealms(const Node<proto::Policy>& node, AddressFiles* files,
                Policy* policy);

// After ReadDns.
void ReadChecks(const Node<proto::Policy>& node, AddressFiles* files,
                const ListReaders& lists, Policy* policy);

// Its part of ReadChecks.
DnsblCheckPolicy ReadDnsbl(const Node<proto::Check>& check,
                           const Policy& policy);

// That no text of the policy is empty, has blanks around it, control
// characters or bytes that are not UTF-8: in no field would it be meant.
void CheckTexts(const Node<proto::Policy>& node);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_PARTS_H_
