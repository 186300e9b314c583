// The answers of a DnsResolver, with a real NSD and a real Unbound, and with
// scripted servers that behave as no real one does.

#include "lib/dns/dns_resolver.h"

#include <arpa/nameser.h>
#include <gtest/gtest.h>
#include <net/if.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/dns/message_testing.h"
#include "lib/dns/name_servers_testing.h"
#include "lib/loop/manual_executor_testing.h"
#include "lib/resolver/server_process_testing.h"

namespace mailverdict {
namespace {

// Sets the most harmful DNS settings of a user, before the first channel of the
// program is made.
const bool kAmbient = [] {
  setenv("LOCALDOMAIN", "example.org", 1);
  setenv("RES_OPTIONS", "ndots:15 attempts:9 timeout:9 rotate", 1);
  return true;
}();

class DnsResolverTest : public testing::Test {
 protected:
  static std::string Zone() {
    std::string zone = absl::StrCat(
        Nsd::Zone(),
        "@ 120 MX 20 mx2\n@ MX 10 MX1\n@ TXT \"v=spf1 \" \"-all\"\n"
        "www A 192.0.2.1\nwww AAAA 2001:db8::1\nnull MX 0 .\n"
        "alias 30 CNAME www\ndangling CNAME gone\nonly-txt TXT x\n"
        "*.wild 0 A 192.0.2.7\n");
    for (int i = 0; i < 40; ++i) {
      absl::StrAppend(&zone, "big TXT \"", i, " ", std::string(200, 'x'),
                      "\"\n");
    }
    return zone;
  }
  static std::string Reverse() {
    return Nsd::Zone() + "1 PTR www.example.org.\n";
  }

  void StartBoth() {
    authority.Start({{"example.org", Zone()},
                     {"2.0.192.in-addr.arpa", Reverse()},
                     {"broken.example", ""}});
    cache.Start(authority.port(),
                {"example.org", "2.0.192.in-addr.arpa", "broken.example"},
                "  local-zone: \"2.0.192.in-addr.arpa\" nodefault\n");
  }
  DnsResolver Open(std::vector<DnsServer> servers,
                   absl::Duration timeout = absl::Seconds(5)) {
    return DnsResolver({std::move(servers), timeout}, &loop);
  }
  Answer Ask(DnsResolver& resolver, const std::string& name, DnsType type) {
    std::optional<Answer> answer;
    int times = 0;
    resolver.Resolve({name, type}, [&](const Answer& a) {
      answer = a;
      ++times;
    });
    if (!loop.RunUntil([&] { return times > 0; })) {
      ADD_FAILURE() << name << " was lost";
      return Answer(Report::Unknown(DnsLookup{name, type}, "lost"));
    }
    EXPECT_EQ(times, 1);
    EXPECT_FALSE(answer->proven());
    return *answer;
  }
  Answer AskOnce(std::vector<DnsServer> servers, const std::string& name,
                 DnsType type, absl::Duration timeout = absl::Seconds(5)) {
    DnsResolver resolver = Open(std::move(servers), timeout);
    return Ask(resolver, name, type);
  }
  void ExpectUnknown(const Answer& answer, const std::string& why) {
    EXPECT_TRUE(answer.unknown()) << answer.ToString();
    EXPECT_NE(answer.reason().find(why), std::string::npos)
        << ToString(answer.lookup()) << ": " << answer.reason();
    EXPECT_FALSE(answer.ProofOfAbsence().has_value());
  }
  // A server that answers each question with the records that `make` adds.
  using Make = std::function<void(DnsBytes*)>;
  std::unique_ptr<ScriptedDns> Scripted(const Make& make) {
    return std::make_unique<ScriptedDns>(
        &loop, [make](std::string_view question) {
          const auto* bytes = reinterpret_cast<const u_char*>(question.data());
          DnsBytes answer("example.org", ns_t_mx);
          answer.Id(ns_get16(bytes));
          make(&answer);
          return answer.ToString();
        });
  }

