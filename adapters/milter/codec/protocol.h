// The numbers of the milter protocol. The comments give their names in
// sendmail's include/libmilter/mfdef.h and mfapi.h; Postfix's
// src/milter/milter8.c has the same.
//
//   packet = length, 4 bytes, network order | letter | data
//
// The length counts the letter and the data. A command of the MTA and a reply
// of the milter are one packet each.

#ifndef MAILVERDICT_ADAPTERS_MILTER_CODEC_PROTOCOL_H_
#define MAILVERDICT_ADAPTERS_MILTER_CODEC_PROTOCOL_H_

#include <cstddef>
#include <cstdint>

namespace mailverdict::milter {

inline constexpr uint32_t kOldestVersion = 2;  // SMFI_PROT_VERSION_MIN
inline constexpr uint32_t kNewestVersion = 6;  // SMFI_PROT_VERSION

inline constexpr size_t kLengthBytes = 4;  // MILTER_LEN_BYTES

// The longest packet that an MTA may send, without the length: 1 byte for the
// letter and 1,048,575 for the data. Postfix sends a header field in one
// packet, of 102,400 bytes and its name (header_size_limit, which an operator
// may raise). sendmail sends 65,535 bytes (MILTER_MAX_DATA_SIZE), or what
// MaxDataSize allows, 1,048,575 at most (MILTER_MDS_1M).
inline constexpr size_t kMaxPacketBytes = 1 << 20;

// The most strings in one packet. sendmail sends 50 macros at most, which are
// 100 strings (MAXFILTERMACROS); a MAIL or RCPT command has a handful of
// parameters. It limits the memory that is taken for a packet of NULs.
inline constexpr size_t kMaxStrings = 1024;

// The longest data of a reply (MILTER_MAX_DATA_SIZE). Both MTAs take more.
inline constexpr size_t kMaxReplyDataBytes = 65535;

// The commands of the MTA: SMFIC_*.
enum class CommandLetter : char {
  kAbort = 'A',         // SMFIC_ABORT
  kBody = 'B',          // SMFIC_BODY
  kConnect = 'C',       // SMFIC_CONNECT
  kMacros = 'D',        // SMFIC_MACRO
  kEndOfMessage = 'E',  // SMFIC_BODYEOB
  kHelo = 'H',          // SMFIC_HELO
  kQuitForNew = 'K',    // SMFIC_QUIT_NC
  kHeader = 'L',        // SMFIC_HEADER
  kMail = 'M',          // SMFIC_MAIL
  kEndOfHeader = 'N',   // SMFIC_EOH
  kNegotiate = 'O',     // SMFIC_OPTNEG, and the letter of its answer
  kQuit = 'Q',          // SMFIC_QUIT
  kRcpt = 'R',          // SMFIC_RCPT
  kData = 'T',          // SMFIC_DATA, from version 4
  kUnknown = 'U',       // SMFIC_UNKNOWN, from version 3
};

// The replies of the milter that we use: SMFIR_*. The others change the body,
// the sender or the recipients, which no check does. SMFIR_SHUTDOWN ('4') is
// left out, too: it is internal to sendmail, which takes it from a milter for a
// bogus response. A reply code of 421 closes the client's connection with both
// MTAs.
enum class ReplyLetter : char {
  kAccept = 'a',       // SMFIR_ACCEPT
  kContinue = 'c',     // SMFIR_CONTINUE
  kDiscard = 'd',      // SMFIR_DISCARD
  kAddField = 'h',     // SMFIR_ADDHEADER
  kInsertField = 'i',  // SMFIR_INSHEADER
  kChangeField = 'm',  // SMFIR_CHGHEADER
  kProgress = 'p',     // SMFIR_PROGRESS
  kQuarantine = 'q',   // SMFIR_QUARANTINE
  kReject = 'r',       // SMFIR_REJECT
  kSkip = 's',         // SMFIR_SKIP
  kTempfail = 't',     // SMFIR_TEMPFAIL
  kCode = 'y',         // SMFIR_REPLYCODE
};

// The families of a client's address: SMFIA_*.
enum class FamilyLetter : char {
  kInet = '4',     // SMFIA_INET
  kInet6 = '6',    // SMFIA_INET6
  kUnix = 'L',     // SMFIA_UNIX
  kUnknown = 'U',  // SMFIA_UNKNOWN
};

// What a milter may do to a message: the bits SMFIF_*. The MTA offers them all,
// the milter answers with those that it will use.
namespace action {
inline constexpr uint32_t kAddFields = 0x1;       // SMFIF_ADDHDRS
inline constexpr uint32_t kChangeFields = 0x10;   // SMFIF_CHGHDRS
inline constexpr uint32_t kQuarantine = 0x20;     // SMFIF_QUARANTINE
inline constexpr uint32_t kChooseMacros = 0x100;  // SMFIF_SETSYMLIST

// What an MTA that offers nothing can do: SMFI_V1_ACTS.
inline constexpr uint32_t kVersion1 = 0xF;
}  // namespace action

// How the commands are sent: the bits SMFIP_*. kNo*: the MTA does not send that
// command. kSilent*: it sends the command, and waits for no answer.
namespace step {
inline constexpr uint32_t kNoConnect = 0x1;              // SMFIP_NOCONNECT
inline constexpr uint32_t kNoHelo = 0x2;                 // SMFIP_NOHELO
inline constexpr uint32_t kNoMail = 0x4;                 // SMFIP_NOMAIL
inline constexpr uint32_t kNoRcpt = 0x8;                 // SMFIP_NORCPT
inline constexpr uint32_t kNoBody = 0x10;                // SMFIP_NOBODY
inline constexpr uint32_t kNoHeader = 0x20;              // SMFIP_NOHDRS
inline constexpr uint32_t kNoEndOfHeader = 0x40;         // SMFIP_NOEOH
inline constexpr uint32_t kSilentHeader = 0x80;          // SMFIP_NR_HDR
inline constexpr uint32_t kNoUnknown = 0x100;            // SMFIP_NOUNKNOWN
inline constexpr uint32_t kNoData = 0x200;               // SMFIP_NODATA
inline constexpr uint32_t kSkip = 0x400;                 // SMFIP_SKIP
inline constexpr uint32_t kSilentConnect = 0x1000;       // SMFIP_NR_CONN
inline constexpr uint32_t kSilentHelo = 0x2000;          // SMFIP_NR_HELO
inline constexpr uint32_t kSilentMail = 0x4000;          // SMFIP_NR_MAIL
inline constexpr uint32_t kSilentRcpt = 0x8000;          // SMFIP_NR_RCPT
inline constexpr uint32_t kSilentData = 0x10000;         // SMFIP_NR_DATA
inline constexpr uint32_t kSilentUnknown = 0x20000;      // SMFIP_NR_UNKN
inline constexpr uint32_t kSilentEndOfHeader = 0x40000;  // SMFIP_NR_EOH
inline constexpr uint32_t kSilentBody = 0x80000;         // SMFIP_NR_BODY
// The value of a header field has the blank after the colon, in both
// directions. Without this bit the MTA drops one blank, and adds one.
inline constexpr uint32_t kLeadingBlank = 0x100000;  // SMFIP_HDR_LEADSPC

// What an MTA that offers nothing can do: SMFI_V1_PROT.
inline constexpr uint32_t kVersion1 = 0x3F;
}  // namespace step

// The stages at which an MTA sends macros: SMFIM_*.
enum class MacroStage {
  kConnect = 0,       // SMFIM_CONNECT
  kHelo = 1,          // SMFIM_HELO
  kMail = 2,          // SMFIM_ENVFROM
  kRcpt = 3,          // SMFIM_ENVRCPT
  kData = 4,          // SMFIM_DATA
  kEndOfMessage = 5,  // SMFIM_EOM
  kEndOfHeader = 6,   // SMFIM_EOH, which comes before SMFIM_EOM
};

inline constexpr size_t kMacroStages = 7;

}  // namespace mailverdict::milter

#endif  // MAILVERDICT_ADAPTERS_MILTER_CODEC_PROTOCOL_H_
