// Functions that read and check single fields of a message. Part of the loader.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_FIELDS_H_
#define MAILVERDICT_LIB_POLICY_LOADER_FIELDS_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lib/mail/domain.h"
#include "lib/policy/loader/parsed_message.h"
#include "lib/policy/loader/values.h"
#include "proto/policy.pb.h"

namespace mailverdict {

// Checks that all `fields` are present; each is {field number, example value}.
// Reports one error that names all missing fields. Returns true if none is
// missing.
template <typename M>
bool Require(const ParsedMessage<M>& parsed, std::string_view name,
             const std::vector<std::pair<int, std::string_view>>& fields) {
  std::string missing;
  std::string write;
  for (const auto& [number, example] : fields) {
    const auto* type = M::descriptor()->FindFieldByNumber(number);
    const M& message = *parsed.operator->();
    const bool there =
        type->is_repeated()
            ? parsed->GetReflection()->FieldSize(message, type) > 0
            : parsed->GetReflection()->HasField(message, type);
    if (there) continue;
    absl::StrAppend(&missing, missing.empty() ? "" : ", ", type->name());
    absl::StrAppend(&write, write.empty() ? "" : " ", type->name(), ": \"",
                    absl::string_view(example.data(), example.size()), "\"");
  }
  if (missing.empty()) return true;
  parsed.faults().Error(
      parsed.begin(),
      absl::StrCat(absl::string_view(name.data(), name.size()), " has no ",
                   missing, "; write, say, ", write));
  return false;
}

// Reads a duration. `has` says whether the field is present. If it is, sets
// `out`, or reports an error if the value is not valid.
template <typename M>
void ReadDurationField(const ParsedMessage<M>& parsed, int field, bool has,
                       std::string_view name, const std::string& text,
                       std::string_view example, absl::Duration* out) {
  if (!has) return;
  const absl::StatusOr<absl::Duration> duration = ReadDuration(text, example);
  if (duration.ok()) {
    *out = *duration;
  } else {
    parsed.Error(field,
                 absl::StrCat(absl::string_view(name.data(), name.size()), " ",
                              duration.status().message()));
  }
}

// Reports an error unless `duration` is from `low` to `high`. `because` ends
// the message; it is "" or begins with a separator.
template <typename M>
void CheckBetween(const ParsedMessage<M>& parsed, int field,
                  std::string_view name, absl::Duration duration,
                  absl::Duration low, absl::Duration high,
                  std::string_view because) {
  if (low <= duration && duration <= high) return;
  parsed.Error(field,
               absl::StrCat(absl::string_view(name.data(), name.size()), " is ",
                            absl::FormatDuration(duration), "; write ",
                            absl::FormatDuration(low), " to ",
                            absl::FormatDuration(high),
                            absl::string_view(because.data(), because.size())));
}

// Warns if the timeout for one server is longer than the deadline: no verdict
// waits longer than the deadline.
template <typename M>
void WarnIfBeyondDeadline(const ParsedMessage<M>& parsed, int field,
                          absl::Duration timeout, absl::Duration deadline) {
  if (timeout <= deadline) return;
  parsed.Warning(field,
                 absl::StrCat("timeout is ", absl::FormatDuration(timeout),
                              " and the policy's deadline ",
                              absl::FormatDuration(deadline),
                              ": no verdict waits so long; write less "
                              "than the deadline"));
}

// Checks the size limit of a cache.
inline void CheckMaxEntries(const ParsedMessage<proto::Cache>& cache) {
  if (cache->max_entries() > 0) return;
  cache.Error(proto::Cache::kMaxEntriesFieldNumber,
              "max_entries is 0; write present: \"0s\" absent: \"0s\" to "
              "keep no answers");
}

// Reads the domain in `text`, the value of a field, after the first `skip`
// bytes. Returns it in canonical form. If it is not a domain, reports an error
// and returns "".
template <typename M>
std::string ReadDomainName(const ParsedMessage<M>& parsed, int field,
                           std::string_view name, const std::string& text,
                           int index, size_t skip) {
  absl::StatusOr<std::string> domain =
      mail::CanonicalDomain(std::string_view(text).substr(skip));
  if (domain.ok()) {
    const std::optional<mail::Fault> odd = mail::FindOddALabel(*domain);
    if (odd.has_value()) {
      parsed.Warning(
          field,
          absl::StrCat(absl::string_view(name.data(), name.size()), " ",
                       Quoted(text), ": ", odd->what,
                       "; it is taken byte for byte. Look whether it "
                       "is spelled as it is registered"),
          index);
    }
    return *std::move(domain);
  }
  const absl::string_view message = domain.status().message();
  parsed.faults().ErrorInString(
      parsed.At(field, index),
      absl::StrCat(absl::string_view(name.data(), name.size()), " ",
                   Quoted(text), " is no domain"),
      {message.data(), message.size()}, static_cast<int>(skip));
  return "";
}

// Like ReadDomainName, but for a DNS zone. Reports an error if the name does
// not leave `room` bytes for a prefix, or if it is an address literal.
template <typename M>
std::string ReadZone(const ParsedMessage<M>& parsed, int field,
                     std::string_view name, const std::string& text, int index,
                     size_t skip, size_t room) {
  std::string zone = ReadDomainName(parsed, field, name, text, index, skip);
  const size_t most = mail::kMaxDomainBytes - room;
  const bool address = !zone.empty() && zone[0] == '[';
  if (!address && zone.size() <= most) return zone;
  const std::string about = absl::StrCat(
      absl::string_view(name.data(), name.size()), " ", Quoted(text));
  parsed.Error(field,
               address ? absl::StrCat(about, " is an address; write a name")
                       : absl::StrCat(about, " has over ", most,
                                      " bytes, too many for what is asked for "
                                      "below it; write a shorter name"),
               index);
  return "";
}

// Checks that values are unique: remembers where each value occurred first and
// reports each repetition.
class UniqueValues {
 public:
  explicit UniqueValues(Faults* faults) : faults_(*faults) {}

  // Returns true if `value` is new. Otherwise reports that `what` is there
  // already, with the line of the first occurrence.
  bool Add(const std::string& value, size_t offset, std::string_view what) {
    const auto [first, added] = seen_.try_emplace(value, offset);
    if (!added) {
      faults_.Error(
          offset,
          absl::StrCat(absl::string_view(what.data(), what.size()),
                       " is there already, ", faults_.Line(first->second)));
    }
    return added;
  }

 private:
  Faults& faults_;
  std::map<std::string, size_t> seen_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_FIELDS_H_
