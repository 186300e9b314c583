#include "lib/mail/domain.h"

#include <gtest/gtest.h>

#include <string>

namespace mailverdict::mail {
namespace {

const std::string kLabel63(63, 'x');

struct Good {
  std::string text;
  std::string canonical;
};

TEST(DomainTest, EverySpellingOfANameIsWrittenInOneWay) {
  const Good kCases[] = {
      {"example.org", "example.org"},
      {"Example.ORG", "example.org"},
      {"example.org.", "example.org"},
      {"localhost", "localhost"},
      {"_dmarc.-x-.example", "_dmarc.-x-.example"},
      {"r3---sn.example", "r3---sn.example"},
      {"192.0.2.1", "192.0.2.1"},
      {kLabel63, kLabel63},
      {"[IPv6:::1]", "[ipv6:::1]"},
  };
  for (const Good& c : kCases) {
    SCOPED_TRACE(c.text);
    const absl::StatusOr<std::string> canonical = CanonicalDomain(c.text);
    ASSERT_TRUE(canonical.ok()) << canonical.status();
    EXPECT_EQ(*canonical, c.canonical);
  }
}

TEST(DomainTest, AnInternationalNameIsWrittenInALabelsAndShownInULabels) {
  struct Case {
    const char* text;
    const char* canonical;
    const char* display;
  };
  const Case kCases[] = {
      {"Bücher.Example", "xn--bcher-kva.example", "bücher.example"},
      {"BÜCHER.example.", "xn--bcher-kva.example", "bücher.example"},
      {"bu\u0308cher.example", "xn--bcher-kva.example", "bücher.example"},
      {"XN--BCHER-KVA.example", "xn--bcher-kva.example", "bücher.example"},
      {"faß.de", "xn--fa-hia.de", "faß.de"},  // not fass.de: IDNA2008
      {"日本。jp", "xn--wgv71a.jp", "日本.jp"},
      {"ｅｘａｍｐｌｅ.org", "example.org", "example.org"},
      {"_x.bücher.example", "_x.xn--bcher-kva.example", "_x.bücher.example"},
      {"نامه\u200Cای.com", "xn--mgba3gch31f060k.com", "نامه\u200Cای.com"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    const absl::StatusOr<std::string> canonical = CanonicalDomain(c.text);
    ASSERT_TRUE(canonical.ok()) << canonical.status();
    EXPECT_EQ(*canonical, c.canonical);
    EXPECT_EQ(DisplayDomain(*canonical), c.display);
    EXPECT_EQ(*CanonicalDomain(c.display), c.canonical);
  }
}

TEST(DomainTest, AnALabelIsTakenByteForByteWhateverItStandsFor) {
  const Good kCases[] = {
      {"xn--i-7iq.ws", "xn--i-7iq.ws"},  // an emoji; the domain exists
      {"XN--I-7IQ.WS.", "xn--i-7iq.ws"},
      {"xn--e28h", "xn--e28h"},
      {"a.xn--bcher-kv", "a.xn--bcher-kv"},  // no Punycode
      {"xn--abc-.xn--", "xn--abc-.xn--"},    // ASCII only, nothing at all
      {"xn--a-ecp.ru", "xn--a-ecp.ru"},      // UTS 46 maps it to "a1."
      {"xn--ss-.de", "xn--ss-.de"},          // is not ss.de
      {"xn--" + std::string(59, '9'), "xn--" + std::string(59, '9')},
  };
  for (const Good& c : kCases) {
    SCOPED_TRACE(c.text);
    const absl::StatusOr<std::string> canonical = CanonicalDomain(c.text);
    ASSERT_TRUE(canonical.ok()) << canonical.status();
    EXPECT_EQ(*canonical, c.canonical);
    EXPECT_TRUE(FindOddALabel(*canonical).has_value());
  }
  EXPECT_FALSE(CanonicalDomain("xn--" + std::string(60, '9')).ok());
}

TEST(DomainTest, AnALabelThatIdna2008RefusesIsFoundWithItsPlace) {
  EXPECT_FALSE(FindOddALabel("").has_value());
  EXPECT_FALSE(FindOddALabel("example.org").has_value());
  EXPECT_FALSE(FindOddALabel("xn--bcher-kva.xn--4rr70v").has_value());
  const std::optional<Fault> odd = FindOddALabel("xn--bcher-kva.xn--i-7iq.ws");
  ASSERT_TRUE(odd.has_value());
  EXPECT_EQ(odd->at, 14u);
}

// A directory may store an emoji domain as a U-label. It is displayed only if
// it cannot be another name: "a\u2488" is another way to write "a1.".
TEST(DomainTest, AnEmojiIsDisplayedAndWhatCouldBeAnotherNameIsNot) {
  EXPECT_EQ(DisplayDomain("xn--i-7iq.ws"), "i\u2764.ws");
  EXPECT_EQ(DisplayDomain("xn--ls8h.xn--bcher-kva"), "\U0001F4A9.b\u00FCcher");
  for (const char* same : {"xn--a-ecp.ru", "xn--abc-.org", "xn--", "xn--0.org",
                           "xn--bcher-kv.org", "xn--99999999", "xn--a"}) {
    EXPECT_EQ(DisplayDomain(same), same);
  }
}

TEST(DomainTest, ARefusedULabelIsToBeWrittenAsAnALabel) {
  const absl::Status status = CanonicalDomain("i\u2764.ws").status();
  EXPECT_EQ(status.message(),
            "byte 0: this label is not allowed by IDNA2008 (RFC 5892); if the "
            "domain exists all the same, write its A-label (xn--...)");
}

TEST(DomainTest, WhatWouldNotBeReadAsTheSameIsNotDisplayed) {
  // IDNA2008 does not allow this U-label, but libidn2 decodes it.
  const std::string canonical = "xn--11-fa-hia.de";
  ASSERT_EQ(*CanonicalDomain("XN--11-FA-HIA.de"), canonical);
  EXPECT_EQ(DisplayDomain(canonical), canonical);
}

TEST(DomainTest, WhatIsNoDomainIsRefusedWithThePlace) {
  struct Case {
    std::string text;
    int at;
  };
  const std::string name251 =
      kLabel63 + "." + kLabel63 + "." + kLabel63 + "." + std::string(59, 'y');
  ASSERT_TRUE(CanonicalDomain(name251 + ".z").ok());
  const Case kCases[] = {
      {"", 0},
      {".", 0},
      {".example", 0},
      {"a..b", 2},
      {"a..", 2},
      {"a b", 1},
      {"a@b", 1},
      {"a.b\r\n", 3},
      {std::string("a\0b", 3), 1},
      {"a." + kLabel63 + "x", 2},
      {name251 + ".zz", 252},
      {"ab.\xC3", 3},
      {"ab.x\x80", 4},
      {"\U0001F600", 0},  // an emoji: IDNA2008 has none
      {"a.1\u05D0", 2},   // a right-to-left label may not begin with a digit
      {"a.\u200D", 2},
      {"a.\u00AD", 2},         // mapped to nothing
      {"a.x\uFF20y", 2},       // mapped to '@'
      {"a.x\u3002\u3002", 2},  // mapped to dots
      {"[192.0.2.1].", 11},
      {"[192.0.2.1", 10},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    const absl::StatusOr<std::string> canonical = CanonicalDomain(c.text);
    ASSERT_TRUE(absl::IsInvalidArgument(canonical.status())) << *canonical;
    const std::string message(canonical.status().message());
    const std::string place = "byte " + std::to_string(c.at) + ": ";
    EXPECT_EQ(message.substr(0, place.size()), place) << message;
  }
}

TEST(DomainTest, AnEndlessNameIsRefusedSoonAndWithoutRepeatingIt) {
  std::string text;
  for (int i = 0; i < 500'000; ++i) text += "z.";
  const absl::Status dots = CanonicalDomain(text).status();
  EXPECT_TRUE(absl::IsInvalidArgument(dots));
  EXPECT_LT(dots.message().size(), 100u);
  EXPECT_TRUE(absl::IsInvalidArgument(
      CanonicalDomain(std::string(1'000'000, '\xC3')).status()));
}

TEST(DomainTest, ANameThatIsNotCanonicalIsShownAsItIs) {
  EXPECT_EQ(DisplayDomain(""), "");
  EXPECT_EQ(DisplayDomain("example.org"), "example.org");
  EXPECT_EQ(DisplayDomain("xn--.xn--a-.org"), "xn--.xn--a-.org");
}

TEST(DomainTest, WhatIsBelowAZone) {
  EXPECT_TRUE(IsBelow("a.example.org", "example.org"));
  EXPECT_TRUE(IsBelow("b.a.example.org", "example.org"));
  EXPECT_TRUE(IsBelow("org", "."));
  EXPECT_FALSE(IsBelow("example.org", "example.org"));
  EXPECT_FALSE(IsBelow(".", "."));
  EXPECT_FALSE(IsBelow("anexample.org", "example.org"));
  EXPECT_FALSE(IsBelow(".example.org", "example.org"));
  EXPECT_FALSE(IsBelow("org", "example.org"));
  EXPECT_FALSE(IsBelow("a\\.example.org", "example.org"));  // one label
  EXPECT_FALSE(IsBelow("", "example.org"));
}

TEST(DomainTest, AReaderStopsBehindTheDomain) {
  Cursor in("Example.org.>x");
  std::string domain = "what was there before";
  ASSERT_FALSE(ReadDomain(in, &domain).has_value());
  EXPECT_EQ(domain, "example.org");
  EXPECT_EQ(in.rest(), ">x");
}

}  // namespace
}  // namespace mailverdict::mail
