// The policy's checks: the kind of each, and the options that all kinds have.
// The options that only one kind has are read in a file for that kind, such as
// read_recipient.cc.

#include <utility>
#include <variant>

#include "absl/strings/substitute.h"
#include "lib/policy/loader/read_policy.h"
#include "lib/policy/loader/values.h"

namespace mailverdict {
namespace {

using C = proto::Check;

// A kind is written by the name of its field.
const google::protobuf::OneofDescriptor& Kinds() {
  return *C::descriptor()->FindOneofByName("kind");
}

// "check { recipient { ... } }, check { domain { ... } } or ..."
std::string EachKind() {
  std::string each;
  for (int i = 0; i < Kinds().field_count(); ++i) {
    const bool last = i + 1 == Kinds().field_count();
    absl::StrAppend(&each,
                    i == 0 ? ""
                    : last ? " or "
                           : ", ",
                    "check { ", Kinds().field(i)->name(), " { ... } }");
  }
  return each;
}

// Reads the options of one kind. The compiler warns of a forgotten kind.
CheckPolicy ReadKind(const ParsedMessage<C>& check, AddressFiles* files,
                     const ListReaders& lists, const Policy& policy) {
  switch (check->kind_case()) {
    case C::kRecipient:
      return ReadRecipient(check, files);
    case C::kDomain:
      return ReadDomain(check, policy.dns, lists);
    case C::kDnsbl:
      return ReadDnsbl(check, policy);
    case C::KIND_NOT_SET:
      break;
  }
  return {};
}

// The options that every kind has.
void ReadOptions(const ParsedMessage<C>& check, std::string_view name,
                 UnsureRule rule, CheckOptions* options) {
  const absl::string_view kind(name.data(), name.size());
  options->shadow = check->shadow();
  const bool passes =
      rule == UnsureRule::kAlwaysPass || check->when_unsure() == C::PASS;
  options->when_unsure = passes ? WhenUnsure::kPass : WhenUnsure::kDefer;
  if (!check->has_when_unsure()) return;
  if (rule == UnsureRule::kNeverUnsure) {
    check.Warning(C::kWhenUnsureFieldNumber,
                  absl::Substitute("when_unsure says nothing here: set up like "
                                   "this the check $0 always knows; remove it",
                                   kind));
  }
  if (rule == UnsureRule::kAlwaysPass && check->when_unsure() == C::DEFER) {
    check.Error(C::kWhenUnsureFieldNumber,
                absl::Substitute("when_unsure: DEFER for $0, which never stops "
                                 "mail when it does not know; write PASS, or "
                                 "remove it",
                                 kind));
  }
}

}  // namespace

void ReadChecks(const ParsedMessage<proto::Policy>& parsed, AddressFiles* files,
                const ListReaders& lists, Policy* policy) {
  UniqueValues kinds(&parsed.faults());
  for (int i = 0; i < parsed->check_size(); ++i) {
    const ParsedMessage<C> check =
        parsed.Child(parsed->check(i), proto::Policy::kCheckFieldNumber, i);
    const google::protobuf::FieldDescriptor* const kind =
        check->GetReflection()->GetOneofFieldDescriptor(parsed->check(i),
                                                        &Kinds());
    if (kind == nullptr) {
      parsed.faults().Error(
          check.begin(), absl::StrCat("check has no kind; write ", EachKind()));
      continue;
    }
    const std::string& name = kind->name();
    kinds.Add(name, check.At(kind->number()), absl::StrCat("check ", name));
    CheckPolicy result = ReadKind(check, files, lists, *policy);
    std::visit(
        [&](auto& options) {
          ReadOptions(check, name, options.unsure_rule(), &options);
        },
        result);
    policy->checks.push_back(std::move(result));
  }
}

}  // namespace mailverdict
