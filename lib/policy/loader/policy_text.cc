#include "lib/policy/loader/policy_text.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <optional>
#include <set>
#include <string>

#include "lib/policy/loader/reword.h"

namespace mailverdict {
namespace {

using google::protobuf::TextFormat;

// A policy has three levels of messages. protobuf has no limit of its own.
constexpr int kMaxDepth = 16;
// A policy with thousands of realms has a tenth of this size.
constexpr size_t kMaxPolicyBytes = 1 << 20;
// How many faulty fields are removed to read the rest of the file.
constexpr int kMaxFaultyFields = 20;

class Collector : public google::protobuf::io::ErrorCollector {
 public:
  explicit Collector(Faults* faults) : faults_(*faults) {}

  // Only the first fault of a line is reported: the others mostly follow from
  // it.
  void AddError(int line, int column, const std::string& message) override {
    if (lines_.insert(line).second) Add(line, column, message);
  }
  // protobuf warns of unknown fields and of nothing else. We make it an error:
  // it is better to refuse a policy than to guess its meaning.
  void AddWarning(int line, int column, const std::string& message) override {
    Add(line, column, message);
  }

  // The offset of the first fault that concerns a single field.
  const std::optional<size_t>& faulty_field() const { return faulty_field_; }

 private:
  void Add(int line, int column, const std::string& message) {
    size_t offset = faults_.source().OffsetOf(line, column);
    const Reworded reworded = Reword(message);
    if (reworded.place == Reworded::Place::kPreviousToken) {
      offset = faults_.source().LastTokenBefore(offset);
    }
    faults_.Error(offset, reworded.text);
    if (reworded.one_field && !faulty_field_.has_value()) {
      faulty_field_ = offset;
    }
  }

  Faults& faults_;
  std::set<int> lines_;
  std::optional<size_t> faulty_field_;
};

// Overwrites a field with blanks, so that all other bytes keep their line and
// column.
void Blank(PolicySource::Span field, std::string* text) {
  for (size_t i = field.begin; i < field.end; ++i) {
    char& c = (*text)[i];
    if (c != '\n' && c != '\t') c = ' ';
  }
}

}  // namespace

void ParsePolicyText(Faults* faults, proto::Policy* policy,
                     TextFormat::ParseInfoTree* tree) {
  std::string text(faults->source().text());
  if (text.size() > kMaxPolicyBytes) {
    faults->Error(0, "longer than a mebibyte; this is no policy file");
    return;
  }
  if (text.compare(0, 3, "\xEF\xBB\xBF") == 0) {
    faults->Error(0, "begins with a byte order mark; save it without one");
    return;
  }
  // protobuf stops at the first bad value. To find all of them, we blank out
  // the bad field and parse again.
  for (int i = 0; i < kMaxFaultyFields; ++i) {
    Collector collector(faults);
    TextFormat::Parser parser;
    parser.RecordErrorsTo(&collector);
    parser.AllowUnknownField(true);
    parser.SetRecursionLimit(kMaxDepth);
    // Only the first parse sees the whole file, so it records the places.
    if (i == 0) parser.WriteLocationsTo(tree);
    google::protobuf::io::ArrayInputStream stream(
        text.data(), static_cast<int>(text.size()));
    parser.Parse(&stream, policy);
    if (!collector.faulty_field().has_value()) return;
    const std::optional<PolicySource::Span> field =
        faults->source().FieldAround(*collector.faulty_field());
    if (!field.has_value()) return;
    Blank(*field, &text);
  }
}

}  // namespace mailverdict
