#include "adapters/milter/session.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace mailverdict::milter {
namespace {

TEST(MilterSession, EachStageKnowsWhatWasSaidBefore) {
  Session session("192.0.2.1");
  EXPECT_EQ(session.Connect().stage, Stage::kConnect);
  EXPECT_EQ(session.Connect().client, "192.0.2.1");
  EXPECT_EQ(session.Helo("relay.example").stage, Stage::kHelo);
  const Transaction& mail = session.Mail("<joe@example.org>", false);
  session.SetQueueId("4XYZ");
  EXPECT_EQ(mail.stage, Stage::kMail);
  EXPECT_EQ(mail.helo, "relay.example");
  EXPECT_EQ(mail.sender, "<joe@example.org>");
  EXPECT_EQ(mail.queue_id, "4XYZ");
  EXPECT_FALSE(mail.authenticated);

  const Transaction& ann = session.Recipient("<ann@example.net>");
  EXPECT_EQ(ann.stage, Stage::kRcpt);
  EXPECT_EQ(ann.recipient, "<ann@example.net>");
  EXPECT_TRUE(ann.accepted.empty());
  session.Accept();
  session.Recipient("<nobody@example.net>");
  EXPECT_TRUE(session.Recipient("<bob@example.net>").accepted.empty());
  session.Accept();

  session.Header("Subject", "a\n b");
  session.Header("X-Empty", "");
  const Transaction& header = session.EndOfHeader();
  EXPECT_EQ(header.stage, Stage::kEndOfHeader);
  EXPECT_EQ(header.recipient, "");
  EXPECT_EQ(header.accepted, (std::vector<std::string>{"<ann@example.net>",
                                                       "<bob@example.net>"}));
  ASSERT_EQ(header.header.size(), 2u);
  EXPECT_EQ(header.header[0].name, "Subject");
  EXPECT_EQ(header.header[0].value, "a\n b");
  EXPECT_FALSE(header.header_cut);
  EXPECT_EQ(session.EndOfMessage().stage, Stage::kEndOfMessage);
  EXPECT_EQ(session.EndOfMessage().client, "192.0.2.1");
}

TEST(MilterSession, WhatTheMtaResolvedIsOfOneRecipientOnly) {
  Session session("192.0.2.1");
  session.Mail("<joe@example.org>", false);
  EXPECT_EQ(session.Recipient("<a%b.test@c.test>", "a@b.test").resolved,
            "a@b.test");
  EXPECT_EQ(session.Recipient("<x>", "").resolved, "");
  EXPECT_EQ(session.Recipient("<ann@b.test>").resolved, std::nullopt);
  session.Recipient("<a%b.test@c.test>", "a@b.test");
  EXPECT_EQ(session.EndOfHeader().resolved, std::nullopt);
  session.Recipient("<a%b.test@c.test>", "a@b.test");
  EXPECT_EQ(session.Mail("<>", false).resolved, std::nullopt);
}

TEST(MilterSession, AMessageForgetsTheOneBefore) {
  Session session("192.0.2.1");
  session.Helo("relay.example");
  session.Mail("<joe@example.org>", true);
  session.SetQueueId("4XYZ");
  session.Recipient("<ann@example.net>");
  session.Accept();
  session.Header("Subject", "a");
  session.Header("X-Long", std::string(Session::kMaxHeaderBytes, 'x'));
  for (const bool given_up : {true, false}) {
    if (given_up) session.Reset();
    const Transaction& mail = session.Mail("<>", false);
    EXPECT_EQ(mail.client, "192.0.2.1");
    EXPECT_EQ(mail.helo, "relay.example");
    EXPECT_EQ(mail.queue_id, "");
    EXPECT_EQ(mail.sender, "<>");
    EXPECT_EQ(mail.recipient, "");
    EXPECT_TRUE(mail.accepted.empty());
    EXPECT_TRUE(mail.header.empty());
    EXPECT_FALSE(mail.header_cut);
    EXPECT_FALSE(mail.authenticated);
    session.Recipient("<bob@example.net>");
    session.Accept();
    session.Header("Subject", "a");
    const Transaction& header = session.EndOfHeader();
    EXPECT_EQ(header.accepted, std::vector<std::string>{"<bob@example.net>"});
    EXPECT_EQ(header.header.size(), 1u);
    EXPECT_FALSE(header.header_cut) << "its size counts by itself";
    EXPECT_FALSE(header.authenticated);
    session.Header("X-Long", std::string(Session::kMaxHeaderBytes, 'x'));
  }
}

TEST(MilterSession, AQueueIdThatComesLateIsKept) {
  Session session("");
  session.Mail("<joe@example.org>", false);
  session.SetQueueId("");
  session.Recipient("<ann@example.net>");
  session.SetQueueId("3ABC");
  session.SetQueueId("");
  EXPECT_EQ(session.Recipient("<bob@example.net>").queue_id, "3ABC");
}

TEST(MilterSession, AHeaderIsKeptUpToItsLimit) {
  Session session("192.0.2.1");
  session.Mail("<joe@example.org>", false);
  session.Header("A", std::string(Session::kMaxHeaderBytes - 1, 'x'));
  EXPECT_FALSE(session.EndOfHeader().header_cut);
  session.Header("B", "");
  EXPECT_TRUE(session.EndOfHeader().header_cut);
  EXPECT_EQ(session.EndOfHeader().header.size(), 1u);
}

}  // namespace
}  // namespace mailverdict::milter
