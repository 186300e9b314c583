// The whole C++ library of mailverdict in one header.
//
// It decides for a mail gateway whether a recipient or a message passes, is
// deferred (4xx) or is rejected (5xx). No answer that could be the fault of a
// broken service becomes a rejection, and every rejection carries a proof.
//
// -----------------------------------------------------------------------
// Load a policy from the text of a file (proto/policy.proto has its fields):
//
//   absl::StatusOr<LoadedPolicy> loaded = LoadPolicy(text, path, read_file);
//   if (!loaded.ok()) ...   // each line "file:line:column: what to write"
//   auto policy = std::make_shared<const Policy>(std::move(loaded->policy));
//
// -----------------------------------------------------------------------
// Describe what the MTA has told us so far, stage by stage:
//
//   Transaction tx;
//   tx.stage = Stage::kRcpt;
//   tx.client = "192.0.2.1";
//   tx.sender = "ann@example.net";
//   tx.recipient = "joe@example.org";
//
// -----------------------------------------------------------------------
// Use the chain alone in a program that has resolvers of its own. Evaluate does
// no I/O: it returns the verdict, or the lookups that it needs.
// docs/examples/chain.cc is a whole program.
//
//   const Chain chain = BuildChain(policy);
//   for (Evidence evidence;;) {
//     Evaluation e = Evaluate(chain, tx, evidence);
//     if (auto* verdict = std::get_if<Verdict>(&e)) return *verdict;
//     for (const Lookup& l : std::get<std::vector<Lookup>>(e)) {
//       evidence.Add(Ask(l));
//     }
//   }
//
// A resolver reports what it saw for the lookup and for its controls
// (ControlsFor, DnsControlsFor). Only Vouch, Confirm and VouchDns turn these
// reports into proven answers.
//
// -----------------------------------------------------------------------
// Or use the engine, which asks LDAP and DNS, caches the answers and keeps a
// deadline. It runs on an Executor: our EventLoop, or one of your own.
// docs/examples/engine.cc is a whole program.
//
//   absl::StatusOr<std::unique_ptr<EventLoop>> loop = EventLoop::Create();
//   if (!loop.ok()) ...
//   MemoryHistory history;
//   auto log = [](const std::string& line) { std::cerr << line << "\n"; };
//   auto engine = Engine::Create(policy, loop->get(), &history,
//                                RealServices(loop->get()), log);
//   engine->Judge(tx, [](const Transaction&, const Verdict& verdict) {
//     ...  // on the loop's thread, before the policy's deadline
//   });
//   (*loop)->Run();  // until (*loop)->Stop()
//
// -----------------------------------------------------------------------
// Use a verdict:
//
//   verdict.disposition()  // kPass, kDefer or kReject
//   verdict.reply()        // what the SMTP client is told, unless it passes
//   verdict.Tree()         // each check, each answer, the proof: for people
//
// Values (Policy, Transaction, Answer, Verdict) may be used by any thread; the
// engine and the resolvers belong to the thread of their executor.

#ifndef MAILVERDICT_LIB_MAILVERDICT_H_
#define MAILVERDICT_LIB_MAILVERDICT_H_

#include "lib/checks/build_chain.h"
#include "lib/core/chain.h"
#include "lib/core/dns_vouch.h"
#include "lib/core/transaction.h"
#include "lib/core/verdict.h"
#include "lib/core/vouch.h"
#include "lib/engine/engine.h"
#include "lib/engine/services.h"
#include "lib/history/memory_history.h"
#include "lib/loop/event_loop.h"
#include "lib/policy/loader/loader.h"
#include "lib/policy/policy.h"

#endif  // MAILVERDICT_LIB_MAILVERDICT_H_
