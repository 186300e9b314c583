// Translates protobuf's error messages into plain language. Part of the loader.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_REWORD_H_
#define MAILVERDICT_LIB_POLICY_LOADER_REWORD_H_

#include <string>
#include <string_view>
#include <vector>

namespace mailverdict {

struct Reworded {
  // Where the fault is, relative to the place that protobuf names.
  enum class Place {
    kHere,
    kPreviousToken,  // the token before that place
  };

  std::string text;
  Place place = Place::kHere;
  // The fault concerns a single field: the rest can be read without it.
  bool one_field = false;
};

// Translates a message of TextFormat::Parser or io::Tokenizer about a
// mailverdict.proto.Policy. Returns an unknown message unchanged.
Reworded Reword(std::string_view message);

// The most similar of `names`; "" if none is similar to `word`.
std::string_view Nearest(std::string_view word,
                         const std::vector<std::string>& names);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_REWORD_H_
