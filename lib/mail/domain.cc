#include "lib/mail/domain.h"

#include <idn2.h>

#include <algorithm>
#include <cstdint>
#include <memory>

#include "absl/strings/ascii.h"
#include "lib/mail/bytes.h"
#include "lib/mail/literal.h"
#include "lib/mail/utf8.h"

namespace mailverdict::mail {
namespace {

// The most bytes of a label that are passed to libidn2: 63 characters of four
// octets, doubled because NFC and UTS 46 can shorten the text. This bounds the
// work.
constexpr size_t kMaxMappedLabelBytes = 2 * 4 * kMaxLabelBytes;

constexpr char kEmptyLabel[] = "here a label of the domain is missing";
constexpr char kLongLabel[] = "this label of the domain is over 63 octets";

struct Idn2Free {
  void operator()(void* p) const { idn2_free(p); }
};
template <typename T>
using Idn2String = std::unique_ptr<T, Idn2Free>;

bool IsALabel(std::string_view label) {
  return label.size() >= 4 && absl::ascii_tolower(label[0]) == 'x' &&
         absl::ascii_tolower(label[1]) == 'n' && label[2] == '-' &&
         label[3] == '-';
}

void AppendLower(std::string_view text, std::string* out) {
  const size_t begin = out->size();
  out->append(text);
  for (size_t i = begin; i < out->size(); ++i) {
    (*out)[i] = absl::ascii_tolower((*out)[i]);
  }
}

// We do not use libidn2's messages: they go through gettext, so they depend on
// the locale.
const char* IdnMessage(int code) {
  switch (code) {
    case IDN2_BIDI:
      return "this label mixes writing directions (RFC 5893)";
    case IDN2_PUNYCODE_BIG_OUTPUT:
    case IDN2_TOO_BIG_LABEL:
    case IDN2_TOO_BIG_DOMAIN:
      return kLongLabel;
    default:
      return "this label is not allowed by IDNA2008 (RFC 5892); if the domain "
             "exists all the same, write its A-label (xn--...)";
  }
}

// UTS 46 maps some characters to dots and to ASCII that no label may contain.
// So the result of the mapping is checked like typed text.
const char* FindBadLabel(std::string_view name) {
  Cursor in(name);
  do {
    const std::string_view label =
        in.TakeWhile([](char c) { return IsLabelByte(c); });
    if (label.empty()) return kEmptyLabel;
    if (label.size() > kMaxLabelBytes) return kLongLabel;
  } while (in.Skip('.'));
  return in.done() ? nullptr : "this label is not allowed by IDNA2008";
}

std::optional<Fault> AppendIdnLabel(std::string_view label, size_t at,
                                    std::string* out) {
  if (label.size() > kMaxMappedLabelBytes) return Fault{at, kLongLabel};
  if (std::optional<Fault> bad = FindBadUtf8(label)) {
    return Fault{at + bad->at, bad->what};
  }
  const std::string terminated(label);
  uint8_t* raw = nullptr;
  const int code =
      idn2_lookup_u8(reinterpret_cast<const uint8_t*>(terminated.c_str()), &raw,
                     IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const Idn2String<uint8_t> owned(raw);
  if (code != IDN2_OK) return Fault{at, IdnMessage(code)};
  const std::string_view mapped = reinterpret_cast<const char*>(raw);
  if (const char* bad = FindBadLabel(mapped)) return Fault{at, bad};
  AppendLower(mapped, out);
  return std::nullopt;
}

// DNS compares ASCII labels byte by byte. So an A-label keeps its bytes even
// where IDNA2008 does not allow the name: registries have sold such names
// (emoji).
std::optional<Fault> AppendLabel(std::string_view label, size_t at,
                                 std::string* out) {
  if (!IsAscii(label)) return AppendIdnLabel(label, at, out);
  if (label.size() > kMaxLabelBytes) return Fault{at, kLongLabel};
  AppendLower(label, out);
  return std::nullopt;
}

// Whether `u_label`, decoded from `a_label`, can stand for no other label. If
// our parser accepts the U-label, it must give the same A-label again. If
// IDNA2008 refuses it (an emoji), case folding and compatibility must leave it
// unchanged: U+2488, for example, is another way to write "1.".
bool LeadsBackTo(std::string_view a_label, std::string_view u_label) {
  std::string again;
  if (!AppendLabel(u_label, 0, &again).has_value()) return again == a_label;
  return IsFoldedNfkc(u_label);
}

// The U-label of an A-label. Returns any other label unchanged, and also an
// A-label whose U-label could be read as another name. Punycode has one
// lower-case form of a label, so no two A-labels have the same U-label.
std::string DisplayLabel(std::string_view label) {
  std::string terminated(label);
  if (!IsALabel(label)) return terminated;
  char* raw = nullptr;
  const int code = idn2_to_unicode_8z8z(terminated.c_str(), &raw, 0);
  const Idn2String<char> owned(raw);
  if (code != IDN2_OK || !LeadsBackTo(label, raw)) return terminated;
  return raw;
}

}  // namespace

std::optional<Fault> ReadDomain(Cursor& in, std::string* canonical) {
  canonical->clear();
  if (in.Peek() == '[') return ReadLiteral(in, canonical);
  canonical->reserve(std::min(in.remaining(), kMaxDomainBytes));
  do {
    const size_t at = in.offset();
    const std::string_view label =
        in.TakeWhile([](char c) { return IsLabelByte(c); });
    if (label.empty()) {
      // A single dot at the end stands for the root (RFC 1034 3.1).
      const bool root = !canonical->empty() && in.Peek() != '.';
      if (root) return std::nullopt;
      return Fault{at, kEmptyLabel};
    }
    if (!canonical->empty()) canonical->push_back('.');
    if (std::optional<Fault> fault = AppendLabel(label, at, canonical)) {
      return fault;
    }
    if (canonical->size() > kMaxDomainBytes) {
      return Fault{at, "here the domain grows over 253 octets"};
    }
  } while (in.Skip('.'));
  return std::nullopt;
}

absl::StatusOr<std::string> CanonicalDomain(std::string_view text) {
  Cursor in(text);
  std::string canonical;
  if (std::optional<Fault> fault = ReadDomain(in, &canonical)) {
    return ToStatus(*fault);
  }
  if (!in.done()) {
    return ToStatus({in.offset(), "this byte cannot stand in a domain"});
  }
  return canonical;
}

std::optional<Fault> FindOddALabel(std::string_view canonical) {
  Cursor in(canonical);
  do {
    const size_t at = in.offset();
    const std::string_view label =
        in.TakeWhile([](char c) { return c != '.'; });
    std::string ignored;
    // AppendIdnLabel applies IDNA2008 to the label; AppendLabel would not,
    // because the label is ASCII.
    if (IsALabel(label) && AppendIdnLabel(label, at, &ignored).has_value()) {
      return Fault{at, "IDNA2008 does not allow this A-label"};
    }
  } while (in.Skip('.'));
  return std::nullopt;
}

bool IsBelow(std::string_view name, std::string_view zone) {
  if (zone == ".") return name != zone;
  // A label of at least one byte and a dot come before the zone.
  if (name.size() < zone.size() + 2) return false;
  const size_t dot = name.size() - zone.size() - 1;
  return name.substr(dot + 1) == zone && name[dot] == '.' &&
         name[dot - 1] != '\\';
}

std::string DisplayDomain(std::string_view canonical) {
  if (canonical.find("xn--") == canonical.npos) return std::string(canonical);
  std::string display;
  Cursor in(canonical);
  do {
    display += DisplayLabel(in.TakeWhile([](char c) { return c != '.'; }));
    if (!in.done()) display.push_back('.');
  } while (in.Skip('.'));
  return display;
}

}  // namespace mailverdict::mail
