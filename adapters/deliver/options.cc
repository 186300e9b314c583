#include "adapters/deliver/options.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "adapters/socketmap/socket_address.h"
#include "lib/mail/cursor.h"

namespace mailverdict::deliver {

namespace {

constexpr absl::Duration kMaxTime = absl::Hours(24);

absl::string_view Absl(std::string_view text) {
  return {text.data(), text.size()};
}

absl::Status Wrong(std::string_view value, absl::string_view cure) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", Absl(value), "\": ", cure));
}

absl::Status ReadTime(const std::string& text, absl::Duration* time) {
  absl::Duration read;
  if (!absl::ParseDuration(text, &read) || read <= absl::ZeroDuration() ||
      read > kMaxTime) {
    return Wrong(text, "write a time from 1ms to 24h, as 5s or 15m");
  }
  *time = read;
  return absl::OkStatus();
}

absl::Status ReadStatuses(const std::string& text, int greatest,
                          std::bitset<256>* statuses) {
  for (const std::string& word :
       std::vector<std::string>(absl::StrSplit(text, ','))) {
    mail::Cursor in(word);
    const std::optional<uint64_t> status = in.Decimal(3);
    if (!status.has_value() || !in.done() || *status == kExOk ||
        *status == kExTempFail || *status > static_cast<uint64_t>(greatest)) {
      return Wrong(word, absl::StrCat("write exit statuses from 1 to ",
                                      greatest, " but 75, as 65,69"));
    }
    statuses->set(*status);
  }
  return absl::OkStatus();
}

absl::Status ReadPass(const std::string& text, Options* options) {
  absl::Status status =
      ReadStatuses(text, kMaxPassedStatus, &options->lists.pass);
  if (status.ok() && options->lists.pass[kExNoUser]) {
    return Wrong(text,
                 "67 passes when the absence is proven: leave it out, and see "
                 "--proof");
  }
  return status;
}

absl::Status ReadMode(const std::string& text, Options* options) {
  const bool octal = (text.size() == 3 || text.size() == 4) &&
                     text.find_first_not_of("01234567") == text.npos;
  mode_t mode = 0;
  if (octal) {
    for (const char c : text) mode = mode * 8 + static_cast<mode_t>(c - '0');
  }
  if (!octal || mode > 0777) return Wrong(text, "write a mode, as 0660");
  options->unix_options.mode = mode;
  return absl::OkStatus();
}

absl::Status ReadDomain(const std::string& text, Options* options) {
  const bool good = !text.empty() && text[0] != '.' && text.back() != '.' &&
                    std::all_of(text.begin(), text.end(), [](char c) {
                      return static_cast<unsigned char>(c) > ' ' && c != '@' &&
                             c != ',' && c != '\x7f';
                    });
  if (!good) return Wrong(text, "write one domain, as example.org");
  options->domains.push_back(text);
  return absl::OkStatus();
}

// "5.X.Y" (RFC 3463 2) or "5NN".
bool IsPermanentCode(std::string_view text) {
  mail::Cursor in(text);
  if (text.size() == 3 && text[0] == '5') {
    return in.Decimal(3).has_value() && in.done();
  }
  return in.Skip("5.") && in.Decimal(3).has_value() && in.Skip('.') &&
         in.Decimal(3).has_value() && in.done();
}

// Whether servers say "user unknown" by this code.
bool IsUnknownUserCode(std::string_view code) {
  return code.substr(0, 4) == "5.1." || code.substr(0, 2) == "51" ||
         code == "550" || code == "551" || code == "553";
}

absl::Status ReadCodes(const std::string& text,
                       std::vector<std::string>* codes) {
  for (const std::string& code :
       std::vector<std::string>(absl::StrSplit(text, ','))) {
    if (!IsPermanentCode(code)) {
      return Wrong(code, "write codes, as 5.2.1,552");
    }
    codes->push_back(code);
  }
  return absl::OkStatus();
}

absl::Status ReadUnknown(const std::string& text, Options* options) {
  const bool always = text == "always-defer";
  if (!always && text != "unless-proven") {
    return Wrong(text, "write unless-proven or always-defer");
  }
  options->unknown =
      always ? UnknownPolicy::kAlwaysDefer : UnknownPolicy::kUnlessProven;
  return absl::OkStatus();
}

