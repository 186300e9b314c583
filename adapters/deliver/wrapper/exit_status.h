// How a delivery program ended, and what the MTA may learn of it. Pure.
//
// An MTA bounces at every exit status that it does not know as temporary, and
// only 75 is temporary for all of them (Exim adds 73, Postfix and sendmail 71).
// So each status but these becomes 75:
//
//    0 EX_OK        delivered.
//   75 EX_TEMPFAIL  the program knows best.
//   67 EX_NOUSER    stands if the unknown rule says so, else 75.
//   77 EX_NOPERM    dovecot-lda -e and maildrop: over quota, or refused by the
//                   user's own filter. A decision about a mailbox that is
//                   there; passes unless listed under --defer.
//
// Why not the others, which MTAs bounce:
//
//   1, 2            "general error" of shells and of most programs.
//   64 EX_USAGE     a wrong option: ours to repair, not the sender's.
//   65 EX_DATAERR   the message is malformed, say; but also a user's own broken
//                   filter file, and what sendmail says of a map's answer.
//   66 EX_NOINPUT   a file is missing.
//   68 EX_NOHOST    a name server does not know a host.
//   69 EX_UNAVAILABLE  maildrop and mail.local: any service or file.
//   70, 71 EX_SOFTWARE, EX_OSERR  a bug; no memory, no process.
//   72, 73 EX_OSFILE, EX_CANTCREAT  procmail: a full disk, a lost mount.
//   74 EX_IOERR     the disk.
//   76 EX_PROTOCOL  the other side is broken.
//   78 EX_CONFIG    ours to repair.
//   126, 127, 128 + n  a shell: cannot execute, not found, death by signal n.
//   the rest        nobody says what they mean.
//
// Who knows that his program uses one of them for a fault of the message lists
// it under --pass. 67 cannot be: it has its rule. 126 and above cannot be: a
// shell says them of any program.
//
// A program that says "user unknown" by another status, as mail.local does by
// 69, has that listed under --unknown-status: it is treated as 67, and leaves
// as 67.

#ifndef MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_EXIT_STATUS_H_
#define MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_EXIT_STATUS_H_

#include <bitset>
#include <string>

namespace mailverdict::deliver {

inline constexpr int kExOk = 0;
inline constexpr int kExNoUser = 67;
inline constexpr int kExTempFail = 75;
inline constexpr int kExNoPerm = 77;

// The greatest status that --pass takes.
inline constexpr int kMaxPassedStatus = 125;

// How a program ended, or did not. A program that exits with 0 has delivered,
// whatever was asked of it before: that is kExited, or the mail comes twice.
struct Ending {
  enum class How {
    kExited,      // number: its status, 0..255
    kSignalled,   // number: the signal it died of
    kNotStarted,  // number: errno of pipe, fork or exec
    kTimedOut,    // it ended only when told to, or not even then; number: 0
    kStopped,     // number: the signal that we were sent and passed on
  };
  How how;
  int number;
};

// The operator's lists. What is in `defer` and another is deferred; what is in
// the other two is unknown.
struct StatusLists {
  std::bitset<256> pass, defer;
  std::bitset<256> unknown;  // beside 67
};

// What we exit with: 0, 75, 77, a status of lists.pass, or 67, which may stand
// only if the unknown rule says so: it becomes 75 otherwise.
int ExitStatusFor(const Ending& ending, const StatusLists& lists);

// "exit status 68 (EX_NOHOST)", "death by signal 11 (SIGSEGV)", "failure to
// start (ENOENT: No such file or directory)".
std::string Describe(const Ending& ending);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_EXIT_STATUS_H_
