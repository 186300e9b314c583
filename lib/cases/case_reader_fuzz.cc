// Properties of the reader for any text: it does not crash, and what it accepts
// can be run. Each verdict has its line, and each question has its answer.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/cases/case_reader.h"
#include "lib/cases/run_case.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mailverdict;  // NOLINT: a program of one function
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cases = ReadCases(text, "cases");
  if (!cases.ok()) {
    Require(cases.status().message().substr(0, 6) == "cases:");
    return 0;
  }
  Require(!cases->empty());
  const auto policy = std::make_shared<const Policy>();
  for (const Case& each : *cases) {
    Require(!each.name.empty() && !each.steps.empty());
    for (const CaseStep& step : each.steps) {
      Require(step.line > each.line);
      for (const GivenAnswer& given : step.given) {
        Require(given.state.has_value() && given.line < step.line);
      }
    }
    RunCase(policy, each);
  }
  return 0;
}
