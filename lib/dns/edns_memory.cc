#include "lib/dns/edns_memory.h"

namespace mailverdict {

bool EdnsMemory::ShouldUseEdns(absl::Time now) {
  if (now < without_until_) return false;
  if (suspicions_ >= kSuspicions) without_until_ = now + kProbe;
  return true;
}

void EdnsMemory::NoteAnswered(absl::Time now) {
  suspicions_ = 0;
  without_until_ = absl::InfinitePast();
  worked_ = now;
}

void EdnsMemory::NoteAnsweredOnlyWithout(EdnsDoubt doubt, absl::Time now) {
  if (doubt == EdnsDoubt::kNone) return;
  suspicions_ = doubt == EdnsDoubt::kRefused ? kSuspicions : suspicions_ + 1;
  if (suspicions_ < kSuspicions) return;
  suspicions_ = kSuspicions;
  without_until_ = now + kForget;
  worked_ = absl::InfinitePast();
}

}  // namespace mailverdict
