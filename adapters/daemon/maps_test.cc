// The maps, and the orders of operators, as a client hears them.

#include "adapters/daemon/maps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "adapters/daemon/admin.h"
#include "adapters/socketmap/codec.h"
#include "adapters/socketmap/server_testing.h"
#include "adapters/wire/wire.h"
#include "lib/core/replies.h"

namespace mailverdict {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr char kFields[] = ",client=<192.0.2.1>,id=<6AO4>,auth=<>,;";

// A daemon that says what it is told to, and writes down what it is asked.
class Scripted : public AdminService {
 public:
  void Judge(Transaction asked, Done done,
             StillWaiting still_waiting) override {
    heard.push_back(absl::StrCat("judge ", About(asked)));
    if (later) {
      owed.push_back({std::move(done), std::move(still_waiting)});
    } else if (still_waiting()) {
      done(verdict);
    }
  }
  void Explain(Transaction asked, Done done) override {
    heard.push_back(absl::StrCat("explain ", About(asked)));
    done(verdict);
  }
  void Log(const Transaction& tx, const Verdict& logged) override {
    heard.push_back(absl::StrCat("log ", About(tx), ": ", logged.Line()));
  }
  DaemonStatus Status() override { return DaemonStatus(); }
  void SetMode(OperatorMode mode) override {
    heard.push_back("hold " + std::string(mailverdict::ToString(mode)));
  }
  absl::Status ReleaseHold(const std::string& directory) override {
    return Order("release ", directory);
  }
  absl::Status SetGrace(const std::string& directory,
                        std::optional<absl::Duration> grace) override {
    return Order("grace ",
                 directory + " " +
                     (grace ? absl::FormatDuration(*grace) : "as the policy"));
  }
  absl::Status SetVanishLimit(const std::string& directory,
                              std::optional<VanishLimit> limit) override {
    return Order("vanished ",
                 absl::StrCat(directory, " ", limit ? limit->vanished : 0));
  }
  void Accept(const std::string& path,
              std::function<void(const absl::Status&)> done) override {
    done(Order("accept ", path));
  }
  absl::StatusOr<std::string> ListDomains() override {
    if (!status.ok()) return status;
    return "no domains\n";
  }
  absl::Status MarkDomain(const std::string& name,
                          MissingDomain::Mark mark) override {
    return Order("mark ", absl::StrCat(name, " ", static_cast<int>(mark)));
  }

  bool later = false;  // verdicts are owed
  struct Owed {
    Done done;
    StillWaiting still_waiting;
  };
  std::vector<Owed> owed;
  Verdict verdict = Verdict::Defer(replies::kDirectoryUnsure);
  absl::Status status;
  std::vector<std::string> heard;

 private:
  static std::string About(const Transaction& tx) {
    return absl::StrCat(static_cast<int>(tx.stage), " from ", tx.sender, " to ",
                        tx.recipient, " client ", tx.client);
  }
  absl::Status Order(std::string_view order, std::string_view what) {
    heard.push_back(std::string(order) + std::string(what));
    return status;
  }
};

class MapsTest : public socketmap::ServerTest {
 protected:
  MapsTest() {
    server_ = std::make_unique<socketmap::Server>(
        loop_.get(),
        [this](const socketmap::Request& request, socketmap::Responder reply) {
          if (orders_) {
            AnswerAdminRequest(&daemon_, request, reply);
          } else {
            AnswerMapRequest(&daemon_, request, reply);
          }
        },
        LogSink());
    const absl::Status status = server_->Listen("unix:" + path_);
    EXPECT_TRUE(status.ok()) << status;
  }

