// Loads a policy together with a program's own settings, which stand in the
// same file; the daemon uses this. The program reads its settings from the same
// parsed message, and its errors and warnings are in one list with those of the
// policy.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_PROGRAM_SETTINGS_H_
#define MAILVERDICT_LIB_POLICY_LOADER_PROGRAM_SETTINGS_H_

#include <functional>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/policy/loader/loader.h"
#include "lib/policy/loader/parsed_message.h"
#include "proto/policy.pb.h"

namespace mailverdict {

// Called once with the whole message if the syntax is good. Reports errors
// about the program's fields by `policy.Error`.
using SettingsReader =
    std::function<void(const ParsedMessage<proto::Policy>& policy)>;

// Like LoadPolicy, and also calls `read_settings`.
absl::StatusOr<LoadedPolicy> LoadPolicyAndSettings(
    std::string_view text, std::string_view file_name, const FileReader& read,
    const ListReaders& lists, const SettingsReader& read_settings);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_PROGRAM_SETTINGS_H_
