// Protobuf's messages in plain language. Part of the loader.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_REWORD_H_
#define MAILVERDICT_LIB_POLICY_LOADER_REWORD_H_

#include <string>
#include <string_view>
#include <vector>

namespace mailverdict {

struct Reworded {
  // Where to point, seen from where protobuf points.
  enum class Place {
    kHere,
    kTokenAhead,  // it points behind what is meant
  };

  std::string text;
  Place place = Place::kHere;
  // What is wrong is one field only: without it, the rest can be read.
  bool one_field = false;
};

// `message` is one of TextFormat::Parser or io::Tokenizer, about a
// mailverdict.proto.Policy. What is not known is passed on as it is.
Reworded Reword(std::string_view message);

// The one of `names` that is most like `word`; "" when none is.
std::string_view Nearest(std::string_view word,
                         const std::vector<std::string>& names);

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_REWORD_H_
