// Every case gives the verdicts that are written in it.

#include "lib/cases/run_case.h"
#include "tests/evidence/loaded_cases.h"

int main(int argc, char** argv) {
  using namespace mailverdict;  // NOLINT: a program of one function
  return RunLoadedCases(argc, argv, "Case", [](const LoadedCase& filed) {
    for (const CaseFault& fault : RunCase(filed.policy, filed.content)) {
      ADD_FAILURE_AT(filed.file.c_str(), static_cast<int>(fault.line))
          << fault.what;
    }
  });
}