  ManualExecutor loop{ManualExecutor::Clock::kReal};
  Nsd authority;
  Unbound cache;
};

using Values = std::vector<std::string>;

TEST_F(DnsResolverTest, EachTypeFromAnAuthorityAndFromACache) {
  ASSERT_TRUE(kAmbient);
  StartBoth();
  for (const DnsServer& server : {authority.server(), cache.server()}) {
    DnsResolver resolver = Open({server});
    const Answer a = Ask(resolver, "www.example.org", DnsType::kA);
    EXPECT_EQ(a.values(), Values{"192.0.2.1"}) << a.ToString();
    EXPECT_EQ(a.dns().ttl, absl::Seconds(300));
    EXPECT_EQ(a.origin().server, server.ToString());
    EXPECT_LE(a.origin().sent, a.origin().received);
    EXPECT_EQ(Ask(resolver, "www.example.org", DnsType::kAaaa).values(),
              Values{"2001:db8::1"});
    Values mx = Ask(resolver, "example.org", DnsType::kMx).values();
    std::sort(mx.begin(), mx.end());
    EXPECT_EQ(mx, (Values{"10 mx1.example.org", "20 mx2.example.org"}));
    EXPECT_EQ(Ask(resolver, "null.example.org", DnsType::kMx).values(),
              Values{"0 ."});
    EXPECT_EQ(Ask(resolver, "example.org", DnsType::kTxt).values(),
              Values{"v=spf1 -all"});
    EXPECT_EQ(Ask(resolver, "1.2.0.192.in-addr.arpa", DnsType::kPtr).values(),
              Values{"www.example.org"});
    const Answer alias = Ask(resolver, "alias.example.org", DnsType::kA);
    EXPECT_EQ(alias.values(), Values{"192.0.2.1"});
    EXPECT_EQ(alias.dns().alias_target, "www.example.org");
    EXPECT_EQ(alias.dns().ttl, absl::Seconds(30));
    const Answer now = Ask(resolver, "any.wild.example.org", DnsType::kA);
    EXPECT_EQ(now.values(), Values{"192.0.2.7"});
    EXPECT_EQ(now.dns().ttl, absl::ZeroDuration());
  }
}

TEST_F(DnsResolverTest, NoSuchNameIsToldFromNoSuchData) {
  StartBoth();
  for (const DnsServer& server : {authority.server(), cache.server()}) {
    DnsResolver resolver = Open({server});
    for (DnsType type : {DnsType::kMx, DnsType::kA, DnsType::kAaaa}) {
      const Answer name = Ask(resolver, "nobody.example.org", type);
      ASSERT_TRUE(name.absent()) << name.ToString();
      EXPECT_EQ(name.absence(), Absence::kNoName);
      EXPECT_EQ(name.dns().zone, "example.org");
      EXPECT_EQ(name.dns().alias_target, "");
      EXPECT_LE(name.dns().ttl, absl::Seconds(60));
      EXPECT_GE(name.dns().ttl, absl::Seconds(30));
      const Answer data = Ask(resolver, "only-txt.example.org", type);
      ASSERT_TRUE(data.absent()) << data.ToString();
      EXPECT_EQ(data.absence(), Absence::kNoData);
      EXPECT_EQ(data.dns().zone, "example.org");
    }
    const Answer alias = Ask(resolver, "dangling.example.org", DnsType::kA);
    ASSERT_TRUE(alias.absent()) << alias.ToString();
    EXPECT_EQ(alias.absence(), Absence::kNoName);
    EXPECT_EQ(alias.dns().alias_target, "gone.example.org");
  }
}

TEST_F(DnsResolverTest, WhatIsTruncatedIsAskedForOverTcp) {
  StartBoth();
  for (const DnsServer& server : {authority.server(), cache.server()}) {
    const Answer big = AskOnce({server}, "big.example.org", DnsType::kTxt);
    EXPECT_EQ(big.values().size(), 40u) << big.ToString();
  }
}

TEST_F(DnsResolverTest, WhatIsTruncatedAndNotThereOverTcpCouldNotBeAsked) {
  const ScriptedDns server(&loop, [](std::string_view question) {
    const auto* bytes = reinterpret_cast<const u_char*>(question.data());
    return DnsBytes("example.org", ns_t_mx,
                    DnsBytes::kAnswer | DnsBytes::kTruncated)
        .Id(ns_get16(bytes))
        .Answer("example.org", ns_t_mx, 60, Be16(1) + WireName("a.b"))
        .ToString();
  });
  ExpectUnknown(AskOnce({server.server()}, "example.org", DnsType::kMx),
                "connection refused");
}

TEST_F(DnsResolverTest, AServerThatFailsOrRefusesCouldNotBeAsked) {
  StartBoth();
  ExpectUnknown(AskOnce({authority.server()}, "x.broken.example", DnsType::kA),
                "SERVFAIL");
  ExpectUnknown(AskOnce({cache.server()}, "x.broken.example", DnsType::kA),
                "SERVFAIL");
  // The cache forwards other names to the authority, which refuses them.
  ExpectUnknown(AskOnce({cache.server()}, "example.net", DnsType::kA),
                "SERVFAIL");
  ExpectUnknown(AskOnce({authority.server()}, "example.net", DnsType::kA),
                "REFUSED");
  // An Unbound that refuses a client leaves the question out of its answer, so
  // c-ares ignores the answer.
  Unbound other;
  other.Start(authority.port(), {"example.org"},
              "  access-control: 127.0.0.0/8 refuse\n");
  ExpectUnknown(AskOnce({other.server()}, "www.example.org", DnsType::kA,
                        absl::Milliseconds(100)),
                "no answer within 100ms");
}

TEST_F(DnsResolverTest, SilenceAndNobodyThereCouldNotBeAsked) {
  StartBoth();
  authority.Pause();
  const absl::Time before = loop.Now();
  ExpectUnknown(AskOnce({authority.server()}, "www.example.org", DnsType::kA,
                        absl::Milliseconds(100)),
                "no answer within 100ms");
  EXPECT_GE(loop.Now() - before, absl::Milliseconds(200));  // asked twice
  authority.Resume();
  EXPECT_TRUE(
      AskOnce({authority.server()}, "www.example.org", DnsType::kA).present());
  authority.Stop();
  ExpectUnknown(AskOnce({authority.server()}, "www.example.org", DnsType::kA),
                "connection refused");
}

// Without a watch, neither an answer nor a failure of the socket would be
// noticed.
TEST_F(DnsResolverTest, WhatCannotBeWatchedCouldNotBeAsked) {
  StartBoth();
  DnsResolver resolver = Open({authority.server()}, absl::Milliseconds(500));
  loop.refuses_watches = true;
  ExpectUnknown(Ask(resolver, "nobody.example.org", DnsType::kMx),
                "no answer within 500ms");
  loop.refuses_watches = false;
  EXPECT_TRUE(Ask(resolver, "nobody.example.org", DnsType::kMx).absent());
}

TEST_F(DnsResolverTest, AServerThatCannotSayIsPassedOver) {
  StartBoth();
  Nsd refusing;
  refusing.Start({{"example.com", Nsd::Zone()}});
  Nsd silent;
  silent.Start({{"example.org", Zone()}});
  silent.Pause();
  DnsResolver resolver =
      Open({refusing.server(), silent.server(), cache.server()},
           absl::Milliseconds(300));
  absl::Time before;
  for (int i = 0; i < DnsResolver::kSilences; ++i) {
    before = loop.Now();
    const Answer first = Ask(resolver, "www.example.org", DnsType::kA);
    EXPECT_EQ(first.origin().server, cache.server().ToString());
    EXPECT_GE(loop.Now() - before, absl::Milliseconds(300));
  }
  // From then on, the resolver does not wait for it.
  before = loop.Now();
  EXPECT_TRUE(Ask(resolver, "www.example.org", DnsType::kAaaa).present());
  EXPECT_LT(loop.Now() - before, absl::Milliseconds(300));
  // No server can answer, and the reason has the failure of each.
  cache.Stop();
  const Answer none = Ask(resolver, "www.example.org", DnsType::kA);
  ExpectUnknown(none, refusing.server().ToString() + ": it answers REFUSED");
  ExpectUnknown(none, silent.server().ToString() + ": no answer within 300ms");
  ExpectUnknown(none, cache.server().ToString() + ": connection refused");
}

// Any answer of a server, even an error, resets its count of silences.
TEST_F(DnsResolverTest, ServersAreShunnedForSilencesInARowOnly) {
  StartBoth();
  int question = 0;
  // It is silent twice, then answers REFUSED, and so on.
  const ScriptedDns flaky(&loop, [&](std::string_view bytes) {
    if (++question % DnsResolver::kSilences != 0) return std::string();
    std::string refused(bytes);
    refused[2] |= static_cast<char>(0x80);
    refused[3] = static_cast<char>(refused[3] | ns_r_refused);
    return refused;
  });
  DnsResolver resolver =
      Open({flaky.server(), cache.server()}, absl::Milliseconds(500));
  constexpr int kMany = 3 * DnsResolver::kSilences;
  for (int i = 1; i <= kMany; ++i) {
    EXPECT_TRUE(Ask(resolver, "www.example.org", DnsType::kA).present());
    EXPECT_GE(question, i);  // it is asked first
  }
}

TEST_F(DnsResolverTest, AnAnswerLeavesNoTimer) {
  StartBoth();
  DnsResolver resolver = Open({cache.server()});
  for (const DnsType type : {DnsType::kA, DnsType::kTxt}) {
    EXPECT_TRUE(Ask(resolver, "example.org", DnsType::kMx).present());
    Ask(resolver, "big.example.org", type);  // by TCP
    EXPECT_EQ(loop.timers(), 0u);
  }
}

TEST_F(DnsResolverTest, AServerThatAnswersIsShunnedNoLonger) {
  StartBoth();
  bool silent = true;
  int asked = 0;
  const auto mx = Be16(10) + WireName("mx.example.org");
  const ScriptedDns server(&loop, [&](std::string_view question) {
    ++asked;
    const auto* bytes = reinterpret_cast<const u_char*>(question.data());
    return silent ? std::string()
                  : DnsBytes("example.org", ns_t_mx)
                        .Id(ns_get16(bytes))
                        .Answer("example.org", ns_t_mx, 60, mx)
                        .ToString();
  });
  DnsResolver resolver =
      Open({server.server(), cache.server()}, absl::Milliseconds(500));
  for (int i = 0; i < DnsResolver::kSilences; ++i) {
    Ask(resolver, "example.org", DnsType::kMx);
  }
  const int before = asked;
  EXPECT_TRUE(Ask(resolver, "example.org", DnsType::kMx).present());
  EXPECT_EQ(asked, before);  // it is shunned
  // A server that is asked all the same, as for a control, shows that it is
  // back.
  silent = false;
  bool answered = false;
  resolver.ResolveAt(server.server().ToString(), {"example.org", DnsType::kMx},
                     [&](const Answer& a) { answered = a.present(); });
  ASSERT_TRUE(loop.RunUntil([&] { return answered; }));
  EXPECT_EQ(Ask(resolver, "example.org", DnsType::kMx).origin().server,
            server.server().ToString());
}

// DnsControls needs this to follow the state of each server.
TEST_F(DnsResolverTest, TheListenerHearsOfEachServerWhatItSaid) {
  StartBoth();
  Nsd refusing;
  refusing.Start({{"example.com", Nsd::Zone()}});
  DnsResolver resolver = Open({refusing.server(), cache.server()});
  Values heard;
  resolver.SetListener([&](const std::string& server, const Report& report) {
    heard.push_back(server + (report.state == AnswerState::kUnknown
                                  ? ": " + report.reason
                                  : " answers"));
  });
  EXPECT_TRUE(Ask(resolver, "www.example.org", DnsType::kA).present());
  const Values both = {refusing.server().ToString() + ": it answers REFUSED",
                       cache.server().ToString() + " answers"};
  EXPECT_EQ(Values(heard.end() - 2, heard.end()), both);
  const size_t before = heard.size();
  resolver.SetListener(nullptr);
  Ask(resolver, "www.example.org", DnsType::kA);
  EXPECT_EQ(heard.size(), before);
}

TEST_F(DnsResolverTest, OneServerCanBeAskedByItself) {
  StartBoth();
  const ScriptedDns silent(&loop, [](std::string_view) { return ""; });
  Nsd refusing;
  refusing.Start({{"example.com", Nsd::Zone()}});
  const auto ask_at = [&](DnsResolver& resolver, const std::string& server) {
    std::optional<Answer> answer;
    resolver.ResolveAt(server, {"www.example.org", DnsType::kA},
                       [&](const Answer& a) { answer = a; });
    EXPECT_TRUE(loop.RunUntil([&] { return answer.has_value(); }));
    return *answer;
  };
  DnsResolver resolver = Open({refusing.server(), cache.server()});
  const Values names = resolver.names();
  ASSERT_EQ(names,
            (Values{refusing.server().ToString(), cache.server().ToString()}));
  ExpectUnknown(ask_at(resolver, names[0]), "REFUSED");
  const Answer answer = ask_at(resolver, names[1]);
  EXPECT_EQ(answer.values(), Values{"192.0.2.1"});
  EXPECT_EQ(answer.origin().server, names[1]);
  ExpectUnknown(ask_at(resolver, "192.0.2.99"), "there is no DNS server");
  DnsResolver impatient =
      Open({silent.server(), cache.server()}, absl::Milliseconds(50));
  ExpectUnknown(ask_at(impatient, silent.server().ToString()),
                "no answer within 50ms");
  EXPECT_EQ(silent.asked(), 2);  // a datagram may get lost
}

TEST_F(DnsResolverTest, NothingIsEverAddedToAName) {
  StartBoth();
  // With a search list, "www" would be www.example.org.
  EXPECT_FALSE(AskOnce({authority.server()}, "www", DnsType::kA).present());
  ExpectUnknown(AskOnce({authority.server()}, "www", DnsType::kA), "REFUSED");
}

TEST_F(DnsResolverTest, ANameThatIsNoneIsNotAsked) {
  const auto server = Scripted([](DnsBytes*) {});
  for (const std::string name :
       {"", ".", "a..b", "Example.org", "example.org.", "a b", "[192.0.2.1]",
        "b\xc3\xbc"
        "cher.example",
        "a\\.b"}) {
    ExpectUnknown(AskOnce({server->server()}, name, DnsType::kMx), "no such");
  }
  ExpectUnknown(
      AskOnce({server->server()}, std::string(64, 'a') + ".org", DnsType::kMx),
      "no such");
  ExpectUnknown(AskOnce({}, "example.org", DnsType::kMx), "no DNS server");
  EXPECT_EQ(server->asked(), 0);
}

TEST_F(DnsResolverTest, MalformedAnswersCouldNotBeAsked) {
  const auto mx = Be16(10) + WireName("mx.example.org");
  const auto good = Scripted([&](DnsBytes* answer) {
    answer->Answer("example.org", ns_t_mx, 60, mx);
  });
  EXPECT_EQ(AskOnce({good->server()}, "example.org", DnsType::kMx).values(),
            Values{"10 mx.example.org"});
  const auto bad = Scripted([](DnsBytes* answer) {
    answer->Answer("example.org", ns_t_mx, 60, "x");
  });
  ExpectUnknown(AskOnce({bad->server()}, "example.org", DnsType::kMx),
                "malformed");
  const auto both = Scripted([&](DnsBytes* answer) {
    answer->Rcode(ns_r_nxdomain).Answer("example.org", ns_t_mx, 60, mx);
  });
  ExpectUnknown(AskOnce({both->server()}, "example.org", DnsType::kMx),
                "malformed");
  EXPECT_TRUE(
      AskOnce({bad->server(), good->server()}, "example.org", DnsType::kMx)
          .present());
}

TEST_F(DnsResolverTest, AnswersToNobodysQuestionAreSilence) {
  const absl::Duration soon = absl::Milliseconds(50);
  const ScriptedDns rubbish(&loop, [](std::string_view) { return "x"; });
  const ScriptedDns silent(&loop, [](std::string_view) { return ""; });
  for (const DnsServer& server : {rubbish.server(), silent.server()}) {
    ExpectUnknown(AskOnce({server}, "example.org", DnsType::kMx, soon),
                  "no answer within 50ms");
  }
  EXPECT_EQ(silent.asked(), 2);
  const auto other = Scripted([](DnsBytes*) {});  // to example.org MX
  ExpectUnknown(AskOnce({other->server()}, "example.net", DnsType::kMx, soon),
                "no answer within 50ms");
}

// Anybody can have names whose servers never answer.
TEST_F(DnsResolverTest, WhatIsAskedApartDoesNotWaitBehindTheOthers) {
  const ScriptedDns server(&loop, [](std::string_view question) {
    if (question.find("list") == question.npos) return std::string();
    std::string refused(question);
    refused[2] |= static_cast<char>(0x80);
    refused[3] = static_cast<char>(refused[3] | ns_r_refused);
    return refused;
  });
  DnsResolver resolver({{server.server()},
                        absl::Seconds(20),
                        [](const DnsLookup& lookup) {
                          return lookup.name.find("list") != lookup.name.npos;
                        }},
                       &loop);
  int slow = 0;
  for (size_t i = 0; i < 2 * DnsChannel::kMaxSent; ++i) {
    resolver.Resolve({absl::StrCat("slow", i, ".example"), DnsType::kA},
                     [&](const Answer&) { ++slow; });
  }
  ExpectUnknown(Ask(resolver, "1.list.example", DnsType::kA), "REFUSED");
  EXPECT_EQ(slow, 0);
}

TEST_F(DnsResolverTest, AThousandQuestionsAtOnce) {
  StartBoth();
  DnsResolver resolver = Open({authority.server()});
  int right = 0, answers = 0;
  std::string wrong;
  for (int i = 0; i < 1000; ++i) {
    resolver.Resolve(
        {absl::StrCat("n", i, i % 2 == 0 ? ".wild" : ".gone", ".example.org"),
         DnsType::kA},
        [&, i](const Answer& answer) {
          const bool is_right =
              i % 2 == 0
                  ? answer.present()
                  : answer.absent() && answer.absence() == Absence::kNoName;
          ++answers;
          right += is_right;
          if (!is_right) wrong = answer.ToString();
        });
  }
  EXPECT_TRUE(loop.RunUntil([&] { return answers == 1000; }));
  EXPECT_EQ(right, 1000) << wrong;
}

// A forger has to guess the port.
TEST_F(DnsResolverTest, EachQuestionComesFromAPortOfItsOwn) {
  const ScriptedDns silent(&loop, [](std::string_view) { return ""; });
  DnsResolver resolver = Open({silent.server()});
  constexpr int kMany = 20;
  for (int i = 0; i < kMany; ++i) {
    resolver.Resolve({absl::StrCat("n", i, ".org"), DnsType::kMx},
                     [](const Answer&) {});
  }
  EXPECT_TRUE(loop.RunUntil([&] { return silent.asked() == kMany; }));
  EXPECT_EQ(silent.ports().size(), size_t{kMany});
}

// This also holds for questions one after the other, while another one is under
// way all the time.
TEST_F(DnsResolverTest, AQuestionUnderWayDoesNotKeepThePortOfTheNext) {
  const auto mx = Be16(10) + WireName("mx.example.org");
  bool first = true;
  const ScriptedDns server(&loop, [&](std::string_view question) {
    if (std::exchange(first, false)) return std::string();
    const auto* bytes = reinterpret_cast<const u_char*>(question.data());
    return DnsBytes("example.org", ns_t_mx)
        .Id(ns_get16(bytes))
        .Answer("example.org", ns_t_mx, 60, mx)
        .ToString();
  });
  DnsResolver resolver = Open({server.server()});
  resolver.Resolve({"example.org", DnsType::kMx}, [](const Answer&) {});
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(Ask(resolver, "example.org", DnsType::kMx).present());
  }
  // The system picks ports at random, so two may be equal.
  EXPECT_GE(server.ports().size(), 8u);
}

// RFC 6891: a question with EDNS has one record in its additional section.
bool HasEdns(std::string_view question) {
  return ns_get16(reinterpret_cast<const u_char*>(question.data()) + 10) != 0;
}

// A server that answers questions without EDNS. Questions with EDNS get the
// answer of `odd`; "" is silence.
class EdnsTest : public DnsResolverTest {
 protected:
  using Odd = std::function<std::string(std::string_view question)>;

