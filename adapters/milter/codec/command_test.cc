#include "adapters/milter/codec/command.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/milter/codec/command_testing.h"
#include "adapters/milter/codec/sessions_testing.h"
#include "gtest/gtest.h"

namespace mailverdict::milter {
namespace {

using namespace std::string_literals;

using Shown = std::vector<std::string>;

// The only command in `data` of this letter, or "" and the error.
std::pair<std::string, CodecError> One(char letter, std::string_view data) {
  const std::string bytes = PacketOf(letter, data);
  const Readout readout = ReadAll(bytes, bytes.size());
  return {readout.commands.empty() ? "" : readout.commands[0], readout.error};
}

std::string Good(char letter, std::string_view data) {
  const auto [command, error] = One(letter, data);
  EXPECT_EQ(error, CodecError::kNone) << Describe(error);
  return command;
}

CodecError Bad(char letter, std::string_view data) {
  const auto [command, error] = One(letter, data);
  EXPECT_EQ(command, "");
  return error;
}

TEST(CommandReader, ReadsASessionOfSendmailWhateverTheSplit) {
  const Shown expected = {
      "O[6][511][2097151]",
      "C[mx.example.net]4[192.0.2.1][33026]",
      "H[mx.example.net]",
      "D[2][i][5AU0eTm2000001]",
      "M[<ann@example.net>][SIZE=1000]",
      "A",
      "D[2][i][5AU0eTm2000001]",
      "M[<>]",
      "D[3][i][5AU0eTm2000001][{rcpt_addr}][joe@example.org]",
      "R[<joe@example.org>][NOTIFY=NEVER]",
      "L[Subject][folded\n\there]",
      "L[X-Empty][]",
      "D[6][i][5AU0eTm2000001]",
      "N",
      "D[5][i][5AU0eTm2000001]",
      "E[]",
      "Q",
  };
  const std::string bytes = SendmailSession();
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    const Readout readout = ReadAll(bytes, piece);
    EXPECT_EQ(readout.commands, expected) << "in pieces of " << piece;
    EXPECT_EQ(readout.error, CodecError::kNone);
  }
}

TEST(CommandReader, ReadsASessionOfPostfixWhateverTheSplit) {
  const Shown expected = {
      "O[6][511][2097151]",
      "D[0][j][mail.example.org][v][Postfix 3.7.11]",
      "C[[2001:db8::1]]6[2001:db8::1][0]",
      "D[1]",
      "H[mx.example.net]",
      "D[2][{auth_type}][PLAIN]",
      "M[<ann@example.net>]",
      "D[3][{rcpt_addr}][joe@example.org]",
      "R[<joe@example.org>]",
      "D[4][i][4fZbJ41Qz3]",
      "D[i][4fZbJ41Qz3]",
      "L[Subject][hello]",
      "D[6][i][4fZbJ41Qz3]",
      "N",
      "D[i][4fZbJ41Qz3]",
      "D[5][i][4fZbJ41Qz3]",
      "E[]",
      "Q",
  };
  const std::string bytes = PostfixSession();
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    const Readout readout = ReadAll(bytes, piece);
    EXPECT_EQ(readout.commands, expected) << "in pieces of " << piece;
    EXPECT_EQ(readout.error, CodecError::kNone);
  }
}

TEST(CommandReader, SplitsASessionAtEveryByteInTwo) {
  const std::string bytes = SendmailSession();
  const Shown expected = ReadAll(bytes, bytes.size()).commands;
  for (size_t at = 1; at < bytes.size(); ++at) {
    CommandReader reader;
    Shown commands;
    Command command;
    for (std::string_view part : {std::string_view(bytes).substr(0, at),
                                  std::string_view(bytes).substr(at)}) {
      EXPECT_EQ(reader.Feed(part), part.size());
      while (reader.Next(&command) == ReadResult::kOne) {
        commands.push_back(Show(command));
      }
    }
    EXPECT_EQ(commands, expected) << "split at " << at;
  }
}

TEST(CommandReader, TakesAFieldOfPostfixOfAHundredKibibytes) {
  const std::string value(102400, 'x');
  EXPECT_EQ(Good('L', "Received\0"s + value + "\0"s),
            "L[Received][" + value + "]");
}

TEST(CommandReader, TakesTheLongestPacketOfSendmailAndNotAByteMore) {
  const std::string data(1048575, 'x');  // MILTER_MDS_1M
  EXPECT_EQ(Good('B', data), "B[" + data + "]");
  EXPECT_EQ(Bad('B', data + "x"), CodecError::kTooLong);
}

