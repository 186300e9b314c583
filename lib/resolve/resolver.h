// Who answers lookups. The only I/O of the library lies behind this.

#ifndef MAILVERDICT_LIB_RESOLVE_RESOLVER_H_
#define MAILVERDICT_LIB_RESOLVE_RESOLVER_H_

#include <functional>
#include <string>

#include "lib/core/answer.h"
#include "lib/core/lookup.h"

namespace mailverdict {

// What a directory has to say beside its answers. Both are called on the loop's
// thread, and for a while after the directory has gone.
struct DirectoryHooks {
  // A line for the log (health.h).
  std::function<void(const std::string&)> log;
  // It could not have vouched for an absence just now: forget those before.
  std::function<void()> on_trouble;
};

class Resolver {
 public:
  using Done = std::function<void(const Answer&)>;

  virtual ~Resolver() = default;

  // Calls `done` exactly once, on the loop's thread, perhaps before it returns;
  // with Unknown when the world fails. It keeps no deadline: whoever asks does.
  // After the resolver is gone `done` may be called or dropped. Loop's thread
  // only.
  virtual void Resolve(const MailboxLookup& lookup, Done done) = 0;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_RESOLVE_RESOLVER_H_
