// Properties of DomainList::Parse for any text.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/mail/domain.h"
#include "lib/policy/domain_list.h"
#include "tests/fuzz/require.h"

using mailverdict::Require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto list = mailverdict::DomainList::Parse(text, "l");
  if (!list.ok()) {
    Require(list.status().message().substr(0, 2) == "l:");
    Require(list.status().message().find('\n') == absl::string_view::npos);
    return 0;
  }
  // Looks up every word of the text that is a domain.
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find_first_of(" \t\r\n#=", begin), size);
    const auto domain = mailverdict::mail::CanonicalDomain(
        text.substr(begin, std::min<size_t>(end - begin, 300)));
    begin = end + 1;
    if (!domain.ok()) continue;
    const auto entry = list->Find(*domain);
    if (!entry.has_value()) continue;
    Require(entry->domain() == *domain);
    const std::string& meant = entry->suggestion();
    if (!meant.empty()) {
      Require(*mailverdict::mail::CanonicalDomain(meant) == meant);
      // The suggestion goes into replies.
      Require(meant.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"
                                      "-_.") == meant.npos);
    }
    const std::string said = entry->ToString();
    Require(said.find('\n') == said.npos && said.find('\r') == said.npos);
  }
  return 0;
}
