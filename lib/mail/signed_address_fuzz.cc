// Properties of BatvMailboxes and IsSrs for any address.

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/mail/signed_address.h"
#include "tests/fuzz/require.h"

namespace mailverdict::mail {
namespace {

void Examine(std::string_view text) {
  const absl::StatusOr<Address> address = ParseAddress(text);
  if (!address.ok()) return;
  const std::string& local = address->local();
  const std::vector<Address> mailboxes = BatvMailboxes(*address);
  Require(mailboxes.size() <= kMaxBatvMailboxes, "there are two at most");
  for (const Address& each : mailboxes) {
    Require(each.domain() == address->domain(), "the domain stays");
    Require(!each.local().empty(), "a mailbox has a name");
    Require(each.local().size() < local.size() &&
                local.find(each.local()) != local.npos,
            "the mailbox is a part of the local part");
    Require(*ParseAddress(each.ToString()) == each, "it can be read again");
  }
  if (!IsSrs(local)) return;
  Require(mailboxes.empty(), "no local part has both forms");
  Require(local.substr(0, 3) == "srs", "SRS begins with its name");
}

}  // namespace
}  // namespace mailverdict::mail

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mailverdict::mail::Examine({reinterpret_cast<const char*>(data), size});
  return 0;
}
