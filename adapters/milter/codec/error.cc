#include "adapters/milter/codec/error.h"

namespace mailverdict::milter {

std::string_view Describe(CodecError error) {
  switch (error) {
    case CodecError::kNone:
      return "no error";
    case CodecError::kNoLetter:
      return "packet of length 0";
    case CodecError::kTooLong:
      return "length is over the limit";
    case CodecError::kTruncated:
      return "closed in the middle of a packet";
    case CodecError::kUnknownLetter:
      return "unknown command letter";
    case CodecError::kTooShort:
      return "packet is too short";
    case CodecError::kOldVersion:
      return "protocol version before 2";
    case CodecError::kUnterminated:
      return "string without a NUL at its end";
    case CodecError::kTrailingBytes:
      return "bytes after the end of the command";
    case CodecError::kTooManyStrings:
      return "too many strings in one packet";
    case CodecError::kNoAddress:
      return "MAIL or RCPT without an address";
    case CodecError::kOddMacros:
      return "macro without a value";
    case CodecError::kBadFamily:
      return "unknown family of the client's address";
    case CodecError::kBadClient:
      return "client's address is not one of its family";
  }
  return "unknown error";
}

}  // namespace mailverdict::milter
