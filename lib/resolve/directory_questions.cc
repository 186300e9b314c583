#include "lib/resolve/directory_questions.h"

#include <algorithm>
#include <utility>

namespace mailverdict {
namespace {

size_t BytesOf(const MailboxLookup& lookup, const FilterTemplate& filter) {
  size_t bytes = 0;
  for (const std::string& spelling : lookup.spellings) bytes += spelling.size();
  return bytes * filter.arms().size();
}

}  // namespace

Questions TakeBatch(const DirectoryPolicy& directory, absl::Time now,
                    Questions* waiting, Questions* late) {
  Questions batch;
  size_t bytes = 0;
  const auto joins = [&](const Question& question) {
    bytes += BytesOf(question.lookup, directory.filter);
    return batch.empty() || (question.round == batch.front().round &&
                             question.round != Question::Round::kAlone &&
                             bytes <= kMaxBatchBytes);
  };
  while (!waiting->empty() && batch.size() < kMaxBatch) {
    Question& next = waiting->front();
    const bool is_late = now - next.asked > directory.timeout;
    if (!is_late && !joins(next)) break;
    (is_late ? *late : batch).push_back(std::move(next));
    waiting->pop_front();
  }
  return batch;
}

std::string FilterFor(const DirectoryPolicy& directory,
                      const Questions& questions,
                      const std::vector<MailboxLookup>& controls) {
  std::vector<std::string> parts;
  const auto add = [&](const MailboxLookup& lookup) {
    for (const std::string& spelling : lookup.spellings) {
      std::string part = directory.filter.Expand(spelling, lookup.arm);
      if (std::find(parts.begin(), parts.end(), part) == parts.end()) {
        parts.push_back(std::move(part));
      }
    }
  };
  for (const Question& question : questions) add(question.lookup);
  for (const MailboxLookup& control : controls) add(control);
  std::string filter = "(|";
  for (const std::string& part : parts) filter += part;
  filter += ')';
  return filter;
}

}  // namespace mailverdict
