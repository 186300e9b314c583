// From a policy file's text to its protobuf message. Part of the loader.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_POLICY_TEXT_H_
#define MAILVERDICT_LIB_POLICY_LOADER_POLICY_TEXT_H_

#include <google/protobuf/text_format.h>

#include "lib/policy/loader/faults.h"
#include "proto/policy.pb.h"

namespace mailverdict {

// Fills `policy` and `tree`, the places of its fields. Everything protobuf has
// to say becomes an error in `faults`, in words for postmasters; after one the
// contents of both are of no use.
void ParsePolicyText(Faults* faults, proto::Policy* policy,
                     google::protobuf::TextFormat::ParseInfoTree* tree);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_POLICY_TEXT_H_
