// A server of the socketmap protocol: the server of adapters/server with the
// codec of this folder.
//
//   socketmap::Server server(loop, [](const Request& request, Responder reply)
//   {
//     reply.Send("NOTFOUND ");            // now, or later: keep `reply`
//   }, log);
//   absl::Status status = server.Listen("unix:/run/mailverdict/socketmap");
//
// A client may close its sending half and wait for its answers. An answer over
// kMaxReplyBytes becomes "TEMP reply too long".

#ifndef MAILVERDICT_ADAPTERS_SOCKETMAP_SERVER_H_
#define MAILVERDICT_ADAPTERS_SOCKETMAP_SERVER_H_

#include <functional>

#include "adapters/server/server.h"
#include "adapters/socketmap/codec.h"
#include "lib/loop/event_loop.h"
#include "lib/loop/log.h"

namespace mailverdict::socketmap {

// Its Send takes the payload of a reply: Send("OK yes"). See EncodeReply.
using Responder = server::Responder;
using ServerLimits = server::Limits;

// Called on the loop's thread for each request. The request's views are valid
// during the call only. Must not destroy the server.
using Handler = std::function<void(const Request& request, Responder reply)>;

class Server : public server::Server {
 public:
  Server(EventLoop* loop, Handler handler, LogSink log,
         const ServerLimits& limits = ServerLimits());
};

}  // namespace mailverdict::socketmap

#endif  // MAILVERDICT_ADAPTERS_SOCKETMAP_SERVER_H_
