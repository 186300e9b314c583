// The replies of the milter. A ReplyPacket is a reply that was checked:
// sendmail answers a malformed one with "554 5.7.1 Command rejected" even if it
// was a 451, and Postfix then fails the whole session.
//
//   absl::StatusOr<ReplyPacket> reply =
//       ReplyPacket::Code("451", "4.4.3", "cannot tell now; try again later");
//
// Which replies may answer which command, answer.h says.

#ifndef MAILVERDICT_ADAPTERS_MILTER_CODEC_REPLY_PACKET_H_
#define MAILVERDICT_ADAPTERS_MILTER_CODEC_REPLY_PACKET_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/milter/codec/negotiation.h"
#include "adapters/milter/codec/protocol.h"

namespace mailverdict::milter {

// The longest text of a reply code, percent signs counted twice: MAXREPLYLEN in
// libmilter's smfi.c.
inline constexpr size_t kMaxReplyTextBytes = 980;

// The longest reason of a quarantine. Postfix cuts a longer one.
inline constexpr size_t kMaxQuarantineReasonBytes = 100;

// The longest line of a field, with the name in the first one: RFC 5322 2.1.1,
// without the CRLF.
inline constexpr size_t kMaxFieldLineBytes = 998;

// The greatest index of a field. Postfix adds 1 to it, and sendmail reads it as
// a signed number of 32 bits.
inline constexpr uint32_t kMaxFieldIndex = 0x7FFFFFFE;

// A field of the header that we write.
struct NewField {
  std::string_view name;  // RFC 5322 2.2: printable ASCII without ':'
  // The value, one line or several. They are folded here, so a line from
  // outside cannot begin a field of its own.
  std::vector<std::string_view> lines;
};

// A value. An error is an InvalidArgument status that says what is wrong, for
// the log: the caller has to send something else, such as Tempfail.
class ReplyPacket {
 public:
  // "Go on". At the end of the message: accepted, as far as we are concerned.
  static ReplyPacket Continue() { return {ReplyLetter::kContinue, ""}; }
  // Go on, and send no more of the body.
  static ReplyPacket Skip() { return {ReplyLetter::kSkip, ""}; }
  // Accepts the message, or all of the connection at connect and HELO.
  static ReplyPacket Accept() { return {ReplyLetter::kAccept, ""}; }
  // Accepts the message and drops it.
  static ReplyPacket Discard() { return {ReplyLetter::kDiscard, ""}; }
  // A 5xx in the MTA's own words.
  static ReplyPacket Reject() { return {ReplyLetter::kReject, ""}; }
  // A 4xx in the MTA's own words.
  static ReplyPacket Tempfail() { return {ReplyLetter::kTempfail, ""}; }
  // "Still at work": the MTA waits for the next reply as long as for the first.
  // sendmail's limit for all of the end of a message (T=E:5m) goes on.
  static ReplyPacket Progress() { return {ReplyLetter::kProgress, ""}; }

  // An SMTP reply of one line: a code of 4xx or 5xx (RFC 5321 4.2), an enhanced
  // status of the same class (RFC 3463 2), and a text that is not empty, of
  // printable ASCII, blanks and tabs (RFC 5321 4.2). A percent sign is escaped
  // here, since sendmail uses the reply as a format.
  //
  // A code of 421 also closes the client's connection. At connect both the code
  // and the text are lost with sendmail, which keeps the class, and 421.
  static absl::StatusOr<ReplyPacket> Code(std::string_view code,
                                          std::string_view enhanced,
                                          std::string_view text);

  // Keeps the message in the MTA's quarantine. `reason` is a text like that of
  // Code. Another reply must follow.
  static absl::StatusOr<ReplyPacket> Quarantine(std::string_view reason);

  // Adds a field behind the others. sendmail replaces a field that it has made
  // itself.
  static absl::StatusOr<ReplyPacket> AddField(const Agreement& agreement,
                                              const NewField& field);

  // Inserts a field. 0: as far on top as the MTA lets a milter.
  static absl::StatusOr<ReplyPacket> InsertField(const Agreement& agreement,
                                                 uint32_t index,
                                                 const NewField& field);

  // Gives a new value to a field, which is the `occurrence`th of its name, from
  // 1 on. If there is none, sendmail and Postfix add the field.
  static absl::StatusOr<ReplyPacket> ChangeField(const Agreement& agreement,
                                                 uint32_t occurrence,
                                                 const NewField& field);

  // Deletes a field. With Postfix the occurrences behind it then count one
  // less, with sendmail they do not, so delete the last one first.
  static absl::StatusOr<ReplyPacket> DeleteField(std::string_view name,
                                                 uint32_t occurrence);

  ReplyLetter letter() const { return letter_; }
  // The whole packet, to be sent as it is.
  const std::string& bytes() const { return bytes_; }

 private:
  ReplyPacket(ReplyLetter letter, std::string_view data);

  // The packet of these checked parts; an error if they are too long together.
  static absl::StatusOr<ReplyPacket> Make(ReplyLetter letter,
                                          std::string_view data);

  ReplyLetter letter_;
  std::string bytes_;
};

}  // namespace mailverdict::milter

#endif  // MAILVERDICT_ADAPTERS_MILTER_CODEC_REPLY_PACKET_H_
