#include "lib/policy/guarded_domains.h"

#include <gtest/gtest.h>

namespace mailverdict {
namespace {

TEST(GuardedDomainsTest, APublicSuffixIsOneByItsRuleOrAWildcard) {
  for (const char* domain :
       {"com", "org", "co.uk", "ne.jp", "github.io", "ck", "any.ck",
        "any.kawasaki.jp", "xn--fiqs8s", "onion"}) {
    EXPECT_TRUE(IsPublicSuffix(domain)) << domain;
  }
  for (const char* domain :
       {"", "test", "con", "localdomain", "example.com", "a.any.ck", "www.ck",
        "city.kawasaki.jp", "a.xn--fiqs8s", "[192.0.2.1]"}) {
    EXPECT_FALSE(IsPublicSuffix(domain)) << domain;
  }
}

TEST(GuardedDomainsTest, LargeProvidersAreNamedExactly) {
  for (const char* domain :
       {"gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com",
        "qq.com", "gmx.de", "web.de", "mail.ru", "docomo.ne.jp"}) {
    EXPECT_TRUE(IsLargeProvider(domain)) << domain;
  }
  for (const char* domain : {"", "#", "gmail.comm", "a.gmail.com", "com"}) {
    EXPECT_FALSE(IsLargeProvider(domain)) << domain;
  }
}

}  // namespace
}  // namespace mailverdict
