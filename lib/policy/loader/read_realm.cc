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
std::string ReadDomain(const ParsedMessage<R>& parsed, int index) {
  const std::string& text = parsed->domain(index);
  absl::string_view name = text;
  const bool wild = absl::ConsumePrefix(&name, "*.");
  if (text == "*") {
    parsed.Error(R::kDomainFieldNumber,
                 "domain \"*\" is the whole world; write the domains that are "
                 "yours",
                 index);
    return "";
  }
  // Other programs write domains in these two ways.
  if (absl::ConsumePrefix(&name, "@") || absl::ConsumePrefix(&name, ".")) {
    parsed.Error(R::kDomainFieldNumber,
                 absl::Substitute("domain $0 is no domain; write \"$1\", or "
                                  "\"*.$1\" for all below it",
                                  Quoted(text), name),
                 index);
    return "";
  }
  const std::string domain = ReadDomainName(
      parsed, R::kDomainFieldNumber, "domain", text, index, wild ? 2 : 0);
  if (domain.empty()) return "";
  if (wild && domain[0] == '[') {
    parsed.Error(R::kDomainFieldNumber,
                 absl::Substitute("domain $0 is no domain; nothing is below an "
                                  "address",
                                  Quoted(text)),
                 index);
    return "";
  }
  if (wild && !absl::StrContains(domain, ".")) {
    parsed.Warning(
        R::kDomainFieldNumber,
        absl::Substitute("domain $0 is everybody's below a top-level "
                         "domain; write the domains that are yours",
                         Quoted(text)),
        index);
  }
  return wild ? "*." + domain : domain;
}

void ReadDomains(const ParsedMessage<R>& parsed, size_t realm,
                 UniqueValues* domains, Policy* policy) {
  if (parsed->domain_size() == 0) {
    parsed.faults().Error(parsed.begin(),
                          "realm has no domain; write, say, domain: "
                          "\"example.org\"");
  }
  for (int i = 0; i < parsed->domain_size(); ++i) {
    const std::string domain = ReadDomain(parsed, i);
    if (domain.empty()) continue;
    if (domains->Add(domain, parsed.At(R::kDomainFieldNumber, i),
                     absl::StrCat("domain ", Quoted(domain)))) {
      policy->realm_by_domain.Add(domain, realm);
    }
  }
}

void ReadDirectoryName(const ParsedMessage<R>& parsed, const Policy& policy) {
  if (!parsed->has_directory()) {
    if (parsed->catch_all()) return;
    parsed.faults().Error(parsed.begin(),
                          "realm has neither directory nor catch_all; write "
                          "directory: \"NAME\", or catch_all: true if every "
                          "address is valid");
    return;
  }
  if (parsed->catch_all()) {
    parsed.Error(R::kCatchAllFieldNumber,
                 "catch_all together with directory; a realm has one of them: "
                 "where every address is valid nothing is asked");
  }
  if (policy.FindDirectory(parsed->directory()) != nullptr) return;
  std::vector<std::string> known;
  for (const auto& directory : policy.directories) {
    if (!directory.name.empty()) known.push_back(directory.name);
  }
  parsed.Error(
      R::kDirectoryFieldNumber,
      absl::StrCat(
          "there is no directory ", Quoted(parsed->directory()),
          known.empty() ? "; the policy has none yet" : "; the policy has ",
          known.empty() ? "" : QuotedList(known)));
}

void ReadTagDelimiters(const ParsedMessage<R>& parsed, RealmPolicy* realm) {
  realm->tag_delimiters = parsed->tag_delimiters();
  for (const char c : realm->tag_delimiters) {
    // The three excluded characters are syntax of an address.
    const bool good = absl::ascii_ispunct(static_cast<unsigned char>(c)) &&
                      c != '@' && c != '"' && c != '\\';
    if (!good) {
      parsed.Error(R::kTagDelimitersFieldNumber,
                   absl::Substitute("tag_delimiters $0 has more than ASCII "
                                    "punctuation in it (and not @, \" or \\); "
                                    "write, say, \"+\"",
                                    Quoted(realm->tag_delimiters)));
      return;
    }
    if (c == '.') {
      parsed.Warning(R::kTagDelimitersFieldNumber,
                     "tag_delimiters has a dot in it: first.last is valid "
                     "wherever first is");
    }
  }
}

void ReadSigned(const ParsedMessage<R>& parsed, RealmPolicy* realm) {
  UniqueValues kinds(&parsed.faults());
  for (int i = 0; i < parsed->signed__size(); ++i) {
    const R::Signed kind = parsed->signed_(i);
    (kind == R::BATV ? realm->signed_batv : realm->signed_srs) = true;
    const std::string& name = R::Signed_Name(kind);
    kinds.Add(name, parsed.At(R::kSignedFieldNumber, i),
              absl::StrCat("signed: ", name));
  }
  if (parsed->catch_all() && parsed->signed__size() > 0) {
    parsed.Warning(
        R::kSignedFieldNumber,
        "signed says nothing here: in a catch_all realm every address "
        "is valid",
        0);
  }
}

// Adds the names of this realm that are in the file. Names in other domains are
// skipped, because one virtusertable serves many realms.
void AddAlsoValid(const ParsedMessage<R>& parsed, int index,
                  AddressFiles* files, const DomainPatterns& realms,
                  size_t realm_index, RealmPolicy* realm) {
  const std::string& path = parsed->also_valid(index);
  const auto& file = files->Get(path);
  if (!file.ok()) {
    parsed.Error(R::kAlsoValidFieldNumber,
                 absl::StrCat("also_valid ", file.status().message()), index);
    return;
  }
  for (const std::string& warning : file->warnings) {
    parsed.Warning(R::kAlsoValidFieldNumber,
                   absl::StrCat("also_valid ", warning), index);
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
    parsed.Warning(
        R::kAlsoValidFieldNumber,
        absl::Substitute("also_valid $0 says nothing of this realm's "
                         "domains, only of others",
                         Quoted(path)),
        index);
  }
}

void ReadAlsoValid(const ParsedMessage<R>& parsed, AddressFiles* files,
                   const DomainPatterns& realms, size_t index,
                   RealmPolicy* realm) {
  UniqueValues paths(&parsed.faults());
  for (int i = 0; i < parsed->also_valid_size(); ++i) {
    const std::string& path = parsed->also_valid(i);
    if (paths.Add(path, parsed.At(R::kAlsoValidFieldNumber, i),
                  absl::StrCat("also_valid ", Quoted(path)))) {
      AddAlsoValid(parsed, i, files, realms, index, realm);
    }
  }
  if (parsed->catch_all() && parsed->also_valid_size() > 0) {
    parsed.Warning(R::kAlsoValidFieldNumber,
                   "also_valid says nothing here: in a catch_all realm every "
                   "address is valid",
                   0);
  }
}

}  // namespace

void ReadRealms(const ParsedMessage<proto::Policy>& parsed, AddressFiles* files,
                Policy* policy) {
  const auto child = [&](int i) {
    return parsed.Child(parsed->realm(i), proto::Policy::kRealmFieldNumber, i);
  };
  UniqueValues domains(&parsed.faults());
  for (int i = 0; i < parsed->realm_size(); ++i) {
    const ParsedMessage<R> realm = child(i);
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
  for (int i = 0; i < parsed->realm_size(); ++i) {
    const size_t index = static_cast<size_t>(i);
    ReadAlsoValid(child(i), files, policy->realm_by_domain, index,
                  &policy->realms[index]);
  }
}

}  // namespace mailverdict
