// The mapping from how a delivery program ended to the exit status that the MTA
// sees. Pure.
//
// An MTA bounces the message at every exit status that it does not know as
// temporary, and only 75 is temporary for all MTAs (for Exim 73 is, too; for
// Postfix and sendmail 71). So every status becomes 75, except:
//
//    0 EX_OK        delivered.
//   75 EX_TEMPFAIL  temporary already.
//   67 EX_NOUSER    stands if the absence is proven (unknown_user_rule.h),
//   else 75. 77 EX_NOPERM    dovecot-lda -e and maildrop: over quota, or
//   refused by the
//                   user's own filter. A decision about a mailbox that exists,
//                   so it passes, unless --defer lists it.
//
// What the others mean, at which MTAs bounce too:
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
//   --pass            their program uses these for a fault of the message. Not
//                     67, which has its own rule, and not 126 and above, by
//                     which a shell reports its own failures.
//   --unknown-status  their program says "user unknown" by these, as mail.local
//                     does by 69. They are treated as 67, and leave as 67.
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

// How a program ended, if it did. A program that exits with 0 has delivered,
// even after a timeout or a signal of ours: that is kExited, since otherwise
// the mail would be delivered twice.
struct Ending {
  enum class How {
    kExited,      // number: its status, 0..255
    kSignalled,   // number: the signal that killed it
    kNotStarted,  // number: errno of pipe, clone or exec
    kTimedOut,    // ended by us, or not even so; number: 0
    kStopped,     // number: the signal that we got and passed on to it
  };
  How how;
  int number;
};

// The operator's lists of statuses. If one is in several lists, `defer` counts
// most, then `unknown`.
struct StatusLists {
  std::bitset<256> pass, defer;
  std::bitset<256> unknown;  // without 67, which is always "user unknown"
};

// The status for the MTA: 0, 75, 77, one of lists.pass, or 67. The caller turns
// 67 into 75 unless the absence is proven.
int ExitStatusFor(const Ending& ending, const StatusLists& lists);

// The ending in words, for a log: "exit status 68 (EX_NOHOST)", "death by
// signal 11 (SIGSEGV)", "failure to start (ENOENT: No such file or directory)".
std::string Describe(const Ending& ending);

}  // namespace mailverdict::deliver

#endif  // MAILVERDICT_ADAPTERS_DELIVER_WRAPPER_EXIT_STATUS_H_
