// A protobuf message of the policy file, with the places of the message and of
// its fields. Part of the loader.

#ifndef MAILVERDICT_LIB_POLICY_LOADER_PARSED_MESSAGE_H_
#define MAILVERDICT_LIB_POLICY_LOADER_PARSED_MESSAGE_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/text_format.h>

#include <cstddef>
#include <string_view>

#include "lib/policy/loader/faults.h"

namespace mailverdict {

// The offset of a field in the file. `index` selects an element of a repeated
// field; it is -1 for other fields. protobuf gives all elements of a list in
// brackets the place of the list. Returns `otherwise` for a field that is not
// in the file.
inline size_t OffsetOf(const google::protobuf::TextFormat::ParseInfoTree* tree,
                       const google::protobuf::FieldDescriptor* field,
                       int index, size_t otherwise, const Faults& faults) {
  if (tree == nullptr) return otherwise;
  const int last = field->is_repeated() ? 0 : -1;
  // An element of a list in brackets may have no place of its own; then the
  // place of an earlier element is used.
  for (int i = field->is_repeated() ? index : -1; i >= last; --i) {
    const auto at = tree->GetLocation(field, i);
    if (at.line >= 0) return faults.source().OffsetOf(at.line, at.column);
  }
  return otherwise;
}

// A message with the places of its fields. Does not own the message, the tree
// or the faults. Fields are given by their numbers, such as
// proto::Directory::kUriFieldNumber. `index` selects an element of a repeated
// field.
template <typename M>
class ParsedMessage {
 public:
  using Tree = google::protobuf::TextFormat::ParseInfoTree;

  // `tree` may be nullptr. `begin` is the offset of the message's name.
  ParsedMessage(const M& message, const Tree* tree, size_t begin,
                Faults* faults)
      : message_(message), tree_(tree), begin_(begin), faults_(faults) {}

  const M* operator->() const { return &message_; }
  const Tree* tree() const { return tree_; }
  size_t begin() const { return begin_; }
  Faults& faults() const { return *faults_; }

  // The offset of the field, or the offset of the message if the field is left
  // out.
  size_t At(int field, int index = -1) const {
    return OffsetOf(tree_, M::descriptor()->FindFieldByNumber(field), index,
                    begin_, *faults_);
  }

  // The parsed message of `child`, the message in `field`.
  template <typename C>
  ParsedMessage<C> Child(const C& child, int field, int index = -1) const {
    const Tree* tree =
        tree_ == nullptr
            ? nullptr
            : tree_->GetTreeForNested(M::descriptor()->FindFieldByNumber(field),
                                      index);
    return ParsedMessage<C>(child, tree, At(field, index), faults_);
  }

  void Error(int field, std::string_view what, int index = -1) const {
    faults_->Error(At(field, index), what);
  }
  void Warning(int field, std::string_view what, int index = -1) const {
    faults_->Warning(At(field, index), what);
  }

 private:
  const M& message_;
  const Tree* tree_;
  size_t begin_;
  Faults* faults_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_POLICY_LOADER_PARSED_MESSAGE_H_
