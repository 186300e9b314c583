// The engine on our event loop, against the policy's real servers.
//
//   engine POLICY RECIPIENT
//
// prints the verdict and all that it rests on.

#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "lib/mailverdict.h"

using namespace mailverdict;

namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(path + " cannot be read");
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

// [README]
int Explain(const Policy& policy, const std::string& recipient) {
  absl::StatusOr<std::unique_ptr<EventLoop>> loop = EventLoop::Create();
  if (!loop.ok()) return 71;
  MemoryHistory history;
  const std::shared_ptr<Engine> engine = Engine::Create(
      std::make_shared<const Policy>(policy), loop->get(), &history,
      RealServices(loop->get()),
      [](const std::string& line) { std::cerr << line << "\n"; });
  Transaction tx;
  tx.stage = Stage::kRcpt;
  tx.recipient = recipient;
  engine->Judge(tx, [&](const Transaction&, const Verdict& verdict) {
    std::cout << verdict.Tree();
    (*loop)->Stop();
  });
  (*loop)->Run();
  engine->Stop();
  return 0;
}
// [README]

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: engine POLICY RECIPIENT\n";
    return 64;
  }
  const absl::StatusOr<std::string> text = ReadFile(argv[1]);
  const absl::StatusOr<LoadedPolicy> loaded =
      text.ok() ? LoadPolicy(*text, argv[1], ReadFile) : text.status();
  if (!loaded.ok()) {
    std::cerr << loaded.status().message() << "\n";
    return 78;
  }
  return Explain(loaded->policy, argv[2]);
}
