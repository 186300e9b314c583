#include <google/protobuf/message.h>

#include <algorithm>

#include "absl/strings/substitute.h"
#include "lib/mail/utf8.h"
#include "lib/policy/loader/read_policy.h"

namespace mailverdict {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Tree = google::protobuf::TextFormat::ParseInfoTree;

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// Returns what is wrong with a text, in whatever field it is; "" if nothing is.
std::string_view FaultOf(const std::string& text, bool may_be_empty) {
  if (text.empty()) {
    return may_be_empty ? "" : "is empty; write a value, or leave it out";
  }
  if (std::any_of(text.begin(), text.end(), IsControl)) {
    return "has a control character in it, such as a tab or a line's end; "
           "remove it";
  }
  if (text.front() == ' ' || text.back() == ' ') {
    return "begins or ends with a blank; remove it";
  }
  if (mail::FindBadUtf8(text).has_value()) {
    return "is not UTF-8; save the file as UTF-8";
  }
  return "";
}

// The fields in which an empty text has a meaning: no tags (tag_delimiters),
// and the root of everything that a server has (base).
bool MayBeEmpty(const FieldDescriptor& field) {
  return field.name() == "tag_delimiters" || field.name() == "base";
}

// By reflection, so that a field that is added later is checked too. The
// recursion is as deep as the messages of the policy nest, which the parser has
// limited.
void CheckMessage(const Message& message, const Tree* tree, Faults* faults) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const bool repeated = field->is_repeated();
    const int count = repeated ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const int index = repeated ? i : -1;
      if (field->type() == FieldDescriptor::TYPE_MESSAGE) {
        const Tree* nested =
            tree == nullptr ? nullptr : tree->GetTreeForNested(field, index);
        CheckMessage(repeated ? reflection.GetRepeatedMessage(message, field, i)
                              : reflection.GetMessage(message, field),
                     nested, faults);
      } else if (field->type() == FieldDescriptor::TYPE_STRING) {
        const std::string text =
            repeated ? reflection.GetRepeatedString(message, field, i)
                     : reflection.GetString(message, field);
        const std::string_view fault = FaultOf(text, MayBeEmpty(*field));
        if (fault.empty()) continue;
        faults->Error(
            OffsetOf(tree, field, index, 0, *faults),
            absl::StrCat(field->name(), " ",
                         absl::string_view(fault.data(), fault.size())));
      }
    }
  }
}

}  // namespace

void CheckTexts(const ParsedMessage<proto::Policy>& parsed) {
  CheckMessage(*parsed.operator->(), parsed.tree(), &parsed.faults());
}

}  // namespace mailverdict
