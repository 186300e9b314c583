#include "lib/checks/shipped_domains.h"

namespace mailverdict {
namespace {

constexpr char kText[] =
#include "lib/checks/shipped_domains.inc"
    ;

}  // namespace

const DomainList& ShippedDomains() {
  static const auto* const list =
      new DomainList(*DomainList::Parse(kText, "shipped list"));
  return *list;
}

}  // namespace mailverdict
