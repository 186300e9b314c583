// Parses the text of a policy file into its protobuf message. Part of the
// loader.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_POLICY_TEXT_H_
#define MAILVERDICT_LIB_POLICY_LOADER_POLICY_TEXT_H_

#include <google/protobuf/text_format.h>

#include "lib/policy/loader/faults.h"
#include "proto/policy.pb.h"

namespace mailverdict {

// Fills `policy`, and `tree` with the places of its fields. Each complaint of
// protobuf becomes an error in `faults`, in words for postmasters. After an
// error, do not use `policy` or `tree`.
void ParsePolicyText(Faults* faults, proto::Policy* policy,
                     google::protobuf::TextFormat::ParseInfoTree* tree);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_POLICY_TEXT_H_
