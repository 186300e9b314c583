// Whole sessions in the form in which MTAs send them, put together from the
// sources of the MTAs. The bytes after the offer are those that follow the
// answer of AppendAgreement for a chain that judges recipients and headers.

#ifndef MAILVERDICT_ADAPTERS_MILTER_CODEC_SESSIONS_TESTING_H_
#define MAILVERDICT_ADAPTERS_MILTER_CODEC_SESSIONS_TESTING_H_

#include <string>
#include <string_view>
#include <vector>

#include "adapters/milter/codec/packet.h"

namespace mailverdict::milter {

// Version 6, SMFI_CURR_ACTS and SMFI_CURR_PROT: the offer of sendmail 8.14 and
// later (milter_negotiate), and of Postfix with milter_protocol = 6.
inline const std::string kOfferBytes(
    "\0\0\0\x0dO\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff", 17);

inline std::string PacketOf(char letter, std::string_view data) {
  std::string bytes;
  AppendPacket(letter, data, &bytes);
  return bytes;
}

inline std::string Join(const std::vector<std::string>& packets) {
  std::string bytes;
  for (const std::string& packet : packets) bytes += packet;
  return bytes;
}

// sendmail sends no macros where our list is empty, and none before fields. The
// client has given up one message before.
inline std::string SendmailSession() {
  using namespace std::string_literals;
  const std::string id = "i\0005AU0eTm2000001\0"s;
  const std::string client = "mx.example.net\0004\x81\x02"s + "192.0.2.1\0"s;
  return Join({
      kOfferBytes,
      PacketOf('C', client),
      PacketOf('H', "mx.example.net\0"s),
      PacketOf('D', "M" + id),
      PacketOf('M', "<ann@example.net>\0SIZE=1000\0"s),
      PacketOf('A', ""),
      PacketOf('D', "M" + id),
      PacketOf('M', "<>\0"s),
      PacketOf('D', "R" + id + "{rcpt_addr}\0joe@example.org\0"s),
      PacketOf('R', "<joe@example.org>\0NOTIFY=NEVER\0"s),
      PacketOf('L', "Subject\0folded\n\there\0"s),
      PacketOf('L', "X-Empty\0\0"s),
      PacketOf('D', "N" + id),
      PacketOf('N', ""),
      PacketOf('D', "E" + id),
      PacketOf('E', ""),
      PacketOf('Q', ""),
  });
}

// Postfix sends macros before every command, also before those that it does not
// send (DATA, the body). Where our list is empty it takes its own, of which the
// macros without a value are left out. It knows no queue id before a recipient
// was accepted.
inline std::string PostfixSession() {
  using namespace std::string_literals;
  const std::string id = "i\0004fZbJ41Qz3\0"s;
  return Join({
      kOfferBytes,
      PacketOf('D', "Cj\0mail.example.org\0v\0Postfix 3.7.11\0"s),
      PacketOf('C', "[2001:db8::1]\0006\0\0002001:db8::1\0"s),
      PacketOf('D', "H"),
      PacketOf('H', "mx.example.net\0"s),
      PacketOf('D', "M{auth_type}\0PLAIN\0"s),
      PacketOf('M', "<ann@example.net>\0"s),
      PacketOf('D', "R{rcpt_addr}\0joe@example.org\0"s),
      PacketOf('R', "<joe@example.org>\0"s),
      PacketOf('D', "T" + id),
      PacketOf('D', "L" + id),
      PacketOf('L', "Subject\0hello\0"s),
      PacketOf('D', "N" + id),
      PacketOf('N', ""),
      PacketOf('D', "B" + id),
      PacketOf('D', "E" + id),
      PacketOf('E', ""),
      PacketOf('Q', ""),
  });
}

}  // namespace mailverdict::milter

#endif  // MAILVERDICT_ADAPTERS_MILTER_CODEC_SESSIONS_TESTING_H_
