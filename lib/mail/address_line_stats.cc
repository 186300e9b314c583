#include "lib/mail/address_line_stats.h"

#include "absl/strings/ascii.h"

namespace mailverdict::mail {
namespace {

using Divider = AddressLine::Divider;

constexpr char kSplit[] =
    "keep names alone and names with targets in two files";

}  // namespace

void AddressLineStats::Note(const AddressLine& entry, size_t line, bool cut) {
  ++entries_;
  const Place begin{line, 0};
  const Place target{line, entry.at};
  switch (entry.divider) {
    case Divider::kNone:
      alone_.Note(begin);
      cut_alone_ = cut;
      return;
    case Divider::kBlank:
      blank_.Note(target);
      if (MayBeTwoNames(entry)) unclear_.Note(target);
      return;
    case Divider::kColon:
      break;
  }
  // A repeated name shows that the text before the colon is a label, not an
  // alias: an alias occurs once.
  const std::string name =
      absl::AsciiStrToLower({entry.key.data(), entry.key.size()});
  const bool again = colon_.count > 0 && name == first_name_;
  if (colon_.count == 0) first_name_ = name;
  if (colon_.count > 0 && !again) one_name_ = false;
  if (again && name_again_.line == 0) name_again_ = begin;
  colon_.Note(target);
  if (!LooksLikeLabel(entry)) return;
  if (labels_++ == 0) label_ = begin;
  label_again_ |= !label_names_.insert(name).second;
}

std::optional<AddressLineStats::Fault> AddressLineStats::FindMisfit() const {
  if (std::optional<Fault> fault = FindLabels()) return fault;
  if (std::optional<Fault> fault = FindUnclear()) return fault;
  return FindMixture();
}

// "mail: joe@example.org" is an alias named "mail" if the file has other
// aliases. It is LDIF if all lines look like it, or if a label occurs twice.
std::optional<AddressLineStats::Fault> AddressLineStats::FindLabels() const {
  if (labels_ > 0 && (labels_ == entries_ || label_again_)) {
    return Fault{
        label_.line,
        {label_.at,
         "these lines look like LDIF or a header: the addresses follow the ':'",
         "write a file that has one address on each line"}};
  }
  if (name_again_.line == 0 || !one_name_ || colon_.count < entries_) {
    return std::nullopt;
  }
  return Fault{name_again_.line,
               {name_again_.at,
                "every line has the same name, so the addresses follow the ':'",
                "write a file that has one address on each line"}};
}

// Unclear lines are accepted if any other "name target" line of the file can
// only be a map entry.
std::optional<AddressLineStats::Fault> AddressLineStats::FindUnclear() const {
  if (unclear_.count == 0 || unclear_.count < blank_.count) return std::nullopt;
  return Fault{
      unclear_.first.line,
      {unclear_.first.at,
       "these words may be one name, two names, or a name and its target",
       "write \"name: target\", one name on each line, or a name of "
       "two words in double quotes"}};
}

std::optional<AddressLineStats::Fault> AddressLineStats::FindMixture() const {
  if (alone_.count == 0) return std::nullopt;
  const Place& alone = alone_.first;
  // The only name without a target may have lost its target, because the last
  // line has no newline. It is then no contradiction.
  const bool cut = alone_.count == 1 && cut_alone_;
  // At least half of these lines have only a name, so the second word of the
  // others is probably a second name.
  if (blank_.count > 0 && blank_.count <= alone_.count && !cut) {
    return Fault{
        blank_.first.line,
        {blank_.first.at,
         "this line has a second word, but other lines have only a name",
         "write one name on each line; "
         "keep names with targets in "
         "a file of their own"}};
  }
  const size_t targets = blank_.count + colon_.count;
  // Most lines have targets, so a name alone is probably half of an entry.
  const bool lonely_alone =
      blank_.count > alone_.count || (alone_.count == 1 && targets > 1);
  if (lonely_alone && !cut) {
    return Fault{alone.line,
                 {alone.at, "this line has no target, but other lines have one",
                  kSplit}};
  }
  if (colon_.count == 1 && blank_.count == 0 && alone_.count > 1) {
    return Fault{
        colon_.first.line,
        {colon_.first.at,
         "this line has a target, but all other lines have only a name",
         kSplit}};
  }
  return std::nullopt;
}

}  // namespace mailverdict::mail
