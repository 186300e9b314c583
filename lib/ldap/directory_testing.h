// A fixture with a Directory in front of a real slapd, and people in it.

#ifndef MAILVERDICT_LIB_LDAP_DIRECTORY_TESTING_H_
#define MAILVERDICT_LIB_LDAP_DIRECTORY_TESTING_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/ldap/cut_proxy_testing.h"
#include "lib/ldap/directory.h"
#include "lib/ldap/server.h"
#include "lib/ldap/slapd_testing.h"
#include "lib/loop/manual_executor_testing.h"
#include "lib/policy/policy.h"

namespace mailverdict {

// Lookups, and their answers as they come.
class Asked {
 public:
  Asked(ManualExecutor* loop, MailboxResolver* directory)
      : loop_(*loop), directory_(*directory) {}

  void Ask(const std::string& address) {
    const size_t i = times_.size();
    times_.push_back(0);
    answers_.emplace_back();
    directory_.Resolve({"people", {address}, ""}, [this, i](const Answer& a) {
      ++times_[i];
      ++count_;
      answers_[i] = a;
    });
  }
  bool Wait() {
    return loop_.RunUntil([this] { return count_ >= times_.size(); });
  }

  size_t size() const { return times_.size(); }
  size_t answered() const { return count_; }
  int times(size_t i) const { return times_[i]; }
  const Answer& operator[](size_t i) const { return *answers_[i]; }

 private:
  ManualExecutor& loop_;
  MailboxResolver& directory_;
  size_t count_ = 0;
  std::vector<int> times_;
  std::vector<std::optional<Answer>> answers_;
};

class DirectoryFixture : public testing::Test {
 protected:
  // Log lines may still be posted after the directory is destroyed.
  ~DirectoryFixture() override { loop.RunPosted(); }

  // The people are joe and jane. There are three controls, one for each arm.
  static std::string Controls() {
    return Slapd::Person("control", {"control@example.org"}) +
           Slapd::Person("control-alt", {}, {"control-alt@example.org"}) +
           Slapd::Person("control-uid", {});
  }
  static std::string People() {
    return Slapd::Person("joe", {"joe@example.org"}, {"j.doe@example.org"}) +
           Slapd::Person("jane", {"jane@example.org"});
  }
  static std::string Dn(const std::string& uid) {
    return "uid=" + uid + ",ou=people,dc=example,dc=org";
  }

  static DirectoryPolicy PolicyFor(const std::string& uri) {
    DirectoryPolicy policy;
    policy.name = "people";
    policy.uris = {uri};
    policy.base = "ou=people,dc=example,dc=org";
    policy.filter = *FilterTemplate::Parse(
        "(&(objectClass=inetOrgPerson)"
        "(|(mail=%a)(mailAlternateAddress=%a)(uid=%u)))");
    policy.controls = {
        {"mail", "control@example.org", Dn("control")},
        {"mailalternateaddress", "control-alt@example.org", Dn("control-alt")},
        {"uid", "control-uid@example.org", Dn("control-uid")}};
    return policy;
  }

  std::unique_ptr<Directory> Open(const DirectoryPolicy& policy) {
    return std::make_unique<Directory>(
        std::make_shared<const DirectoryPolicy>(policy), &loop, Hooks());
  }
  // Opens the first server alone. Its host name is resolved again every
  // `every`.
  std::unique_ptr<DirectoryServer> OpenServer(const DirectoryPolicy& policy,
                                              absl::Duration every) {
    return std::make_unique<DirectoryServer>(
        std::make_shared<const DirectoryPolicy>(policy), 0, &loop, Hooks(),
        every);
  }
  HealthHooks Hooks() {
    HealthHooks hooks;
    hooks.log = [this](const std::string& line) { log.push_back(line); };
    hooks.on_trouble = [this] { ++troubles; };
    return hooks;
  }

  // Makes one lookup and waits for its answer.
  Answer Resolve(MailboxResolver* directory, MailboxLookup lookup) {
    std::optional<Answer> answer;
    directory->Resolve(lookup, [&](const Answer& a) { answer = a; });
    if (!loop.RunUntil([&] { return answer.has_value(); })) {
      ADD_FAILURE() << ToString(lookup) << " was lost";
      return Answer(Report::Unknown(lookup, "lost"));
    }
    return *answer;
  }
  Answer Resolve(MailboxResolver* directory, const std::string& address) {
    return Resolve(directory, MailboxLookup{"people", {address}, ""});
  }

  // Asks until joe is found, for at most `bound`.
  bool Heals(MailboxResolver* directory, absl::Duration bound) {
    const absl::Time end = loop.Now() + bound;
    while (loop.Now() < end) {
      if (Resolve(directory, "joe@example.org").present()) return true;
      loop.RunUntil([] { return false; }, absl::Milliseconds(5));
    }
    return false;
  }

  ManualExecutor loop{ManualExecutor::Clock::kReal};
  std::vector<std::string> log;
  int troubles = 0;
  Slapd slapd;
};

}  // namespace mailverdict

#endif  // MAILVERDICT_LIB_LDAP_DIRECTORY_TESTING_H_
