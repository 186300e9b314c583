// The replies of a mailbox server (RFC 5321 4.2, RFC 2034): where they end,
// which of them say "user unknown", and how such a one is made temporary.
//
//   550-Mailbox unknown.  Either there is ...      (Cyrus)
//   550 5.1.1 User unknown
//
// A reply is all its lines with their line ends. Pure.

#ifndef MAILVERDICT_ADAPTERS_LOCAL_DELIVERY_LMTP_REPLY_H_
#define MAILVERDICT_ADAPTERS_LOCAL_DELIVERY_LMTP_REPLY_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mailverdict::local_delivery {

// Finds the ends of replies in a stream. A line ends with LF, as MTAs read it.
class ReplyReader {
 public:
  enum class Result {
    kOne,        // `*length` bytes are a whole reply
    kMore,       // it does not end within `bytes`
    kMalformed,  // no MTA's: "550x", a code that changes between the lines,
                 // or no code, as in TLS
  };

  // `bytes` begin where the last reply ended, and after kMore they are those
  // of before and perhaps more. Linear, whatever the split.
  Result Next(std::string_view bytes, size_t* length);

 private:
  size_t line_ = 0;      // where the line begins that has no end yet
  size_t searched_ = 0;  // no LF between line_ and here
};

// The functions below REQUIRE a whole reply.

// "550".
inline std::string_view ReplyCode(std::string_view reply) {
  return reply.substr(0, 3);
}

// Whether a reply to RCPT, or one for a recipient after the message, says that
// the user does not exist: a 5xx
//   - with an enhanced code 5.1.x, "addressing", in any of its lines; but not
//     5.1.7 and 5.1.8, which are of the sender;
//   - without any enhanced code, if it is 550, 551 or 553;
//   - whose code or enhanced code is in `listed`, such as "5.2.1" or "554".
bool SaysUserUnknown(std::string_view reply,
                     const std::vector<std::string>& listed);

// The same reply as a temporary one, as long: 550 becomes 450 and any other 5xx
// becomes 451 (452 has a meaning of its own for Postfix); an enhanced code
// 5.x.y becomes 4.x.y. The text stays.
std::string Softened(std::string_view reply);

// A reply to LHLO without its STARTTLS lines.
std::string WithoutStartTls(std::string_view reply);

}  // namespace mailverdict::local_delivery

#endif  // MAILVERDICT_ADAPTERS_LOCAL_DELIVERY_LMTP_REPLY_H_
