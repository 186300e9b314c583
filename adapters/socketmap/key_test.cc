#include "adapters/socketmap/key.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "lib/mail/address.h"

namespace mailverdict::socketmap {
namespace {

constexpr std::string_view kFields =
    ",client=<192.0.2.1>,id=<6AO4FDc9000089>,auth=<>,;";

std::string Key(std::string_view address) {
  return std::string(address) + std::string(kFields);
}

std::string RcptKey(std::string_view recipient, std::string_view sender) {
  return Key(std::string(recipient) + ",sender=<" + std::string(sender) + ">");
}

std::optional<Transaction> Parse(std::string_view key,
                                 Stage stage = Stage::kRcpt) {
  return ParseSendmailKey(key, stage);
}

TEST(SendmailKey, GivesATransaction) {
  const auto tx = Parse(Key("joe@example.org"));
  ASSERT_TRUE(tx.has_value());
  EXPECT_EQ(tx->stage, Stage::kRcpt);
  EXPECT_EQ(tx->recipient, "joe@example.org");
  EXPECT_EQ(tx->client, "192.0.2.1");
  EXPECT_EQ(tx->queue_id, "6AO4FDc9000089");
  EXPECT_FALSE(tx->authenticated);
}

TEST(SendmailKey, KnowsIpv6AndLogins) {
  const auto tx =
      Parse("joe@x.test,client=<IPv6:0:0:0:0:0:0:0:1>,id=<>,auth=<PLAIN>,;");
  ASSERT_TRUE(tx.has_value());
  EXPECT_EQ(tx->client, "0:0:0:0:0:0:0:1");
  EXPECT_EQ(tx->queue_id, "");
  EXPECT_TRUE(tx->authenticated);
}

TEST(SendmailKey, ARecipientMayHoldAnything) {
  for (const char* recipient :
       {"\"quo ted\"@x.test", "@a.test,@b.test:joe@x.test",
        "\"a,client=<1>,id=<2>,auth=<3>,;\"@x.test", "b\xe9@x.test", "",
        "a b@x", "postmaster"}) {
    const auto tx = Parse(Key(recipient));
    ASSERT_TRUE(tx.has_value()) << recipient;
    EXPECT_EQ(tx->recipient, recipient);
    EXPECT_FALSE(tx->authenticated);
  }
}

TEST(SendmailKey, SaysWhatSendmailResolvedTheRecipientTo) {
  const std::string end = ",sender=<ann@y.test>" + std::string(kFields);
  const struct {
    std::string key;
    std::string recipient;
    std::optional<std::string> resolved;
  } keys[] = {
      {"joe%a.test@gw.test,resolved=<joe@a.test>" + end, "joe%a.test@gw.test",
       "joe@a.test"},
      {"joe@a.test,resolved=<joe>" + end, "joe@a.test", "joe"},
      // Not set, or not known to the FEATURE.
      {"joe@a.test,resolved=<>" + end, "joe@a.test", std::nullopt},
      {"joe@a.test" + end, "joe@a.test", std::nullopt},
      // What looks like a field within an address is none.
      {"\"x,resolved=<y@a.test>\"@b.test,resolved=<\"x,resolved=<y@a.test>\"@"
       "b.test>" +
           end,
       "\"x,resolved=<y@a.test>\"@b.test", "\"x,resolved=<y@a.test>\"@b.test"},
      {"x,resolved=<y@a.test>,resolved=<z@a.test>" + end,
       "x,resolved=<y@a.test>", "z@a.test"},
  };
  for (const auto& each : keys) {
    const auto tx = Parse(each.key);
    ASSERT_TRUE(tx.has_value()) << each.key;
    EXPECT_EQ(tx->recipient, each.recipient);
    EXPECT_EQ(tx->resolved, each.resolved) << each.key;
    EXPECT_EQ(tx->sender, "ann@y.test");
  }
}

TEST(SendmailKey, OneThatIsCutAnywhereIsRecognised) {
  for (const std::string& key :
       {Key("joe@example.org"), RcptKey("joe@example.org", "ann@y.test"),
        RcptKey("\"a,client=<1>,id=<2>,auth=<3>,;\"@x.test",
                "\"a,client=<1>,id=<2>,auth=<3>,;\"@x.test")}) {
    for (size_t length = 0; length < key.size(); ++length) {
      const auto tx = Parse(key.substr(0, length));
      // A cut within a hostile recipient may leave what looks whole; then what
      // is left of the recipient is no address, and is deferred as such.
      if (tx.has_value()) {
        EXPECT_FALSE(mail::ParseAddress(tx->recipient).ok()) << length;
      }
    }
  }
}

TEST(SendmailKey, AnythingElseIsNotRead) {
  for (const char* key :
       {"", "joe@example.org", ",;", "joe@x.test,client=<1>,id=<2>,auth=<3>,",
        "joe@x.test,client=<1>,id=<2>,auth=<3>,;x",
        "joe@x.test,client=<1>,auth=<3>,;",
        "joe@x.test,client=<1,id=<2>,auth=<>,;",
        "joe@x.test,client=1,id=2,auth=3,;"}) {
    EXPECT_FALSE(Parse(key).has_value()) << key;
  }
}

TEST(SendmailKey, AtRcptItHasTheSenderToo) {
  const auto tx = Parse(RcptKey("joe@x.test", "ann@y.test"));
  ASSERT_TRUE(tx.has_value());
  EXPECT_EQ(tx->recipient, "joe@x.test");
  EXPECT_EQ(tx->sender, "ann@y.test");
  EXPECT_EQ(Parse(RcptKey("joe@x.test", ""))->sender, "<>");
  EXPECT_EQ(Parse(Key("joe@x.test"))->sender, "");
}

TEST(SendmailKey, NeitherAddressCanPassForAPartOfTheOther) {
  const char* const addresses[] = {
      "joe@x.test",
      "\"quo ted\"@x.test",
      "\"a,sender=<b\"@x.test",
      "\"a,sender=<b>\"@x.test",
      "\"a\\\",sender=<b\"@x.test",
      "\"a,sender=<\\\"b\"@x.test",
      "\"a,sender=<b\".\"c\"@x.test",
      "\"a,sender=<b,sender=<c\"@x.test",
      "\"a,client=<1>,id=<2>,auth=<3>,;\"@x.test",
      "a\\,sender=\\<b@x.test",
  };
  for (const char* recipient : addresses) {
    for (const char* sender : addresses) {
      const auto tx = Parse(RcptKey(recipient, sender));
      ASSERT_TRUE(tx.has_value()) << recipient << " " << sender;
      EXPECT_EQ(tx->recipient, recipient);
      EXPECT_EQ(tx->sender, sender);
    }
  }
}

TEST(SendmailKey, AtConnectItIsTheClientAlone) {
  const auto tx = Parse(Key(""), Stage::kConnect);
  ASSERT_TRUE(tx.has_value());
  EXPECT_EQ(tx->stage, Stage::kConnect);
  EXPECT_EQ(tx->client, "192.0.2.1");
  EXPECT_EQ(tx->recipient, "");
  EXPECT_EQ(tx->sender, "");
  EXPECT_FALSE(Parse(Key("a"), Stage::kConnect).has_value());
}

TEST(SendmailKey, AtMailItIsTheSender) {
  const auto tx = Parse(Key("joe@example.org"), Stage::kMail);
  ASSERT_TRUE(tx.has_value());
  EXPECT_EQ(tx->stage, Stage::kMail);
  EXPECT_EQ(tx->sender, "joe@example.org");
  EXPECT_EQ(tx->recipient, "");
  EXPECT_EQ(tx->client, "192.0.2.1");
}

TEST(PostfixKey, AtMailItIsTheSender) {
  const auto tx = ParsePostfixKey("quo ted@example.org", Stage::kMail);
  ASSERT_TRUE(tx.has_value());
  EXPECT_EQ(tx->stage, Stage::kMail);
  EXPECT_EQ(tx->sender, "\"quo ted\"@example.org");
  EXPECT_EQ(tx->recipient, "");
  EXPECT_FALSE(ParsePostfixKey("<>", Stage::kMail).has_value());
}

TEST(PostfixKey, GivesATransactionForAMailbox) {
  const auto tx = ParsePostfixKey("Joe+tag@example.org");
  ASSERT_TRUE(tx.has_value());
  EXPECT_EQ(tx->stage, Stage::kRcpt);
  EXPECT_EQ(tx->recipient, "Joe+tag@example.org");
}

TEST(PostfixKey, PutsQuotesBack) {
  EXPECT_EQ(ParsePostfixKey("quo ted@example.org")->recipient,
            "\"quo ted\"@example.org");
  EXPECT_EQ(ParsePostfixKey("a\"b\\c@d@example.org")->recipient,
            "\"a\\\"b\\\\c@d\"@example.org");
  EXPECT_EQ(ParsePostfixKey("\"quo ted\"@example.org")->recipient,
            "\"quo ted\"@example.org");
}

TEST(PostfixKey, TheShorterFormsNameNoMailbox) {
  for (const char* key : {"", "joe", "@example.org", "postmaster"}) {
    EXPECT_FALSE(ParsePostfixKey(key).has_value()) << key;
  }
}

}  // namespace
}  // namespace mailverdict::socketmap
