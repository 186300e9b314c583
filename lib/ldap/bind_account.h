// The account that we bind as, to all servers of a directory. Decides when a
// refused password is tried again. Directories lock an account after a few
// wrong passwords (slapo-ppolicy(5): pwdMaxFailure; Active Directory:
// lockoutThreshold). The servers replicate the count, so the lock holds at all
// of them and for every gateway. For this reason the connections to all servers
// of a directory share one BindAccount.
//
//   absl::Status may_bind = account.MayBind(uri, credentials, now);
//   ... connect ...
//   auto attempt = account.BeginAttempt(uri, credentials, now);
//   if (!attempt.ok()) return attempt.status();
//   ... bind ...
//   attempt->Accepted();  // or attempt->Refused(why); neither if no answer
//   came

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
  // The wait after a refusal, for all servers. It doubles with each further
  // refusal, up to kMaxWait.
  static constexpr absl::Duration kFirstWait = absl::Seconds(30);
  static constexpr absl::Duration kMaxWait = absl::Minutes(10);
  // During a wait the password file is read this often.
  static constexpr absl::Duration kPasswordPoll = absl::Seconds(1);
  // The server that refused waits this much longer than the others, so that
  // another server that can be reached gets the next attempt.
  static constexpr absl::Duration kRefuserExtraWait = absl::Seconds(3);
  // While it is not known whether the password is right, one server is tried at
  // a time. Attempts to bind to other servers wait at most this long for its
  // answer, because it may hang.
  static constexpr absl::Duration kMaxAttemptWait = absl::Seconds(1);

  // One attempt to bind. Its destructor ends it.
  class Attempt {
   public:
    Attempt(Attempt&& other) noexcept;
    Attempt& operator=(Attempt&&) = delete;
    ~Attempt();
    void Accepted();
    // `why`: what the server said and what it means, for the log.
    void Refused(const std::string& why);

   private:
    friend class BindAccount;
    Attempt(BindAccount* account, std::string uri, absl::Time now, bool alone);
    // Whether the account still has the credentials of this attempt. REQUIRES:
    // the account's mutex is locked.
    bool IsCurrent() const { return credentials_ == account_->credentials_; }
    BindAccount* account_;  // null: moved from
    std::string uri_;
    absl::Time now_;
    bool alone_;
    size_t credentials_;  // a hash
  };

  // OK if an attempt to bind to the server at `uri` is allowed now.
  // `credentials` is the text of the password file, or "" if there is none.
  // Changed credentials may be tried at once. Otherwise an Unauthenticated
  // error names the server that refused them, the reason, and the time until
  // the next attempt.
  absl::Status MayBind(const std::string& uri, const std::string& credentials,
                       absl::Time now);

  // Like MayBind, but also begins the attempt. Blocks for up to
  // kMaxAttemptWait.
  absl::StatusOr<Attempt> BeginAttempt(const std::string& uri,
                                       const std::string& credentials,
                                       absl::Time now);

  // Allows the next attempt at once. For an operator who has repaired the
  // account (unlocked it, for example).
  void ForgetRefusals();

 private:
  struct Server {
    bool accepted = false;  // its last answer to these credentials
    // The event number of its first refusal since it last accepted; 0: none.
    uint64_t refused_at = 0;
    int refusals = 0;                         // in a row
    absl::Time until = absl::InfinitePast();  // no attempt before
    std::string why;                          // of its last refusal
  };

  // REQUIRES for all of these: mutex_ is locked.
  void Renew(const std::string& credentials);
  void StartOver();
  Server& Find(const std::string& uri);
  absl::Status Allowed(const std::string& uri, absl::Time now);
  bool Proven() const { return accepted_at_ > refused_at_; }
  void Accept(const std::string& uri);
  void Refuse(const std::string& uri, const std::string& why, absl::Time now);

  std::mutex mutex_;  // guards all below
  std::condition_variable free_;
  bool taken_ = false;      // others wait for an attempt that is under way
  size_t credentials_ = 0;  // a hash
  std::map<std::string, Server> servers_;
  // Acceptances and refusals are numbered, to tell which came later.
  // refused_at_ is the number of the last refusal that concerns all servers;
  // refusals_ counts such refusals in a row.
  uint64_t events_ = 0;
  uint64_t accepted_at_ = 0;
  uint64_t refused_at_ = 0;
  int refusals_ = 0;  // in a row
  absl::Time until_ =
      absl::InfinitePast();  // for servers that are not in servers_
  std::string refuser_;
  std::string why_;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_BIND_ACCOUNT_H_
