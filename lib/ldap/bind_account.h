// The account that a directory's servers are bound with. It decides how often a
// password that was refused is tried again. Directories lock an account after a
// few wrong passwords (slapo-ppolicy(5), pwdMaxFailure; Active Directory's
// lockoutThreshold), for every gateway and at all servers, since they replicate
// the count. So the servers of a directory share the outcome of each attempt.
//
//   absl::Status may = account.MayBind(uri, credentials, now);  // or why not
//   ... connect ...
//   auto turn = account.Take(uri, credentials, now);
//   if (!turn.ok()) return turn.status();
//   ... bind ...
//   turn->Accepted();  // or turn->Refused(why); or neither: there was no
//   answer

#ifndef MAILVERDICT_LIB_LDAP_BIND_ACCOUNT_H_
#define MAILVERDICT_LIB_LDAP_BIND_ACCOUNT_H_

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace mailverdict {

// Thread-safe.
class BindAccount {
 public:
  // After a refusal no server is bound to for kFirstWait. The wait doubles with
  // each further refusal, up to kMaxWait.
  static constexpr absl::Duration kFirstWait = absl::Seconds(30);
  static constexpr absl::Duration kMaxWait = absl::Minutes(10);
  // How often the password file is looked at during a wait.
  static constexpr absl::Duration kLook = absl::Seconds(1);
  // A server that has refused waits this much longer than the others (a few
  // kLook), so that a server that can be reached has the next attempt.
  static constexpr absl::Duration kYield = absl::Seconds(3);
  // While it is not known whether a password is right, one server is tried at a
  // time. No server waits longer than this for another's answer, which may
  // hang.
  static constexpr absl::Duration kTurn = absl::Seconds(1);

  // The right to one attempt. Ends when it is destroyed.
  class Turn {
   public:
    Turn(Turn&& other) noexcept;
    Turn& operator=(Turn&&) = delete;
    ~Turn();
    void Accepted();
    // `why`: what the server said and what it means, for the log.
    void Refused(const std::string& why);

   private:
    friend class BindAccount;
    Turn(BindAccount* account, std::string uri, absl::Time now, bool alone);
    // With the account's mutex held: whether the attempt was made with the
    // credentials that are tried now.
    bool IsCurrent() const { return credentials_ == account_->credentials_; }
    BindAccount* account_;  // null: moved from
    std::string uri_;
    absl::Time now_;
    bool alone_;
    size_t credentials_;  // a hash
  };

  // OK when the server at `uri` may be bound to with `credentials`: the text of
  // the password file, or "" when there is none. Credentials that have changed
  // may be tried at once. Otherwise an Unauthenticated error names the server
  // that refused them, the reason, and the time of the next attempt.
  absl::Status MayBind(const std::string& uri, const std::string& credentials,
                       absl::Time now);

  // As MayBind, and begins the attempt. Blocks for up to kTurn.
  absl::StatusOr<Turn> Take(const std::string& uri,
                            const std::string& credentials, absl::Time now);

  // The next attempt may be made at once: an operator says that the account is
  // right again (unlocked, for example).
  void ForgetRefusals();

 private:
  struct Server {
    bool accepted = false;    // these credentials, and not refused since
    uint64_t refused_at = 0;  // counted; the first since it accepted; 0: none
    int refusals = 0;         // in a row
    absl::Time until = absl::InfinitePast();  // no attempt before
    std::string why;                          // it refused
  };

  // All with mutex_ held.
  void Renew(const std::string& credentials);
  void StartOver();
  Server& Find(const std::string& uri);
  absl::Status Allowed(const std::string& uri, absl::Time now);
  bool Proven() const { return accepted_at_ > refused_at_; }
  void Accept(const std::string& uri);
  void Refuse(const std::string& uri, const std::string& why, absl::Time now);

  std::mutex mutex_;  // guards all below
  std::condition_variable free_;
  bool taken_ = false;      // an attempt is under way that others wait for
  size_t credentials_ = 0;  // a hash
  std::map<std::string, Server> servers_;
  // Events are numbered, to tell which came last: an acceptance, or a refusal
  // that concerns all servers.
  uint64_t events_ = 0;
  uint64_t accepted_at_ = 0;
  uint64_t refused_at_ = 0;
  int refusals_ = 0;                         // of that kind, in a row
  absl::Time until_ = absl::InfinitePast();  // for servers not asked yet
  std::string refuser_;
  std::string why_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_BIND_ACCOUNT_H_