absl::Status ReadProof(const std::string& text, Options* options) {
  if (text != "passwd") {
    const auto address = ParseSocketAddress(text);
    if (!address.ok()) return address.status();
  }
  options->proofs.push_back(text);
  return absl::OkStatus();
}

absl::Status ReadWord(const std::string& text, std::string* word) {
  if (text.empty()) return Wrong(text, "it is empty; leave the option out");
  *word = text;
  return absl::OkStatus();
}

// The modes that an option is for.
constexpr unsigned kWrapper = 1, kProxy = 2, kMap = 4;
constexpr unsigned kAll = kWrapper | kProxy | kMap;

struct Flag {
  const char* name;
  unsigned modes;
  absl::Status (*read)(const std::string& value, Options* options);
};

constexpr Flag kFlags[] = {
    {"--unknown", kAll, &ReadUnknown},
    {"--proof", kAll, &ReadProof},
    {"--proof-timeout", kAll,
     [](const std::string& value, Options* options) {
       return ReadTime(value, &options->proof_timeout);
     }},
    {"--domain", kAll, &ReadDomain},
    {"--recipient", kWrapper,
     [](const std::string& value, Options* options) {
       options->recipient = value;
       return absl::OkStatus();
     }},
    {"--timeout", kWrapper,
     [](const std::string& value, Options* options) {
       return ReadTime(value, &options->timeout);
     }},
    {"--pass", kWrapper, &ReadPass},
    {"--defer", kWrapper,
     [](const std::string& value, Options* options) {
       return ReadStatuses(value, 255, &options->lists.defer);
     }},
    {"--unknown-status", kWrapper,
     [](const std::string& value, Options* options) {
       return ReadStatuses(value, kMaxPassedStatus, &options->lists.unknown);
     }},
    {"--lmtp", kProxy,
     [](const std::string& value, Options* options) {
       return ReadWord(value, &options->lmtp);
     }},
    {"--backend", kProxy,
     [](const std::string& value, Options* options) {
       return ReadWord(value, &options->backend);
     }},
    {"--defer-code", kProxy,
     [](const std::string& value, Options* options) {
       return ReadCodes(value, &options->codes.unknown);
     }},
    {"--pass-code", kProxy,
     [](const std::string& value, Options* options) {
       return ReadCodes(value, &options->codes.pass);
     }},
    {"--map", kMap,
     [](const std::string& value, Options* options) {
       return ReadWord(value, &options->map);
     }},
    {"--mode", kProxy | kMap, &ReadMode},
    {"--owner", kProxy | kMap,
     [](const std::string& value, Options* options) {
       return ReadWord(value, &options->unix_options.owner);
     }},
    {"--group", kProxy | kMap,
     [](const std::string& value, Options* options) {
       return ReadWord(value, &options->unix_options.group);
     }},
};

// One option of the command line with its value, not read yet.
struct Given {
  const Flag* flag;
  std::string value;
};

// Divides the words into options and, behind "--", the command.
class Splitter {
 public:
  absl::Status Split(const std::vector<std::string>& words) {
    for (size_t i = 0; i < words.size(); ++i) {
      if (words[i] == "--") {
        has_command = true;
        command.assign(words.begin() + static_cast<ptrdiff_t>(i) + 1,
                       words.end());
        return absl::OkStatus();
      }
      const size_t equals = words[i].find('=');
      const std::string name = words[i].substr(0, equals);
      const Flag* flag =
          std::find_if(std::begin(kFlags), std::end(kFlags),
                       [&name](const Flag& one) { return name == one.name; });
      if (flag == std::end(kFlags)) return Unknown(words[i]);
      if (equals != words[i].npos) {
        given.push_back({flag, words[i].substr(equals + 1)});
      } else if (i + 1 == words.size() || words[i + 1] == "--") {
        return absl::InvalidArgumentError(
            absl::StrCat(name, ": write its value behind it"));
      } else {
        given.push_back({flag, words[++i]});
      }
    }
    return absl::OkStatus();
  }

