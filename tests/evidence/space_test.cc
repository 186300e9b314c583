// The space of evidence around every case.
//
//   space_test [VERDICTS [SEED]]

#include "tests/evidence/space.h"

#include <cstdlib>

#include "tests/evidence/loaded_cases.h"

namespace {

using mailverdict::SpaceReport;

struct Total {
  size_t steps = 0, whole = 0;
  SpaceReport sum;
};

}  // namespace

int main(int argc, char** argv) {
  using namespace mailverdict;  // NOLINT: a program of one function
  SpaceBounds bounds;
  if (argc > 1) bounds.verdicts = std::strtoul(argv[1], nullptr, 10);
  if (argc > 2) bounds.seed = std::strtoul(argv[2], nullptr, 10);
  Total total;
  const int status =
      RunLoadedCases(argc, argv, "Space", [&](const LoadedCase& filed) {
        for (const CaseStep& step : filed.content.steps) {
          const SpaceReport report = ExploreSpace(filed.policy, step, bounds);
          EXPECT_EQ(report.objection, "") << "verdict of line " << step.line;
          EXPECT_GT(report.verdicts, 0u);
          ++total.steps;
          total.whole += report.whole;
          total.sum.verdicts += report.verdicts;
          total.sum.rejections += report.rejections;
          total.sum.states += report.states;
          ++bounds.seed;
        }
      });
  std::printf(
      "%zu transactions: %zu states, %zu verdicts, %zu of them with a "
      "rejection; all combinations of %zu transactions, of each other the "
      "first %zu and %zu by seed\n",
      total.steps, total.sum.states, total.sum.verdicts, total.sum.rejections,
      total.whole, bounds.verdicts, bounds.verdicts);
  return status;
}
