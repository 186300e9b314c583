// Bytes on their way: appended behind, taken off in front.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_LMTP_BYTE_QUEUE_H_
#define MAILVERDICT_ADAPTERS_DELIVER_LMTP_BYTE_QUEUE_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace mailverdict::deliver {

// Linear in what passes through. It grows with need and keeps its memory; the
// bound is its user's. Not thread-safe.
class ByteQueue {
 public:
  // Valid until the next call of anything else.
  std::string_view view() const {
    return std::string_view(bytes_).substr(begin_);
  }
  size_t size() const { return bytes_.size() - begin_; }
  bool empty() const { return size() == 0; }

  void Append(std::string_view bytes) { bytes_.append(bytes); }

  // REQUIRES: count <= size().
  void Drop(size_t count) {
    begin_ += count;
    // At least as many bytes have left as are moved.
    if (begin_ >= bytes_.size() - begin_) {
      bytes_.erase(0, begin_);
      begin_ = 0;
    }
  }

  void Clear() { Drop(size()); }

 private:
  std::string bytes_;
  size_t begin_ = 0;  // what is before it has left
};

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_LMTP_BYTE_QUEUE_H_
