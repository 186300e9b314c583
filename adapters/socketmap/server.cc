#include "adapters/socketmap/server.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace mailverdict::socketmap {
namespace {

// One connection's requests, each given to the handler.
class ServerCodec final : public server::Codec {
 public:
  explicit ServerCodec(std::shared_ptr<const Handler> handler)
      : handler_(std::move(handler)) {}

  size_t room() const override { return reader_.room(); }
  void Feed(std::string_view bytes) override { reader_.Feed(bytes); }
  Result Next(server::Responder reply) override {
    Request request;
    switch (reader_.Next(&request)) {
      case ReadResult::kOne:
        (*handler_)(request, std::move(reply));
        return Result::kRequest;
      case ReadResult::kError:
        return Result::kMalformed;
      case ReadResult::kMore:
        break;
    }
    if (!finished_) return Result::kMore;
    reader_.Finish();  // what is left is half a request
    return Result::kMalformed;
  }
  AtEndOfFile EndOfFile() override {
    finished_ = true;
    return AtEndOfFile::kAnswer;
  }
  std::string_view unread() const override { return reader_.unread(); }
  std::string_view error() const override { return Describe(reader_.error()); }
  void Frame(std::string_view answer, std::string* out) override {
    if (EncodeReply(answer, out)) return;
    (void)EncodeReply("TEMP reply too long", out);
  }

 private:
  const std::shared_ptr<const Handler> handler_;
  RequestReader reader_;
  bool finished_ = false;  // nothing more will be fed
};

}  // namespace

Server::Server(EventLoop* loop, Handler handler, LogSink log,
               const ServerLimits& limits)
    : server::Server(
          loop, "socketmap",
          [handler = std::make_shared<const Handler>(std::move(handler))] {
            return std::make_unique<ServerCodec>(handler);
          },
          std::move(log), limits) {}

}  // namespace mailverdict::socketmap
