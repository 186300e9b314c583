// What can be wrong with the bytes of an MTA. Each error closes the connection:
// the MTA then decides by its own setting (milter.h).

#ifndef MAILVERDICT_ADAPTERS_MILTER_CODEC_ERROR_H_
#define MAILVERDICT_ADAPTERS_MILTER_CODEC_ERROR_H_

#include <string_view>

namespace mailverdict::milter {

// Where sendmail's libmilter would guess (it reads up to the first NUL, and
// ignores the bytes behind it), the bytes are an error here. Neither MTA sends
// such bytes.
enum class CodecError {
  kNone,
  kNoLetter,        // a packet of length 0
  kTooLong,         // the length is over the limit; found before the data
  kTruncated,       // the peer closed within a packet
  kUnknownLetter,   // no command has this letter
  kTooShort,        // the data ends within a number, or before the letter
  kOldVersion,      // negotiation of a version before kOldestVersion
  kUnterminated,    // the data ends within a string: there is no NUL
  kTrailingBytes,   // more data than the command has
  kTooManyStrings,  // over kMaxStrings
  kNoAddress,       // MAIL or RCPT without an address
  kOddMacros,       // a macro's name without a value
  kBadFamily,       // connect: no such family of addresses
  kBadClient,       // connect: the address is not one of its family
};

// For a log line, such as "length is over the limit".
std::string_view Describe(CodecError error);

enum class ReadResult {
  kOne,    // one was read
  kMore,   // none is complete: feed more bytes
  kError,  // see error(); every later call returns the same
};

}  // namespace mailverdict::milter

#endif  // MAILVERDICT_ADAPTERS_MILTER_CODEC_ERROR_H_
