#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "lib/mail/domain.h"
#include "lib/mail/utf8.h"
#include "lib/policy/loader/read_policy.h"
#include "lib/policy/loader/values.h"

namespace mailverdict {
namespace {

using R = proto::Realm;

// Reads "example.org" or "*.example.org" in canonical form; "" if it is
// neither.
std::string ReadDomain(const Node<R>& node, int index) {
  const std::string& text = node->domain(index);
  absl::string_view name = text;
  const bool wild = absl::ConsumePrefix(&name, "*.");
  if (text == "*") {
    node.Error(R::kDomainFieldNumber,
               "domain \"*\" is the whole world; write the domains that are "
               "yours",
               index);
    return "";
  }
  // Other programs write domains in these two ways.
  if (absl::ConsumePrefix(&name, "@") || absl::ConsumePrefix(&name, ".")) {
    node.Error(R::kDomainFieldNumber,
               absl::Substitute("domain $0 is no domain; write \"$1\", or "
                                "\"*.$1\" for all below it",
                                Quoted(text), name),
               index);
    return "";
  }
  const std::string domain = ReadDomainName(
      node, R::kDomainFieldNumber, "domain", text, index, wild ? 2 : 0);
  if (domain.empty()) return "";
  if (wild && domain[0] == '[') {
    node.Error(R::kDomainFieldNumber,
               absl::Substitute("domain $0 is no domain; nothing is below an "
                                "address",
                                Quoted(text)),
               index);
    return "";
  }
  if (wild && !absl::StrContains(domain, ".")) {
    node.Warning(R::kDomainFieldNumber,
                 absl::Substitute("domain $0 is everybody's below a top-level "
                                  "domain; write the domains that are yours",
                                  Quoted(text)),
                 index);
  }
  return wild ? "*." + domain : domain;
}

void ReadDomains(const Node<R>& node, size_t realm, UniqueValues* domains,
                 Policy* policy) {
  if (node->domain_size() == 0) {
    node.faults().Error(node.begin(),
                        "realm has no domain; write, say, domain: "
                        "\"example.org\"");
  }
  for (int i = 0; i < node->domain_size(); ++i) {
    const std::string domain = ReadDomain(node, i);
    if (domain.empty()) continue;
    if (domains->Add(domain, node.At(R::kDomainFieldNumber, i),
                     absl::StrCat("domain ", Quoted(domain)))) {
      policy->realm_by_domain.Add(domain, realm);
    }
  }
}

void ReadDirectoryName(const Node<R>& node, const Policy& policy) {
  if (!node->has_directory()) {
    if (node->catch_all()) return;
    node.faults().Error(node.begin(),
                        "realm has neither directory nor catch_all; write "
                        "directory: \"NAME\", or catch_all: true if every "
                        "address is valid");
    return;
  }
  if (node->catch_all()) {
    node.Error(R::kCatchAllFieldNumber,
               "catch_all together with directory; a realm has one of them: "
               "where every address is valid nothing is asked");
  }
  if (policy.FindDirectory(node->directory()) != nullptr) return;
  std::vector<std::string> known;
  for (const auto& directory : policy.directories) {
    if (!directory.name.empty()) known.push_back(directory.name);
  }
  node.Error(R::kDirectoryFieldNumber,
             absl::StrCat("there is no directory ", Quoted(node->directory()),
                          known.empty() ? "; the policy has none yet"
                                        : "; the policy has ",
                          known.empty() ? "" : QuotedList(known)));
}

void ReadTagDelimiters(const Node<R>& node, RealmPolicy* realm) {
  realm->tag_delimiters = node->tag_delimiters();
  for (const char c : realm->tag_delimiters) {
    // The three excluded characters are syntax of an address.
    const bool good = absl::ascii_ispunct(static_cast<unsigned char>(c)) &&
                      c != '@' && c != '"' && c != '\\';
    if (!good) {
      node.Error(R::kTagDelimitersFieldNumber,
                 absl::Substitute("tag_delimiters $0 has more than ASCII "
                                  "punctuation in it (and not @, \" or \\); "
                                  "write, say, \"+\"",
                                  Quoted(realm->tag_delimiters)));
      return;
    }
    if (c == '.') {
      node.Warning(R::kTagDelimitersFieldNumber,
                   "tag_delimiters has a dot in it: first.last is valid "
                   "wherever first is");
    }
  }
}

void ReadSigned(const Node<R>& node, RealmPolicy* realm) {
  UniqueValues kinds(&node.faults());
  for (int i = 0; i < node->signed__size(); ++i) {
    const R::Signed kind = node->signed_(i);
    (kind == R::BATV ? realm->signed_batv : realm->signed_srs) = true;
    const std::string& name = R::Signed_Name(kind);
    kinds.Add(name, node.At(R::kSignedFieldNumber, i),
              absl::StrCat("signed: ", name));
  }
  if (node->catch_all() && node->signed__size() > 0) {
    node.Warning(R::kSignedFieldNumber,
                 "signed says nothing here: in a catch_all realm every address "
                 "is valid",
                 0);
  }
}

// Adds the names of this realm that are in the file. Names in other domains are
// skipped, because one virtusertable serves many realms.
void AddAlsoValid(const Node<R>& node, int index, AddressFiles* files,
                  const DomainPatterns& realms, size_t realm_index,
                  RealmPolicy* realm) {
  const std::string& path = node->also_valid(index);
  const auto& file = files->Get(path);
  if (!file.ok()) {
    node.Error(R::kAlsoValidFieldNumber,
               absl::StrCat("also_valid ", file.status().message()), index);
    return;
  }
  for (const std::string& warning : file->warnings) {
    node.Warning(R::kAlsoValidFieldNumber, absl::StrCat("also_valid ", warning),
                 index);
  }
  // A local part without a domain is valid in every realm.
  size_t ours = file->local_parts.size();
  size_t others = 0;
  for (const std::string& local : file->local_parts) {
    // Folded, because an MTA may fold the address that it asks for.
    realm->valid_local_parts.insert(mail::FoldUtf8(local));
  }
  for (const std::string& address : file->addresses) {
    const bool here =
        realms.Find(address.substr(address.rfind('@') + 1)) == realm_index;
    if (here) realm->valid_addresses.insert(mail::FoldUtf8(address));
    ++(here ? ours : others);
  }
  for (const std::string& domain : file->catch_all) {
    const bool here = realms.Find(domain) == realm_index;
    if (here) realm->catch_all_domains.insert(domain);
    ++(here ? ours : others);
  }
  for (const mail::NamePattern& pattern : file->patterns) {
    const bool here =
        pattern.domain.empty() || realms.Find(pattern.domain) == realm_index;
    if (here) realm->valid_patterns.Add(pattern);
    ++(here ? ours : others);
  }
  // An empty file is no mistake, but a file for other domains only probably is.
  if (ours == 0 && others > 0) {
    node.Warning(R::kAlsoValidFieldNumber,
                 absl::Substitute("also_valid $0 says nothing of this realm's "
                                  "domains, only of others",
                                  Quoted(path)),
                 index);
  }
}

void ReadAlsoValid(const Node<R>& node, AddressFiles* files,
                   const DomainPatterns& realms, size_t index,
                   RealmPolicy* realm) {
  UniqueValues paths(&node.faults());
  for (int i = 0; i < node->also_valid_size(); ++i) {
    const std::string& path = node->also_valid(i);
    if (paths.Add(path, node.At(R::kAlsoValidFieldNumber, i),
                  absl::StrCat("also_valid ", Quoted(path)))) {
      AddAlsoValid(node, i, files, realms, index, realm);
    }
  }
  if (node->catch_all() && node->also_valid_size() > 0) {
    node.Warning(R::kAlsoValidFieldNumber,
                 "also_valid says nothing here: in a catch_all realm every "
                 "address is valid",
                 0);
  }
}

}  // namespace

void ReadRealms(const Node<proto::Policy>& node, AddressFiles* files,
                Policy* policy) {
  const auto child = [&](int i) {
    return node.Child(node->realm(i), proto::Policy::kRealmFieldNumber, i);
  };
  UniqueValues domains(&node.faults());
  for (int i = 0; i < node->realm_size(); ++i) {
    const Node<R> realm = child(i);
    ReadDomains(realm, policy->realms.size(), &domains, policy);
    ReadDirectoryName(realm, *policy);
    RealmPolicy result;
    result.directory = realm->directory();
    result.catch_all = realm->catch_all();
    result.smtputf8 = realm->smtputf8();
    ReadTagDelimiters(realm, &result);
    ReadSigned(realm, &result);
    policy->realms.push_back(std::move(result));
  }
  // Only now is realm_by_domain complete. It decides which names of a file
  // belong to which realm.
  for (int i = 0; i < node->realm_size(); ++i) {
    const size_t index = static_cast<size_t>(i);
    ReadAlsoValid(child(i), files, policy->realm_by_domain, index,
                  &policy->realms[index]);
  }
}

}  // namespace mailverdict