  // The words of the reply to "MAP KEY".
  std::string Ask(const std::string& request) {
    const auto client = NewClient();
    EXPECT_TRUE(client->Send(absl::StrCat(request.size(), ":", request, ",")));
    socketmap::NetstringReader reader(socketmap::kMaxReplyBytes);
    size_t read = 0;
    std::string_view words;
    const bool came = Until([&] {
      const std::string& received = client->received();
      read += reader.Feed(std::string_view(received).substr(read));
      return reader.Next(&words) == socketmap::ReadResult::kOne;
    });
    EXPECT_TRUE(came) << request;
    return std::string(words);
  }
  std::string Order(const std::string& request) {
    orders_ = true;
    return Ask(request);
  }

  Scripted daemon_;
  bool orders_ = false;
};

TEST_F(MapsTest, EachAsksAndAnswersInItsOwnWords) {
  const Verdict& verdict = daemon_.verdict;
  const struct {
    std::string request, heard, words;
  } kRows[] = {
      {absl::StrCat("rcpt joe@x.test,sender=<ann@y.test>", kFields),
       "judge 3 from ann@y.test to joe@x.test client 192.0.2.1",
       SendmailMapReply(verdict)},
      {absl::StrCat("mail ann@y.test", kFields),
       "judge 2 from ann@y.test to  client 192.0.2.1",
       SendmailMapReply(verdict)},
      {absl::StrCat("client ", kFields), "judge 0 from  to  client 192.0.2.1",
       SendmailMapReply(verdict)},
      {"postfix joe@x.test", "judge 3 from  to joe@x.test client ",
       PostfixMapReply(verdict)},
      {"postfix-sender ann@y.test", "judge 2 from ann@y.test to  client ",
       PostfixAccessReply(verdict)},
      {"absence joe@x.test", "judge 3 from  to joe@x.test client ",
       AbsenceMapReply(verdict)},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.request);
    daemon_.heard.clear();
    EXPECT_EQ(Ask(row.request), row.words);
    EXPECT_THAT(daemon_.heard, ElementsAre(row.heard));
  }
}

TEST_F(MapsTest, AClientThatWaitsIsGivenItsVerdictLate) {
  daemon_.later = true;
  const auto client = NewClient();
  ASSERT_TRUE(client->Send("18:postfix joe@x.test,"));
  client->FinishSending();  // and still reads, as Exim does
  ASSERT_TRUE(Until([&] { return !daemon_.owed.empty(); }));
  ASSERT_TRUE(daemon_.owed[0].still_waiting());
  daemon_.owed[0].done(Verdict::Pass());
  EXPECT_TRUE(Until([&] { return client->received() == "7:OK pass,"; }));
  // Once it has been answered nothing waits any more.
  EXPECT_FALSE(daemon_.owed[0].still_waiting());
}

TEST_F(MapsTest, AnAnsweredRequestDoesNotWaitBecauseTheNextOneDoes) {
  daemon_.later = true;
  const auto client = NewClient();
  ASSERT_TRUE(client->Send("18:postfix joe@x.test,"));
  ASSERT_TRUE(Until([&] { return !daemon_.owed.empty(); }));
  daemon_.owed[0].done(Verdict::Pass());
  ASSERT_TRUE(client->Send("18:postfix joe@x.test,"));
  ASSERT_TRUE(Until([&] { return daemon_.owed.size() == 2; }));
  EXPECT_FALSE(daemon_.owed[0].still_waiting());
  EXPECT_TRUE(daemon_.owed[1].still_waiting());
}