  std::vector<Given> given;
  bool has_command = false;
  std::vector<std::string> command;

 private:
  static absl::Status Unknown(const std::string& word) {
    if (word == "--help" || word == "--version") {
      return absl::InvalidArgumentError(
          absl::StrCat(word, ": write it alone, without other words"));
    }
    return Wrong(word, absl::StartsWith(word, "-")
                           ? "there is no such option; see --help"
                           : "write -- ahead of the program to run");
  }
};

absl::Status ReadGiven(const std::vector<Given>& given, Options* options) {
  std::vector<std::string> no_proofs, default_proofs;
  default_proofs = std::exchange(options->proofs, no_proofs);
  for (const Given& one : given) {
    const absl::Status status = one.flag->read(one.value, options);
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(one.flag->name, " ", status.message()));
    }
  }
  if (options->proofs.empty()) options->proofs = std::move(default_proofs);
  return absl::OkStatus();
}

// Finds the mode, and checks what no single option shows: options that do not
// go together, and options that are missing.
absl::Status CheckTogether(const Splitter& split, Options* options) {
  const auto wrong = [](absl::string_view what) {
    return absl::InvalidArgumentError(what);
  };
  const bool proxy = !options->lmtp.empty(), map = !options->map.empty();
  if (split.has_command + proxy + map != 1) {
    return wrong("write one of: -- PROGRAM, --lmtp ADDRESS, --map ADDRESS");
  }
  options->mode = proxy ? Mode::kProxy : map ? Mode::kMap : Mode::kWrapper;
  const unsigned mode = proxy ? kProxy : map ? kMap : kWrapper;
  for (const Given& one : split.given) {
    if ((one.flag->modes & mode) != 0) continue;
    return wrong(absl::StrCat(one.flag->name, ": it has no meaning ",
                              proxy ? "with --lmtp"
                              : map ? "with --map"
                                    : "for running a program",
                              "; leave it out"));
  }
  if (proxy && options->backend.empty()) {
    return wrong("--lmtp: write --backend ADDRESS, too");
  }
  if (map && options->domains.empty()) {
    return wrong("--map: write --domain DOMAIN, too, for each domain of ours");
  }
  if (mode == kWrapper && (split.command.empty() || split.command[0].empty())) {
    return wrong("--: write the program to run behind it");
  }
  const RefusalCodes& codes = options->codes;
  for (const std::string& code : codes.pass) {
    if (IsUnknownUserCode(code)) {
      return wrong(absl::StrCat("--pass-code: ", code,
                                " says that a user is unknown, and passes when "
                                "that is proven; leave it out"));
    }
    if (std::find(codes.unknown.begin(), codes.unknown.end(), code) !=
        codes.unknown.end()) {
      return wrong(absl::StrCat("--pass-code and --defer-code: ", code,
                                " is in both; take one out"));
    }
  }
  const StatusLists& lists = options->lists;
  if ((lists.pass & lists.defer).any() || (lists.pass & lists.unknown).any() ||
      (lists.defer & lists.unknown).any()) {
    return wrong(
        "--pass, --defer and --unknown-status: a status is in two of them; "
        "take one out");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& words,
                                     const char* environment_recipient) {
  Options options;
  if (words.size() == 1 && words[0] == "--help") return options;
  if (words.size() == 1 && words[0] == "--version") {
    options.mode = Mode::kVersion;
    return options;
  }
  if (environment_recipient != nullptr) {
    options.recipient = environment_recipient;
  }
  Splitter split;
  absl::Status status = split.Split(words);
  if (status.ok()) status = ReadGiven(split.given, &options);
  if (status.ok()) status = CheckTogether(split, &options);
  if (!status.ok()) return status;
  options.command = std::move(split.command);
  return options;
}

int ExitStatusOfWrongOptions(const std::vector<std::string>& words) {
  bool service = false;
  for (const std::string& word : words) {
    const std::string name = word.substr(0, word.find('='));
    if (name == "--") return kExTempFail;
    service = service || name == "--lmtp" || name == "--map";
  }
  return service ? 1 : kExTempFail;
}

}  // namespace mailverdict::deliver
