#include "lib/mail/signed_address.h"

#include <gtest/gtest.h>

#include <string>

namespace mailverdict::mail {
namespace {

// The mailboxes, each followed by a blank.
std::string Said(std::string_view text) {
  std::string said;
  for (const Address& each : BatvMailboxes(*ParseAddress(text))) {
    said += each.ToString() + " ";
  }
  return said;
}

TEST(SignedAddressTest, ABatvFormIsReducedToItsMailbox) {
  struct {
    const char* text;
    const char* said;
  } const cases[] = {
      {"prvs=1234567890=user000@example.test", "user000@example.test "},
      {"PRVS=9905C7C8D6=Joe@example.test", "joe@example.test "},
      {"prvs=234d5777c=joe@a", "joe@a "},
      {"prvs=joe=1234567890@a", "joe@a "},
      {"prvs=joe+tag=1234abcdef@a", "joe+tag@a "},
      {"prvs=1234567890=joe=x@a", "joe=x@a "},
      {"prvs=1234567890=0987654321@a", "0987654321@a 1234567890@a "},
      {"\"prvs=1234567890=joe miller\"@a", "\"joe miller\"@a "},
      {"btv1==760cdc7c545==joe@a", "joe@a "},
      {"BTV1==TAG==Joe==x@a", "joe==x@a "},
      {"msprvs1=17834U5ulBw=joe@a", "joe@a "},
      {"msprvs1=1_a-b=joe@a", "joe@a "},
  };
  for (const auto& c : cases) EXPECT_EQ(Said(c.text), c.said) << c.text;
}

TEST(SignedAddressTest, WhatOnlyLooksLikeBatvIsLeftAlone) {
  for (const char* text : {"prvs=joe@a",
                           "prvs=@a",
                           "prvs==joe@a",
                           "prvs=1234567890@a",
                           "prvs=1234567890=@a",
                           "prvs==1234567890@a",
                           "prvs=12345678=joe@a",
                           "prvs=12345678901=joe@a",
                           "prvs=12x4567890=joe@a",
                           "prvs=12345g7890=joe@a",
                           "prvs=abcdefabcd=joe@a",
                           "prvs1234567890=joe@a",
                           "xprvs=1234567890=joe@a",
                           "prvs=1234567890/joe@a",
                           "btv1=x=joe@a",
                           "btv1====joe@a",
                           "btv1==x=joe@a",
                           "btv1==x==@a",
                           "btv1==a-b==joe@a",
                           "btv1==0123456789012345678901234567890123==joe@a",
                           "msprvs1==joe@a",
                           "msprvs1=x@a",
                           "joe@a",
                           "<>"}) {
    EXPECT_EQ(Said(text), "") << text;
  }
}

TEST(SignedAddressTest, SrsIsKnownByItsForm) {
  for (const char* text :
       {"SRS0=HHH=TT=example.net=joe@a", "srs0+abcd=5o=example.net=joe@a",
        "SRS0-a+/b=72=example.net=joe@a", "SRS0=a=TT=a.b=joe=x@a",
        "SRS0=Kjsf=5O=citrix.com=prvs=374a1453b=Andrew.Cooper3@a",
        "SRS1=HHH=b.example==HHH=TT=example.net=joe@a",
        "srs1+HHH=b.example=+HHH=TT=example.net=joe@a",
        "SRS1=HHH=b.example=-HHH=TT=example.net=joe@a"}) {
    EXPECT_TRUE(IsSrs(ParseAddress(text)->local())) << text;
  }
}

TEST(SignedAddressTest, WhatOnlyLooksLikeSrsIsNone) {
  for (const char* text :
       {"SRS0@a", "SRS0=@a", "SRS0=x@a", "SRS0=HHH=TT=example.net@a",
        "SRS0=HHH=TT=example.net=@a", "SRS0=HHH=TT==joe@a",
        "SRS0=HHH=T=example.net=joe@a", "SRS0=HHH=T0=example.net=joe@a",
        "SRS0==TT=example.net=joe@a", "SRS0=HHH=TT=b..c=joe@a",
        "SRS0_HHH=TT=example.net=joe@a", "SRS2=HHH=TT=example.net=joe@a",
        "SRS1=HHH=TT=example.net=joe@a",
        "SRS1=HHH=b.example=HHH=TT=example.net=joe@a",
        "SRS1=HHH=b.example==HHH=TT=example.net@a",
        "xSRS0=HHH=TT=example.net=joe@a", "joe@a"}) {
    EXPECT_FALSE(IsSrs(ParseAddress(text)->local())) << text;
  }
  EXPECT_FALSE(IsSrs("srs0=" + std::string(65, 'h') + "=tt=a.b=joe"));
  EXPECT_TRUE(IsSrs("srs0=" + std::string(64, 'h') + "=tt=a.b=joe"));
}

}  // namespace
}  // namespace mailverdict::mail
