// Fuzzes the parsers of reply.h and ClassifyRefusal. Requires: replies do not
// depend on the split; a softened reply is a whole reply at which no MTA
// bounces.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/deliver/lmtp/refusal.h"
#include "adapters/deliver/lmtp/reply.h"
#include "tests/fuzz/require.h"

namespace mailverdict::deliver {
namespace {

const RefusalCodes& Listed() {
  static const auto* const listed =
      new RefusalCodes{{"5.2.1", "554"}, {"5.3.0", "522"}};
  return *listed;
}

struct Read {
  std::vector<std::string> replies;
  ReplyReader::Result end = ReplyReader::Result::kMore;
};

// `step` is how many more bytes the reader sees each time.
Read ReadAll(std::string_view bytes, size_t step) {
  Read read;
  ReplyReader reader;
  size_t shown = 0;
  for (;;) {
    size_t length = 0;
    // The copy lets the sanitizer see a read beyond what is shown.
    const std::string copy(bytes.substr(0, shown));
    read.end = reader.Next(copy, &length);
    if (read.end == ReplyReader::Result::kMalformed) return read;
    if (read.end == ReplyReader::Result::kOne) {
      Require(length > 0 && length <= shown, "a reply is within what came");
      read.replies.emplace_back(bytes.substr(0, length));
      bytes.remove_prefix(length);
      shown -= length;
    } else if (shown == bytes.size()) {
      return read;
    } else {
      shown = std::min(shown + step, bytes.size());
    }
  }
}

bool IsWhole(const std::string& reply) {
  size_t length = 0;
  return ReplyReader().Next(reply, &length) == ReplyReader::Result::kOne &&
         length == reply.size();
}

// Classifies a 5xx at each step.
void Classify(const std::string& reply) {
  const auto at = [&reply](LmtpStep step) {
    return ClassifyRefusal(step, reply, Listed());
  };
  Require(at(LmtpStep::kSession) == Refusal::kTemporary,
          "no 5xx of the session stands");
  for (const LmtpStep step : {LmtpStep::kMail, LmtpStep::kData}) {
    Require(at(step) != Refusal::kNeedsProof,
            "MAIL and DATA name no single recipient");
  }
  if (at(LmtpStep::kData) == Refusal::kStands) {
    Require(at(LmtpStep::kMail) == Refusal::kStands,
            "what stands for DATA stands for MAIL");
  }
  if (reply.substr(0, 2) == "51") {
    Require(at(LmtpStep::kMessage) == Refusal::kNeedsProof,
            "a 51x needs a proof");
  }
}

void Examine(const std::string& reply) {
  Require(IsWhole(reply), "one reply is one reply");
  const std::string hello = WithoutStartTls(reply);
  Require(IsWhole(hello), "a greeting stays whole");
  Require(ReplyCode(hello) == ReplyCode(reply), "and keeps its code");
  Require(hello.size() <= reply.size(), "and gains nothing");
  if (reply[0] < '4') return;
  const std::string softened = Softened(reply);
  Require(softened.size() == reply.size(), "a softened one is as long");
  Require(IsWhole(softened), "and is whole");
  Require(softened[0] == '4', "and is temporary");
  ReplyTexts texts(softened);
  while (const auto text = texts.Next()) {
    const auto code = EnhancedCodeOf(*text);
    Require(!code.has_value() || code->status_class == 4,
            "and says nothing for good");
  }
  Require(Softened(softened) == softened, "and stays as it is");
  if (reply[0] == '5') Classify(reply);
}

}  // namespace
}  // namespace mailverdict::deliver

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mailverdict::deliver;  // NOLINT: of one function
  const std::string_view bytes = mailverdict::Bytes(data, size);
  const Read whole = ReadAll(bytes, size + 1);
  for (const size_t step : {1, 7}) {
    const Read parts = ReadAll(bytes, step);
    mailverdict::Require(
        parts.replies == whole.replies && parts.end == whole.end,
        "any split is like at once");
  }
  for (const std::string& reply : whole.replies) Examine(reply);
  return 0;
}