TEST(CommandReader, ShowsTheCommandAtFault) {
  CommandReader reader;
  const std::string bytes = PacketOf('Q', "") + PacketOf('H', "mx");
  EXPECT_EQ(reader.Feed(bytes), bytes.size());
  Command command;
  EXPECT_EQ(reader.Next(&command), ReadResult::kOne);
  EXPECT_EQ(reader.Next(&command), ReadResult::kError);
  EXPECT_EQ(reader.Next(&command), ReadResult::kError);
  EXPECT_EQ(reader.error(), CodecError::kUnterminated);
  EXPECT_EQ(reader.unread(), PacketOf('H', "mx"));
  EXPECT_EQ(reader.room(), 0u);
}

TEST(CommandReader, TakesASecondNegotiationAndANewClient) {
  const std::string bytes =
      kOfferBytes + PacketOf('K', "") + kOfferBytes + PacketOf('K', "");
  EXPECT_EQ(ReadAll(bytes, bytes.size()).commands,
            (Shown{"O[6][511][2097151]", "K", "O[6][511][2097151]", "K"}));
}

TEST(ParseCommand, KnowsEachLetterAndNoOther) {
  std::string known;
  for (int letter = 0; letter < 256; ++letter) {
    Command command;
    if (ParseCommand({static_cast<char>(letter), ""}, &command) !=
        CodecError::kUnknownLetter) {
      known += static_cast<char>(letter);
    }
  }
  EXPECT_EQ(known, "ABCDEHKLMNOQRTU");
}

TEST(ParseCommand, ReadsOffersFromVersion2On) {
  // Postfix with milter_protocol = 2.
  EXPECT_EQ(Good('O', "\0\0\0\x02\0\0\x01\xff\0\0\0\x7f"s), "O[2][511][127]");
  EXPECT_EQ(Good('O', "\0\0\0\x07\0\0\0\0\xff\xff\xff\xff and more"s),
            "O[7][0][4294967295]");
  EXPECT_EQ(Bad('O', "\0\0\0\x01\0\0\x01\xff\0\0\0\x7f"s),
            CodecError::kOldVersion);
  EXPECT_EQ(Bad('O', "\0\0\0\x06\0\0\x01\xff\0\0\0"s), CodecError::kTooShort);
  EXPECT_EQ(Bad('O', ""), CodecError::kTooShort);
}

TEST(ParseCommand, ReadsEachFamilyOfClients) {
  EXPECT_EQ(Good('C',
                 "localhost\0004\0\x19"
                 "127.0.0.1\0"s),
            "C[localhost]4[127.0.0.1][25]");
  EXPECT_EQ(Good('C',
                 "mx\0006\xff\xff"
                 "2001:db8::1\0"s),
            "C[mx]6[2001:db8::1][65535]");
  EXPECT_EQ(Good('C', "localhost\0L\0\0/run/socket\0"s),
            "C[localhost]L[/run/socket][0]");
  EXPECT_EQ(Good('C', "localhost\0L\0\0\0"s), "C[localhost]L[][0]");
  EXPECT_EQ(Good('C', "localhost\0U"s), "C[localhost]U[][0]");
  EXPECT_EQ(Good('C', "\0U"s), "C[]U[][0]");
}

TEST(ParseCommand, DropsSendmailsPrefixAndAZone) {
  EXPECT_EQ(Good('C', "mx\0006\0\x19IPv6:2001:db8::1\0"s),
            "C[mx]6[2001:db8::1][25]");
  EXPECT_EQ(Good('C',
                 "mx\0006\0\x19"
                 "fe80::1%eth0\0"s),
            "C[mx]6[fe80::1][25]");
}

TEST(ParseCommand, RefusesClientsOfNoFamilyAndOfAnother) {
  EXPECT_EQ(Bad('C',
                "mx\0005\0\x19"
                "192.0.2.1\0"s),
            CodecError::kBadFamily);
  EXPECT_EQ(Bad('C',
                "mx\0004\0\x19"
                "2001:db8::1\0"s),
            CodecError::kBadClient);
  EXPECT_EQ(Bad('C',
                "mx\0006\0\x19"
                "192.0.2.1\0"s),
            CodecError::kBadClient);
  EXPECT_EQ(Bad('C',
                "mx\0004\0\x19"
                "192.0.2.1 \0"s),
            CodecError::kBadClient);
  EXPECT_EQ(Bad('C', "mx\0004\0\x19\0"s), CodecError::kBadClient);
  EXPECT_EQ(Bad('C', "mx"), CodecError::kUnterminated);
  EXPECT_EQ(Bad('C', "mx\0"s), CodecError::kTooShort);
  EXPECT_EQ(Bad('C', "mx\0004\0"s), CodecError::kTooShort);
  EXPECT_EQ(Bad('C',
                "mx\0004\0\x19"
                "192.0.2.1"s),
            CodecError::kUnterminated);
  EXPECT_EQ(Bad('C',
                "mx\0004\0\x19"
                "192.0.2.1\0x"s),
            CodecError::kTrailingBytes);
  EXPECT_EQ(Bad('C', "mx\0Ux"s), CodecError::kTrailingBytes);
}