  void Start(Odd odd) {
    server = std::make_unique<ScriptedDns>(
        &loop, [this, odd = std::move(odd)](std::string_view question) {
          if (HasEdns(question)) return ++with, odd(question);
          ++without;
          return Mx(question).ToString();
        });
  }
  static DnsBytes Mx(std::string_view question, int rcode = 0) {
    const auto* bytes = reinterpret_cast<const u_char*>(question.data());
    DnsBytes answer("example.org", ns_t_mx);
    answer.Id(ns_get16(bytes)).Rcode(rcode);
    if (rcode == 0) {
      answer.Answer("example.org", ns_t_mx, 60,
                    Be16(10) + WireName("mx.example.org"));
    }
    return answer;
  }
  // Adds an OPT record. Its TTL has the upper bits of the rcode (RFC 6891
  // 6.1.3).
  static DnsBytes WithOpt(DnsBytes answer, ns_sect section, int upper = 0) {
    return answer.Raw(section, std::string(1, '\0'), ns_t_opt,
                      static_cast<uint32_t>(upper) << 24, "", 1232);
  }
  Answer AskMx(DnsResolver& resolver) {
    return Ask(resolver, "example.org", DnsType::kMx);
  }

  std::unique_ptr<ScriptedDns> server;
  int with = 0, without = 0;
};

TEST_F(EdnsTest, AServerThatCannotTakeItIsAskedWithoutAndThatIsRemembered) {
  const std::map<std::string, Odd> kinds = {
      {"FORMERR", [](auto q) { return Mx(q, ns_r_formerr).ToString(); }},
      {"FORMERR with OPT",
       [](auto q) { return WithOpt(Mx(q, ns_r_formerr), ns_s_ar).ToString(); }},
      {"NOTIMP", [](auto q) { return Mx(q, ns_r_notimpl).ToString(); }},
      {"BADVERS", [](auto q) { return WithOpt(Mx(q), ns_s_ar, 1).ToString(); }},
      {"OPT among the answers",
       [](auto q) { return WithOpt(Mx(q), ns_s_an).ToString(); }},
      {"OPT among the answers of an absence",
       [](auto q) {
         return WithOpt(Mx(q, ns_r_nxdomain), ns_s_an).ToString();
       }},
      {"OPT in the authority section",
       [](auto q) {
         return WithOpt(Mx(q, ns_r_nxdomain), ns_s_ns).ToString();
       }},
      {"cut",
       [](auto q) {
         const std::string whole = Mx(q).ToString();
         return whole.substr(0, whole.size() - 3);
       }},
  };
  for (const auto& [name, odd] : kinds) {
    SCOPED_TRACE(name);
    with = without = 0;
    Start(odd);
    DnsResolver resolver = Open({server->server()});
    for (int i = 1; i <= 3; ++i) {
      const Answer answer = AskMx(resolver);
      EXPECT_TRUE(answer.present()) << answer.ToString();
      EXPECT_EQ(with, 1);
      EXPECT_EQ(without, i);
    }
  }
}

// Such an error may have another cause, so it has to happen several times.
TEST_F(EdnsTest, AServerThatFailsAndIsRightWithoutIsRememberedAfterSome) {
  for (int rcode : {ns_r_servfail, ns_r_refused}) {
    with = without = 0;
    Start([&](auto q) { return Mx(q, rcode).ToString(); });
    DnsResolver resolver = Open({server->server()});
    for (int i = 1; i <= 2 * EdnsMemory::kSuspicions; ++i) {
      const Answer answer = AskMx(resolver);
      EXPECT_TRUE(answer.present()) << answer.ToString();
      EXPECT_EQ(with, std::min(i, EdnsMemory::kSuspicions));
      EXPECT_EQ(without, i);
    }
  }
}

TEST_F(EdnsTest, AServerThatTookItFailsForTheNamesSake) {
  bool failing = false;
  Start([&](auto q) {
    return Mx(q, std::exchange(failing, true) ? ns_r_servfail : 0).ToString();
  });
  DnsResolver resolver = Open({server->server()});
  EXPECT_TRUE(AskMx(resolver).present());
  ExpectUnknown(AskMx(resolver), "SERVFAIL");
  EXPECT_EQ(with, 2);
  EXPECT_EQ(without, 0);
}

TEST_F(EdnsTest, AServerThatDropsItIsAskedWithoutAndSoonAtOnce) {
  Start([](auto) { return ""; });
  DnsResolver resolver = Open({server->server()}, absl::Milliseconds(200));
  for (int i = 1; i <= 2 * EdnsMemory::kSuspicions; ++i) {
    const absl::Time before = loop.Now();
    EXPECT_TRUE(AskMx(resolver).present());
    const absl::Duration took = loop.Now() - before;
    EXPECT_EQ(took >= absl::Milliseconds(200), i <= EdnsMemory::kSuspicions);
    EXPECT_EQ(with, std::min(i, EdnsMemory::kSuspicions));
    EXPECT_EQ(without, i);
  }
}

TEST_F(EdnsTest, ALostPacketDoesNotTurnItOff) {
  int number = 0;
  Start([&](auto q) { return number++ % 2 == 0 ? "" : Mx(q).ToString(); });
  DnsResolver resolver = Open({server->server()}, absl::Milliseconds(50));
  constexpr int kMany = 4 * EdnsMemory::kSuspicions;
  for (int i = 0; i < kMany; ++i) EXPECT_TRUE(AskMx(resolver).present());
  EXPECT_EQ(with, kMany);
  EXPECT_EQ(without, kMany / 2);
}

TEST_F(EdnsTest, WhoAnswersNothingEitherWayCouldNotBeAsked) {
  int asked = 0;
  const ScriptedDns broken(&loop, [&](std::string_view q) {
    ++asked;
    return Mx(q, ns_r_formerr).ToString();
  });
  DnsResolver resolver = Open({broken.server()});
  ExpectUnknown(AskMx(resolver), "FORMERR");
  EXPECT_EQ(asked, 2);
}

TEST_F(EdnsTest, WithoutItAnAnswerOverAHalfKilobyteComesByTcp) {
  StartBoth();
  for (const DnsServer& real : {authority.server(), cache.server()}) {
    DnsChannel channel(real, absl::Seconds(5), &loop);
    std::optional<DnsChannel::Reply> reply;
    channel.Ask({"big.example.org", DnsType::kTxt}, false,
                [&](const DnsChannel::Reply& r) { reply = r; });
    ASSERT_TRUE(loop.RunUntil([&] { return reply.has_value(); }));
    EXPECT_EQ(reply->report.values.size(), 40u);
    EXPECT_FALSE(reply->with_edns);
  }
}

// ::1 has no interface, but the kernel accepts one. So this uses the same code
// as fe80::1%eth0, over UDP and TCP.
TEST_F(DnsResolverTest, AServerIsReachedThroughItsInterface) {
  authority.Start({{"example.org", Zone()}}, "::1");
  DnsServer server = authority.server();
  server.address = "::1";
  server.interface = "lo";
  DnsResolver resolver = Open({server});
  const Answer small = Ask(resolver, "www.example.org", DnsType::kA);
  EXPECT_EQ(small.values(), Values{"192.0.2.1"}) << small.ToString();
  EXPECT_EQ(small.origin().server, server.ToString());
  EXPECT_EQ(Ask(resolver, "big.example.org", DnsType::kTxt).values().size(),
            40u);
  server.interface = "nowhere";
  ExpectUnknown(AskOnce({server}, "www.example.org", DnsType::kA),
                "there is no interface nowhere");
}

// Many more questions than are sent at a time, and more than may wait.
TEST_F(DnsResolverTest, EveryoneHearsOfASilentServerOnce) {
  const ScriptedDns silent(&loop, [](std::string_view) { return ""; });
  DnsResolver resolver = Open({silent.server()}, absl::Milliseconds(50));
  constexpr size_t kMany = DnsChannel::kMaxSent + DnsChannel::kMaxWaiting + 10;
  std::map<std::string, size_t> reasons;
  size_t answers = 0;
  for (size_t i = 0; i < kMany; ++i) {
    resolver.Resolve({absl::StrCat("n", i, ".org"), DnsType::kMx},
                     [&](const Answer& answer) {
                       ++answers;
                       const std::string& reason = answer.reason();
                       ++reasons[reason.substr(reason.find(": ") + 2)];
                     });
  }
  ASSERT_TRUE(loop.RunUntil([&] { return answers == kMany; }));
  EXPECT_FALSE(
      loop.RunUntil([&] { return answers > kMany; }, absl::Milliseconds(100)));
  // Some of the waiting questions are sent before they are too late.
  const size_t sent = reasons["no answer within 50ms"];
  EXPECT_GE(sent, DnsChannel::kMaxSent);
  EXPECT_EQ(sent + reasons["it is too slow for all questions that wait"],
            DnsChannel::kMaxSent + DnsChannel::kMaxWaiting);
  EXPECT_EQ(reasons["4096 questions wait for it already"], 10u);
  EXPECT_EQ(reasons.size(), 3u);
}

TEST_F(DnsResolverTest, MayBeDestroyedByTheOneItAnswersAndWhileAsking) {
  StartBoth();
  auto resolver = std::make_unique<DnsResolver>(
      DnsOptions{{authority.server()}, absl::Seconds(5)}, &loop);
  int answers = 0;
  for (int i = 0; i < 10; ++i) {
    resolver->Resolve({"www.example.org", DnsType::kA}, [&](const Answer&) {
      ++answers;
      resolver.reset();
    });
  }
  ASSERT_TRUE(loop.RunUntil([&] { return answers > 0; }));
  loop.RunUntil([] { return false; }, absl::Milliseconds(50));
  EXPECT_EQ(answers, 1);
  EXPECT_EQ(loop.timers(), 0u);
}

std::string ResolvConf(const std::string& text) {
  const std::string path = std::string(getenv("TEST_TMPDIR")) + "/resolv.conf";
  WriteFile(path, text);
  return path;
}

Values ServersIn(const DnsServers& servers) {
  Values names;
  for (const DnsServer& server : servers.servers) {
    names.push_back(server.ToString());
  }
  return names;
}

TEST(DnsServerTest, ReadsTheServersOfResolvConfAndNothingElse) {
  const auto servers = ReadResolvConf(ResolvConf(
      "search example.org\nnameserver 192.0.2.53\n# nameserver 192.0.2.1\n"
      "; nameserver 192.0.2.2\n\tnameserver\t2001:db8::53 # the other\r\n"
      "nameservers 192.0.2.3\noptions ndots:5\n"
      "nameserver 192.0.2.54, 192.0.2.55;x\nnameserver fe80::1%lo"));
  ASSERT_TRUE(servers.ok()) << servers.status();
  EXPECT_EQ(ServersIn(*servers),
            (Values{"192.0.2.53", "2001:db8::53", "192.0.2.54", "192.0.2.55",
                    "fe80::1%lo"}));
  EXPECT_EQ(servers->complaints, Values{});
}

TEST(DnsServerTest, WithoutAServerThisMachineIsAskedAndThatIsSaid) {
  const std::string path = ResolvConf("search example.org\n");
  const auto none = ReadResolvConf(path);
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(ServersIn(*none), Values{"127.0.0.1"});
  EXPECT_EQ(none->complaints,
            Values{path + " has no nameserver line; 127.0.0.1 is asked, as "
                          "resolv.conf(5) has it"});
  const auto missing = ReadResolvConf(path + ".missing");
  ASSERT_TRUE(missing.ok());
  EXPECT_EQ(ServersIn(*missing), Values{"127.0.0.1"});
  EXPECT_EQ(missing->complaints,
            Values{path + ".missing is not there; 127.0.0.1 is asked, as "
                          "resolv.conf(5) has it"});
}

TEST(DnsServerTest, ALineThatIsNotUnderstoodIsNamedAndTheOthersCount) {
  const std::string path = ResolvConf(
      "nameserver 192.0.2.53\nnameserver fe80::1\nnameserver\n"
      "nameserver ns.example.org\nnameserver 192.0.2.1%lo\n");
  const auto servers = ReadResolvConf(path);
  ASSERT_TRUE(servers.ok());
  EXPECT_EQ(ServersIn(*servers), Values{"192.0.2.53"});
  ASSERT_EQ(servers->complaints.size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(
        servers->complaints[i].find(absl::StrCat(path, " line ", i + 2, ": ")),
        0u)
        << servers->complaints[i];
  }
}

// A cache at 127.0.0.1 may belong to another program, with answers that are not
// meant for us.
TEST(DnsServerTest, LinesOfWhichNoneIsUnderstoodAreNoReasonToAskThisMachine) {
  for (const char* line : {"nameserver fe80::1", "nameserver",
                           "nameserver ns.example.org", "nameserver 192.0.2"}) {
    const std::string path = ResolvConf(absl::StrCat("\n", line, "\n"));
    const auto servers = ReadResolvConf(path);
    ASSERT_FALSE(servers.ok()) << line;
    EXPECT_EQ(servers.status().message().find(path + " line 2: "), 0u)
        << servers.status();
  }
  EXPECT_FALSE(ReadResolvConf(getenv("TEST_TMPDIR")).ok());  // a directory
}

TEST(DnsServerTest, AnInterfaceThatIsNotThereIsSaid) {
  EXPECT_EQ(InterfaceIndex("lo"), if_nametoindex("lo"));
  EXPECT_EQ(InterfaceIndex(absl::StrCat(if_nametoindex("lo"))),
            if_nametoindex("lo"));
  for (const char* zone :
       {"", "nowhere", "0", "4294967295", "99999999999", "lo ", "-1"}) {
    EXPECT_EQ(InterfaceIndex(zone), 0u) << zone;
  }
  DnsPolicy policy;
  policy.servers = {"fe80::1%lo", "[fe80::1%nowhere]:5353"};
  const auto servers = ServersOf(policy);
  ASSERT_TRUE(servers.ok());
  EXPECT_EQ(ServersIn(*servers), policy.servers);
  EXPECT_EQ(servers->complaints,
            Values{"the DNS server [fe80::1%nowhere]:5353 cannot be asked: "
                   "there is no interface nowhere; it is asked as soon as "
                   "there is"});
}

}  // namespace
}  // namespace mailverdict
