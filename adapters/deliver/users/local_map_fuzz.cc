// Fuzzes LocalMap with any request. Requires: NOTFOUND only for a proven
// absence, and no other reply that sendmail reads as an absence.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/deliver/users/local_map.h"
#include "tests/fuzz/require.h"

namespace mailverdict::deliver {
namespace {

class Proofs : public ProofSource {
 public:
  Proofs(Existence existence, std::string why)
      : ruling_{existence, std::move(why)} {}
  Ruling Ask(std::string_view recipient, Deadline) const override {
    Require(recipient.find('@') != recipient.npos, "it has its domain");
    return ruling_;
  }

 private:
  const Ruling ruling_;
};

std::string Answer(const socketmap::Request& request, Existence existence) {
  std::vector<std::unique_ptr<ProofSource>> proofs;
  proofs.push_back(
      std::make_unique<Proofs>(existence, std::string(request.key)));
  const UnknownUserRule rule(UnknownPolicy::kUnlessProven, std::move(proofs),
                             absl::Seconds(1), "example.org");
  return LocalMap(&rule, {"example.org"}).Answer(request);
}

void Examine(const socketmap::Request& request) {
  const bool local = request.map == "local";
  const bool catch_all =
      local && request.key.size() > 1 && request.key[0] == '@';
  for (const Existence existence :
       {Existence::kProvenAbsent, Existence::kPresent, Existence::kUnsure}) {
    const std::string reply = Answer(request, existence);
    const bool not_found = reply == "NOTFOUND ";
    const bool ok = reply.substr(0, 3) == "OK " && reply.size() > 3;
    Require(not_found || ok || reply.substr(0, 5) == "TEMP ", "three words");
    Require(!not_found || catch_all ||
                (local && existence == Existence::kProvenAbsent),
            "only a proof makes it \"not found\"");
    Require(!ok || (local && existence == Existence::kPresent),
            "only who is there is found");
    for (const char c : reply) {
      Require(c >= ' ' && c <= '~', "a reply is plain text");
    }
    Require(!ok || reply.find_first_of("\"(<%;,") == reply.npos,
            "and nothing in it is sendmail's");
  }
}

}  // namespace
}  // namespace mailverdict::deliver

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mailverdict;  // NOLINT: a program of one function
  socketmap::Request request;
  if (socketmap::ParseRequest(Bytes(data, size), &request) ==
      socketmap::CodecError::kNone) {
    deliver::Examine(request);
  }
  return 0;
}