TEST(ParseCommand, ReadsStringsUpToTheirNul) {
  EXPECT_EQ(Good('H', "\0"s), "H[]");
  EXPECT_EQ(Good('U', "EXPN staff\0"s), "U[EXPN staff]");
  for (char letter : {'H', 'U'}) {
    EXPECT_EQ(Bad(letter, ""), CodecError::kUnterminated);
    EXPECT_EQ(Bad(letter, "mx"), CodecError::kUnterminated);
    EXPECT_EQ(Bad(letter, "mx\0x"s), CodecError::kTrailingBytes);
    EXPECT_EQ(Bad(letter, "mx\0\0"s), CodecError::kTrailingBytes);
  }
}

TEST(ParseCommand, ReadsAddressesAndTheirParameters) {
  for (char letter : {'M', 'R'}) {
    const std::string l(1, letter);
    EXPECT_EQ(Good(letter, "<a@b.test>\0BODY=8BITMIME\0SIZE=1\0"s),
              l + "[<a@b.test>][BODY=8BITMIME][SIZE=1]");
    EXPECT_EQ(Good(letter, "\0"s), l + "[]");
    EXPECT_EQ(Bad(letter, ""), CodecError::kNoAddress);
    EXPECT_EQ(Bad(letter, "<a@b.test>"), CodecError::kUnterminated);
    EXPECT_EQ(Bad(letter, "<a@b.test>\0SIZE=1"s), CodecError::kUnterminated);
  }
}

TEST(ParseCommand, ReadsFieldsOfTwoStrings) {
  EXPECT_EQ(Good('L', "A\0\0"s), "L[A][]");
  EXPECT_EQ(Bad('L', "A\0"s), CodecError::kUnterminated);
  EXPECT_EQ(Bad('L', "A\0b"s), CodecError::kUnterminated);
  EXPECT_EQ(Bad('L', "A\0b\0c\0"s), CodecError::kTrailingBytes);
}

TEST(ParseCommand, ReadsMacrosInPairs) {
  EXPECT_EQ(Good('D', "Ci\0x\0j\0\0"s), "D[0][i][x][j][]");
  EXPECT_EQ(Good('D', "E"), "D[5]");
  EXPECT_EQ(Good('D', "Ui\0x\0"s), "D[i][x]") << "a stage of no macros";
  EXPECT_EQ(Bad('D', ""), CodecError::kTooShort);
  EXPECT_EQ(Bad('D', "Ci\0"s), CodecError::kOddMacros);
  EXPECT_EQ(Bad('D', "Ci\0x"s), CodecError::kUnterminated);
}

TEST(ParseCommand, TakesTheMostStringsAndNotOneMore) {
  const std::string nuls(kMaxStrings, '\0');
  EXPECT_NE(Good('D', "C" + nuls), "");
  EXPECT_EQ(Bad('D', "C" + nuls + "\0\0"s), CodecError::kTooManyStrings);
  EXPECT_NE(Good('M', "\0"s + nuls), "");
  EXPECT_EQ(Bad('M', "\0\0"s + nuls), CodecError::kTooManyStrings);
}

TEST(ParseCommand, TakesAnyBytesForTheBody) {
  EXPECT_EQ(Good('B', "a\0b\r\n"s), "B[a\0b\r\n]"s);
  EXPECT_EQ(Good('E', "the rest"), "E[the rest]");
}

TEST(ParseCommand, RefusesDataWhereThereIsNone) {
  for (char letter : {'A', 'K', 'N', 'Q', 'T'}) {
    EXPECT_EQ(Good(letter, ""), std::string(1, letter));
    EXPECT_EQ(Bad(letter, "\0"s), CodecError::kTrailingBytes);
  }
}

TEST(Describe, HasWordsForEachError) {
  for (int i = 0; i <= static_cast<int>(CodecError::kBadClient); ++i) {
    EXPECT_NE(Describe(static_cast<CodecError>(i)), "unknown error") << i;
  }
}

}  // namespace
}  // namespace mailverdict::milter
