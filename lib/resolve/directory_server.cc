#include "lib/resolve/directory_server.h"

#include <pthread.h>
#include <signal.h>

#include <utility>

#include "lib/resolve/directory_worker.h"

namespace mailverdict {
namespace {

// Signals are for the thread that runs the loop, so the new one is born without
// them; SIGPIPE too. But a fault of its own must still be able to kill it.
std::thread StartWithoutSignals(std::shared_ptr<DirectoryWorker> worker) {
  sigset_t blocked, before;
  sigfillset(&blocked);
  for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) {
    sigdelset(&blocked, fault);
  }
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  std::thread thread([worker = std::move(worker)] { worker->Run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

DirectoryServer::DirectoryServer(std::shared_ptr<const DirectoryPolicy> policy,
                                 size_t server, Executor* executor,
                                 DirectoryHooks hooks)
    : worker_(std::make_shared<DirectoryWorker>(std::move(policy), server,
                                                executor, std::move(hooks))) {
  LdapConnection::IgnoreAmbientDefaults();
  thread_ = StartWithoutSignals(worker_);
}

DirectoryServer::~DirectoryServer() {
  if (worker_->Stop()) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void DirectoryServer::Resolve(const MailboxLookup& lookup, Done done) {
  worker_->Resolve(lookup, std::move(done));
}

ServerState DirectoryServer::state() const { return worker_->state(); }

}  // namespace mailverdict
