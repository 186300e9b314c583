// Commands as text, for tests.

#ifndef MAILVERDICT_ADAPTERS_MILTER_CODEC_COMMAND_TESTING_H_
#define MAILVERDICT_ADAPTERS_MILTER_CODEC_COMMAND_TESTING_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/milter/codec/command.h"

namespace mailverdict::milter {

// Collects the parts of one command, each in brackets.
struct CommandPrinter {
  void operator()(const Offer& offer) {
    Add(offer.version);
    Add(offer.actions);
    Add(offer.steps);
  }
  void operator()(const MacroList& list) {
    if (list.stage.has_value()) Add(static_cast<uint32_t>(*list.stage));
    for (const MacroList::Macro& macro : list.macros) {
      Add(macro.name);
      Add(macro.value);
    }
  }
  void operator()(const Connect& connect) {
    Add(connect.host);
    text += static_cast<char>(connect.family);
    Add(connect.address);
    Add(connect.port);
  }
  void operator()(const Helo& helo) { Add(helo.name); }
  void operator()(const Mail& command) {
    Add(command.sender);
    Add(command.parameters);
  }
  void operator()(const Rcpt& command) {
    Add(command.recipient);
    Add(command.parameters);
  }
  void operator()(const UnknownCommand& command) { Add(command.line); }
  void operator()(const Header& header) {
    Add(header.name);
    Add(header.value);
  }
  void operator()(const Body& body) { Add(body.bytes); }
  void operator()(const EndOfMessage& end) { Add(end.body); }
  template <typename WithoutData>
  void operator()(const WithoutData&) {}

  void Add(std::string_view part) {
    text += '[';
    text += part;
    text += ']';
  }
  void Add(uint32_t number) { Add(std::to_string(number)); }
  void Add(const std::vector<std::string_view>& parts) {
    for (std::string_view part : parts) Add(part);
  }

  std::string text;
};

// A command's letter and its parts: "M[<a@b.test>][SIZE=1]".
inline std::string Show(const Command& command) {
  CommandPrinter printer{{static_cast<char>(LetterOf(command))}};
  std::visit(printer, command);
  return printer.text;
}

// Reads `bytes`, in pieces of `piece` bytes, to their end.
struct Readout {
  std::vector<std::string> commands;
  CodecError error = CodecError::kNone;
};
inline Readout ReadAll(std::string_view bytes, size_t piece,
                       size_t max_packet_bytes = kMaxPacketBytes) {
  CommandReader reader(max_packet_bytes);
  Readout readout;
  while (!bytes.empty() && reader.error() == CodecError::kNone) {
    const size_t taken = reader.Feed(bytes.substr(0, piece));
    if (taken == 0) break;
    bytes.remove_prefix(taken);
    Command command;
    while (reader.Next(&command) == ReadResult::kOne) {
      readout.commands.push_back(Show(command));
    }
  }
  reader.Finish();
  readout.error = reader.error();
  return readout;
}

}  // namespace mailverdict::milter

#endif  // MAILVERDICT_ADAPTERS_MILTER_CODEC_COMMAND_TESTING_H_
