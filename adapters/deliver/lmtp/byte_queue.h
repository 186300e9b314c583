// A first-in, first-out buffer of bytes.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_LMTP_BYTE_QUEUE_H_
#define MAILVERDICT_ADAPTERS_DELIVER_LMTP_BYTE_QUEUE_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace mailverdict::deliver {

// Takes time linear in the bytes that pass through. Grows as needed and keeps
// its memory; the caller must limit its size. Not thread-safe.
class ByteQueue {
 public:
  // All bytes in the queue. Valid until the next change of the queue.
  std::string_view view() const {
    return std::string_view(bytes_).substr(begin_);
  }
  size_t size() const { return bytes_.size() - begin_; }
  bool empty() const { return size() == 0; }

  void Append(std::string_view bytes) { bytes_.append(bytes); }

  // Removes the first `count` bytes. REQUIRES: count <= size().
  void Drop(size_t count) {
    begin_ += count;
    // Moves the rest only when at least as many bytes have left, so that each
    // byte is moved at most once on average.
    if (begin_ >= bytes_.size() - begin_) {
      bytes_.erase(0, begin_);
      begin_ = 0;
    }
  }

  void Clear() { Drop(size()); }

 private:
  std::string bytes_;
  size_t begin_ = 0;  // bytes_ before this have left the queue
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_LMTP_BYTE_QUEUE_H_