TEST_F(MapsTest, AClientThatHasGoneWaitsForNoVerdict) {
  daemon_.later = true;
  auto client = NewClient();
  ASSERT_TRUE(client->Send("18:postfix joe@x.test,"));
  ASSERT_TRUE(Until([&] { return !daemon_.owed.empty(); }));
  EXPECT_TRUE(daemon_.owed[0].still_waiting());
  client.reset();
  Until([&] { return !daemon_.owed[0].still_waiting(); });
  EXPECT_FALSE(daemon_.owed[0].still_waiting());
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(MapsTest, AKeyThatWasCutIsDeferredAndStopsNobodyAtConnect) {
  EXPECT_THAT(Ask("rcpt joe@x.test,sender=<ann@y"), StartsWith("OK defer:"));
  EXPECT_THAT(Ask("mail ann@y"), StartsWith("OK defer:"));
  EXPECT_EQ(Ask("client ,client=<192"), "OK pass");
  EXPECT_THAT(daemon_.heard,
              ElementsAre(HasSubstr("to joe@x.test,sender=<ann@y client : "),
                          HasSubstr("from ann@y to  client : ")));
}

TEST_F(MapsTest, APostfixKeyThatNamesNoMailboxIsNobodysBusiness) {
  EXPECT_EQ(Ask("postfix joe"), "NOTFOUND ");
  EXPECT_EQ(Ask("postfix @x.test"), "NOTFOUND ");
  EXPECT_EQ(Ask("postfix-sender <>"), "NOTFOUND ");
  EXPECT_THAT(daemon_.heard, IsEmpty());
}

TEST_F(MapsTest, PeopleMayAskByAddressOrByKey) {
  EXPECT_EQ(Ask("explain joe@x.test"),
            absl::StrCat("OK ", daemon_.verdict.Tree()));
  Ask(absl::StrCat("explain joe@x.test", kFields));
  Ask("explain-sender ann@y.test");
  EXPECT_THAT(daemon_.heard,
              ElementsAre("explain 3 from  to joe@x.test client ",
                          "explain 3 from  to joe@x.test client 192.0.2.1",
                          "explain 2 from ann@y.test to  client "));
}

TEST_F(MapsTest, NoOtherMapIsMistakenForOne) {
  EXPECT_EQ(Ask("ping "), "OK pong");
  EXPECT_THAT(Ask("rcp joe@x.test"), StartsWith("TEMP no such map"));
  EXPECT_THAT(daemon_.heard, IsEmpty());
}

TEST_F(MapsTest, OrdersAreDone) {
  for (const char* order :
       {"hold defer-all", "hold pass-all", "hold off", "release people",
        "grace people 24h", "grace people policy", "vanished people 20/10m",
        "accept /etc/a b", "domain add x.test", "domain pin x.test",
        "domain remove x.test"}) {
    EXPECT_EQ(Order(order), "OK done\n") << order;
  }
  EXPECT_THAT(daemon_.heard,
              ElementsAre("hold defer-all", "hold pass-all", "hold off",
                          "release people", "grace people 24h",
                          "grace people as the policy", "vanished people 20",
                          "accept /etc/a b", "mark x.test 1", "mark x.test 2",
                          "mark x.test 0"));
  EXPECT_EQ(Order("domain list"), "OK no domains\n");
  EXPECT_THAT(Order("status "), StartsWith("OK "));
  EXPECT_THAT(Order("explain joe@x.test"), StartsWith("OK defer"));
  EXPECT_THAT(Order("explain-sender joe@x.test"), StartsWith("OK defer"));
  EXPECT_EQ(Order("ping "), "OK pong");
}

TEST_F(MapsTest, AnOrderThatIsNotUnderstoodDoesNothing) {
  for (const char* order :
       {"hold", "hold on", "grace people", "grace people soon",
        "vanished people 20", "domain", "domain drop x.test", "halt now"}) {
    EXPECT_THAT(Order(absl::StrCat(order, " ")), StartsWith("PERM ")) << order;
  }
  EXPECT_THAT(daemon_.heard, IsEmpty());
}

TEST_F(MapsTest, AnOrderThatFailsSaysWhy) {
  daemon_.status = absl::NotFoundError("no such directory");
  for (const char* order :
       {"release people", "grace people 24h", "vanished people 20/10m",
        "accept /etc/a", "domain list", "domain add x.test"}) {
    EXPECT_EQ(Order(order), "PERM no such directory") << order;
  }
}

}  // namespace
}  // namespace mailverdict
