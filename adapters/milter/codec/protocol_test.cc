// The numbers of protocol.h are those of libmilter's own headers.

#include "adapters/milter/codec/protocol.h"

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include <string>

#include "adapters/milter/codec/packet.h"
#include "gtest/gtest.h"

namespace mailverdict::milter {
namespace {

template <typename Letter>
constexpr char Of(Letter letter) {
  return static_cast<char>(letter);
}

static_assert(kNewestVersion == SMFI_PROT_VERSION);
static_assert(kLengthBytes == MILTER_LEN_BYTES);
static_assert(kMaxReplyDataBytes == MILTER_MAX_DATA_SIZE);
static_assert(kMaxPacketBytes == 1 + (1024 * 1024 - 1), "MILTER_MDS_1M");

static_assert(Of(CommandLetter::kAbort) == SMFIC_ABORT);
static_assert(Of(CommandLetter::kBody) == SMFIC_BODY);
static_assert(Of(CommandLetter::kConnect) == SMFIC_CONNECT);
static_assert(Of(CommandLetter::kMacros) == SMFIC_MACRO);
static_assert(Of(CommandLetter::kEndOfMessage) == SMFIC_BODYEOB);
static_assert(Of(CommandLetter::kHelo) == SMFIC_HELO);
static_assert(Of(CommandLetter::kQuitForNew) == SMFIC_QUIT_NC);
static_assert(Of(CommandLetter::kHeader) == SMFIC_HEADER);
static_assert(Of(CommandLetter::kMail) == SMFIC_MAIL);
static_assert(Of(CommandLetter::kEndOfHeader) == SMFIC_EOH);
static_assert(Of(CommandLetter::kNegotiate) == SMFIC_OPTNEG);
static_assert(Of(CommandLetter::kQuit) == SMFIC_QUIT);
static_assert(Of(CommandLetter::kRcpt) == SMFIC_RCPT);
static_assert(Of(CommandLetter::kData) == SMFIC_DATA);
static_assert(Of(CommandLetter::kUnknown) == SMFIC_UNKNOWN);

static_assert(Of(ReplyLetter::kAccept) == SMFIR_ACCEPT);
static_assert(Of(ReplyLetter::kContinue) == SMFIR_CONTINUE);
static_assert(Of(ReplyLetter::kDiscard) == SMFIR_DISCARD);
static_assert(Of(ReplyLetter::kAddField) == SMFIR_ADDHEADER);
static_assert(Of(ReplyLetter::kInsertField) == SMFIR_INSHEADER);
static_assert(Of(ReplyLetter::kChangeField) == SMFIR_CHGHEADER);
static_assert(Of(ReplyLetter::kProgress) == SMFIR_PROGRESS);
static_assert(Of(ReplyLetter::kQuarantine) == SMFIR_QUARANTINE);
static_assert(Of(ReplyLetter::kReject) == SMFIR_REJECT);
static_assert(Of(ReplyLetter::kSkip) == SMFIR_SKIP);
static_assert(Of(ReplyLetter::kTempfail) == SMFIR_TEMPFAIL);
static_assert(Of(ReplyLetter::kCode) == SMFIR_REPLYCODE);

static_assert(Of(FamilyLetter::kInet) == SMFIA_INET);
static_assert(Of(FamilyLetter::kInet6) == SMFIA_INET6);
static_assert(Of(FamilyLetter::kUnix) == SMFIA_UNIX);
static_assert(Of(FamilyLetter::kUnknown) == SMFIA_UNKNOWN);

static_assert(action::kAddFields == SMFIF_ADDHDRS);
static_assert(action::kChangeFields == SMFIF_CHGHDRS);
static_assert(action::kQuarantine == SMFIF_QUARANTINE);
static_assert(action::kChooseMacros == SMFIF_SETSYMLIST);
static_assert(action::kVersion1 == SMFI_V1_ACTS);

static_assert(step::kNoConnect == SMFIP_NOCONNECT);
static_assert(step::kNoHelo == SMFIP_NOHELO);
static_assert(step::kNoMail == SMFIP_NOMAIL);
static_assert(step::kNoRcpt == SMFIP_NORCPT);
static_assert(step::kNoBody == SMFIP_NOBODY);
static_assert(step::kNoHeader == SMFIP_NOHDRS);
static_assert(step::kNoEndOfHeader == SMFIP_NOEOH);
static_assert(step::kSilentHeader == SMFIP_NR_HDR);
static_assert(step::kNoUnknown == SMFIP_NOUNKNOWN);
static_assert(step::kNoData == SMFIP_NODATA);
static_assert(step::kSkip == SMFIP_SKIP);
static_assert(step::kSilentConnect == SMFIP_NR_CONN);
static_assert(step::kSilentHelo == SMFIP_NR_HELO);
static_assert(step::kSilentMail == SMFIP_NR_MAIL);
static_assert(step::kSilentRcpt == SMFIP_NR_RCPT);
static_assert(step::kSilentData == SMFIP_NR_DATA);
static_assert(step::kSilentUnknown == SMFIP_NR_UNKN);
static_assert(step::kSilentEndOfHeader == SMFIP_NR_EOH);
static_assert(step::kSilentBody == SMFIP_NR_BODY);
static_assert(step::kLeadingBlank == SMFIP_HDR_LEADSPC);
static_assert(step::kVersion1 == SMFI_V1_PROT);

static_assert(static_cast<int>(MacroStage::kConnect) == SMFIM_CONNECT);
static_assert(static_cast<int>(MacroStage::kHelo) == SMFIM_HELO);
static_assert(static_cast<int>(MacroStage::kMail) == SMFIM_ENVFROM);
static_assert(static_cast<int>(MacroStage::kRcpt) == SMFIM_ENVRCPT);
static_assert(static_cast<int>(MacroStage::kData) == SMFIM_DATA);
static_assert(static_cast<int>(MacroStage::kEndOfMessage) == SMFIM_EOM);
static_assert(static_cast<int>(MacroStage::kEndOfHeader) == SMFIM_EOH);
static_assert(kMacroStages == SMFIM_LAST + 1);

// An offer made of the numbers of libmilter's headers.
TEST(Protocol, HasTheOfferThatTheTestsUse) {
  std::string data;
  AppendUint32(SMFI_PROT_VERSION, &data);
  AppendUint32(SMFI_CURR_ACTS, &data);
  AppendUint32(SMFI_CURR_PROT, &data);
  std::string bytes;
  AppendPacket(SMFIC_OPTNEG, data, &bytes);
  EXPECT_EQ(bytes,
            std::string("\0\0\0\x0dO\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff", 17));
}

}  // namespace
}  // namespace mailverdict::milter
