// A DNS with many domains and no server: each answer comes at once, as a
// resolver would give it.

#ifndef MAILVERDICT_LIB_ENGINE_MANY_NAMES_TESTING_H_
#define MAILVERDICT_LIB_ENGINE_MANY_NAMES_TESTING_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/resolver/resolver.h"

namespace mailverdict {

class ManyNames final : public NameResolver {
 public:
  explicit ManyNames(bool present) : present_(present) {}

  // The i-th name: "mail.hernandez-books4711.example.org".
  static DnsLookup Name(int i) {
    static constexpr const char* kFirst[] = {"li", "smith", "mueller", "okafor",
                                             "hernandez"};
    static constexpr const char* kSecond[] = {"books",      "garden", "it",
                                              "consulting", "press",  "co"};
    return {absl::StrCat("mail.", kFirst[i % 5], "-", kSecond[i % 6], i,
                         ".example.org"),
            DnsType::kMx};
  }

  void Resolve(const DnsLookup& lookup, Done done) override {
    ++exchange_;
    const absl::Time sent = absl::FromUnixMicros(1'800'000'000'000'000) +
                            exchange_ * absl::Nanoseconds(61'803);
    const Origin moment{"127.0.0.1", 1, exchange_, sent,
                        sent + absl::Nanoseconds(812'345)};
    Report report =
        present_ ? Report::Present(lookup,
                                   {absl::StrCat("10 mx1.", lookup.name),
                                    absl::StrCat("20 mx2.", lookup.name)},
                                   moment)
                 : Report::Absent(lookup, moment);
    report.dns.ttl = absl::Hours(1);
    if (!present_) {
      report.absence = Absence::kNoName;
      report.dns.zone = "example.org";
    }
    done(Answer(report));
  }

 private:
  const bool present_;
  uint64_t exchange_ = 0;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_ENGINE_MANY_NAMES_TESTING_H_
