// The check `recipient` of the policy.

#include <utility>

#include "absl/strings/substitute.h"
#include "lib/mail/listed_name.h"
#include "lib/mail/utf8.h"
#include "lib/policy/loader/read_policy.h"
#include "lib/policy/loader/values.h"

namespace mailverdict {
namespace {

using C = proto::Check;
using E = proto::Recipient;

// One entry of `exception`: a local part or a pattern. `index` is its place in
// the field.
void ReadException(const ParsedMessage<E>& parsed, int index,
                   RecipientPolicy* check) {
  const std::string& text = parsed->exception(index);
  mail::ListedName name;
  if (const auto fault = mail::ReadListedName(text, &name)) {
    const std::string message(mail::ToStatus(*fault).message());
    parsed.faults().ErrorInString(
        parsed.At(E::kExceptionFieldNumber, index),
        absl::StrCat("exception ", Quoted(text),
                     " is no local part, prefix* or *suffix"),
        message, 0);
    return;
  }
  std::string without;  // the same without its domain
  for (const mail::Address& each : name.addresses) {
    if (!each.domain().empty()) without = each.local();
  }
  for (mail::NamePattern each : name.patterns) {
    if (each.domain.empty()) continue;
    each.domain.clear();
    without = each.ToString();
  }
  if (!name.catch_all_domain.empty() || !without.empty()) {
    const std::string instead =
        without.empty() ? "list it in a file of its realm's also_valid"
                        : absl::Substitute(
                              "write $0 for every realm, or list the address "
                              "in a file of its realm's also_valid",
                              Quoted(without));
    parsed.Error(E::kExceptionFieldNumber,
                 absl::Substitute("exception $0 has a domain; $1", Quoted(text),
                                  instead),
                 index);
    return;
  }
  for (const mail::Address& each : name.addresses) {
    check->exceptions.insert(mail::FoldUtf8(each.local()));
  }
  for (const mail::NamePattern& each : name.patterns) {
    check->exception_patterns.Add(each);
  }
}

// Adds the exceptions of a file. Skips names that have a domain.
void AddExceptionFile(const ParsedMessage<E>& parsed, int index,
                      const mail::AddressFile& file, RecipientPolicy* check) {
  for (const std::string& local : file.local_parts) {
    check->exceptions.insert(mail::FoldUtf8(local));
  }
  bool domains = !file.addresses.empty() || !file.catch_all.empty();
  for (const mail::NamePattern& each : file.patterns) {
    if (each.domain.empty()) {
      check->exception_patterns.Add(each);
    } else {
      domains = true;
    }
  }
  if (!domains) return;
  parsed.Warning(E::kExceptionFileFieldNumber,
                 absl::Substitute("exception_file $0 has addresses with a "
                                  "domain, which are passed over; list it as "
                                  "also_valid in their realm",
                                  Quoted(parsed->exception_file(index))),
                 index);
}

// Local parts, from the policy itself and from files.
void ReadExceptions(const ParsedMessage<E>& parsed, AddressFiles* files,
                    RecipientPolicy* check) {
  for (int i = 0; i < parsed->exception_size(); ++i) {
    ReadException(parsed, i, check);
  }
  UniqueValues paths(&parsed.faults());
  for (int i = 0; i < parsed->exception_file_size(); ++i) {
    const size_t offset = parsed.At(E::kExceptionFileFieldNumber, i);
    const std::string& path = parsed->exception_file(i);
    if (!paths.Add(path, offset,
                   absl::StrCat("exception_file ", Quoted(path)))) {
      continue;
    }
    const auto& file = files->Get(path);
    if (!file.ok()) {
      parsed.Error(E::kExceptionFileFieldNumber,
                   absl::StrCat("exception_file ", file.status().message()), i);
      continue;
    }
    for (const std::string& warning : file->warnings) {
      parsed.Warning(E::kExceptionFileFieldNumber,
                     absl::StrCat("exception_file ", warning), i);
    }
    AddExceptionFile(parsed, i, *file, check);
  }
}

}  // namespace

RecipientPolicy ReadRecipient(const ParsedMessage<C>& check,
                              AddressFiles* files) {
  RecipientPolicy result;
  ReadExceptions(check.Child(check->recipient(), C::kRecipientFieldNumber),
                 files, &result);
  return result;
}

}  // namespace mailverdict
