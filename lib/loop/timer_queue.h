// The timers of the event loop: a heap, with the place of each timer in it.
//
// Most timers are deadlines that are cancelled before they are due, thousands a
// second. So Cancel removes the entry at once, in O(log n) and without hashing,
// and the heap has only timers that are still wanted. A timer that is due after
// all others, as most new deadlines are, is added in O(1).

#ifndef MAILVERDICT_LIB_LOOP_TIMER_QUEUE_H_
#define MAILVERDICT_LIB_LOOP_TIMER_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "lib/loop/executor.h"

namespace mailverdict {

// Has no clock: times are nanoseconds since a moment that the caller chooses.
// Not thread-safe.
class TimerQueue {
 public:
  using Id = Executor::TimerId;
  using Task = Executor::Task;

  // Never returns 0, nor an id twice.
  Id Add(int64_t due, Task task);

  // Removes the timer and destroys its task. Returns false if there is no such
  // timer.
  bool Cancel(Id id);

  // The time at which the earliest timer is due; nullopt if there is none.
  std::optional<int64_t> NextDue() const;

  // Removes the earliest timer and returns its task, if it is due at `now`.
  // Timers that are due at the same time are returned in the order in which
  // they were added.
  std::optional<Task> TakeDue(int64_t now);

  size_t size() const { return heap_.size(); }

 private:
  struct Entry {
    int64_t due;
    uint64_t order;  // breaks ties
    uint32_t slot;
  };
  // The low bits of an id are the number of a slot, and the high bits are the
  // slot's generation. The generation is never 0 and grows with each use of the
  // slot.
  struct Slot {
    Task task;
    uint32_t generation = 1;
    size_t place = kFree;  // in heap_
  };
  static constexpr size_t kFree = ~size_t{0};

  static bool Earlier(const Entry& a, const Entry& b) {
    return a.due != b.due ? a.due < b.due : a.order < b.order;
  }
  void Put(size_t place, const Entry& entry);
  void SiftUp(size_t place, const Entry& entry);
  void SiftDown(size_t place, const Entry& entry);
  Task Remove(size_t place);

  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;  // slots
  uint64_t added_ = 0;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LOOP_TIMER_QUEUE_H_
