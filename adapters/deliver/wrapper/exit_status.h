// Decides the exit status that the MTA gets, by how the delivery program ended.
// Pure.
//
// An MTA bounces the message at every exit status that it does not take for
// temporary. All MTAs take 75 for temporary; Exim also takes 73, and Postfix
// and sendmail also take 71. So every status becomes 75, except:
//
//    0 EX_OK        the mail is delivered.
//   75 EX_TEMPFAIL  is temporary already.
//   67 EX_NOUSER    stays 67 if the absence is proven (unknown_user_rule.h).
//   77 EX_NOPERM    dovecot-lda -e and maildrop: over quota, or refused by the
//                   user's own filter. This is a decision about a mailbox that
//                   exists. So it stays 77, unless --defer lists it.
//
// MTAs bounce at the following statuses, too. They become 75, because each may
// be the fault of this host:
//
//   1, 2            "general error" of shells and of most programs.
//   64 EX_USAGE     a wrong option: this host's fault, not the sender's.
//   65 EX_DATAERR   a malformed message; but also a user's broken filter file,
//                   or a map's answer that sendmail could not read.
//   66 EX_NOINPUT   a file is missing.
//   68 EX_NOHOST    a name server does not know a host.
//   69 EX_UNAVAILABLE  maildrop and mail.local: any service or file.
//   70, 71 EX_SOFTWARE, EX_OSERR  a bug; no memory, no process.
//   72, 73 EX_OSFILE, EX_CANTCREAT  procmail: a full disk, a lost mount.
//   74 EX_IOERR     the disk.
//   76 EX_PROTOCOL  the other side is broken.
//   78 EX_CONFIG    this host's fault.
//   126, 127, 128 + n  a shell: cannot execute, not found, death by signal n.
//   others          not defined anywhere.
//
// Operators can list statuses:
//   --pass            these statuses are passed on unchanged; the program uses
//                     them to say that the message is at fault. 67 cannot be
//                     listed, since it has a rule of its own, nor can 126 and
//                     above, by which a shell reports its own failures.
//   --unknown-status  these are treated as 67, and become 67 if the absence is
//                     proven: with them the program says "user unknown", as
//                     mail.local does with 69.
//   --defer           these become 75.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_EXIT_STATUS_H_
#define MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_EXIT_STATUS_H_

#include <bitset>
#include <string>

namespace mailverdict::deliver {

inline constexpr int kExOk = 0;
inline constexpr int kExNoUser = 67;
inline constexpr int kExTempFail = 75;
inline constexpr int kExNoPerm = 77;

// The greatest status that --pass and --unknown-status take.
inline constexpr int kMaxPassedStatus = 125;

// How a program ended. If it exits with 0, it has delivered the mail, and the
// ending is kExited, even if the wrapper had sent it a signal before. Any other
// ending would make the MTA deliver the mail twice.
struct Ending {
  enum class How {
    kExited,      // number: its status, 0..255
    kSignalled,   // number: the signal that killed it
    kNotStarted,  // number: errno of pipe, clone or exec
    kTimedOut,    // the wrapper has killed it, or tried to; number: 0
    kStopped,     // number: the signal that the wrapper got and passed on to it
  };
  How how;
  int number;
};

// The operator's lists of statuses. If a status is in several lists, `defer`
// decides before `unknown`, and `unknown` before `pass`.
struct StatusLists {
  std::bitset<256> pass, defer;
  std::bitset<256> unknown;  // without 67, which is always "user unknown"
};

// Returns the status for the MTA: 0, 67, 75, 77, or one of lists.pass. The
// caller must turn 67 into 75 unless the absence is proven.
int ExitStatusFor(const Ending& ending, const StatusLists& lists);

// Describes the ending for a log: "exit status 68 (EX_NOHOST)", "death by
// signal 11 (SIGSEGV)", "failure to start (ENOENT: No such file or directory)".
std::string Describe(const Ending& ending);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_EXIT_STATUS_H_
