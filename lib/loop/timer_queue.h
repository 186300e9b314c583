// The loop's timers: a heap in which each timer knows its place.
//
// Most timers are deadlines that are cancelled before they are due, thousands a
// second. Cancel therefore removes the entry at once, in O(log n) and without
// hashing, so that the heap holds only timers that are wanted. A timer that is
// later than all others, as a new deadline mostly is, is added in O(1).

#ifndef MAILVERDICT_LIB_LOOP_TIMER_QUEUE_H_
#define MAILVERDICT_LIB_LOOP_TIMER_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "lib/loop/executor.h"

namespace mailverdict {

// Has no clock: times are nanoseconds from one point in time that the caller
// chooses. Not thread-safe.
class TimerQueue {
 public:
  using Id = Executor::TimerId;
  using Task = Executor::Task;

  // Never returns 0, nor an id twice.
  Id Add(int64_t due, Task task);

  // Forgets the timer and destroys its task. False if there is none.
  bool Cancel(Id id);

  // The time at which the earliest timer is due; nullopt if there is none.
  std::optional<int64_t> NextDue() const;

  // Removes the earliest timer and returns its task, if it is due at `now`.
  // Timers that are due at the same time come in the order of their Add.
  std::optional<Task> TakeDue(int64_t now);

  size_t size() const { return heap_.size(); }

 private:
  struct Entry {
    int64_t due;
    uint64_t order;  // breaks ties
    uint32_t slot;
  };
  // An id is a slot's number and, above it, the slot's generation, which is
  // never 0 and grows with each use of the slot.
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
