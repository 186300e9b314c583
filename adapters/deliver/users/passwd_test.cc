#include "adapters/deliver/users/passwd.h"

#include <errno.h>
#include <pwd.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mailverdict::deliver {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using What = UserAnswer::What;

// Users in a map, with answers that a test can change. Shared with the proof's
// threads, which may outlive the test.
struct FakeUsers {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, UserAnswer> answers = {{"root", {What::kFound, 0}},
                                               {"jane", {What::kFound, 1000}}};
  std::optional<std::string> nsswitch = "passwd: files\n";
  std::vector<std::string> asked;
  bool hang = false;

  UserAnswer Find(const std::string& name) {
    std::unique_lock<std::mutex> lock(mutex);
    asked.push_back(name);
    changed.wait(lock, [this] { return !hang; });
    const auto found = answers.find(name);
    return found == answers.end() ? UserAnswer{What::kNotFound} : found->second;
  }
  void Hang(bool value) {
    const std::lock_guard<std::mutex> lock(mutex);
    hang = value;
    changed.notify_all();
  }
};

class Passwd : public ::testing::Test {
 protected:
  Passwd() : users_(std::make_shared<FakeUsers>()) {
    proof_ = std::make_unique<PasswdProof>(UserSource{
        [users = users_](const std::string& name) { return users->Find(name); },
        [users = users_] { return users->nsswitch; }});
  }
  ~Passwd() override { users_->Hang(false); }

  Ruling Ask(const std::string& recipient,
             absl::Duration time = absl::Seconds(60)) {
    return proof_->Ask(recipient, Deadline::After(time));
  }
  Existence Judge(const std::string& recipient) {
    return Ask(recipient).existence;
  }

  const std::shared_ptr<FakeUsers> users_;
  std::unique_ptr<PasswdProof> proof_;
};

TEST_F(Passwd, UserThatIsFoundIsPresent) {
  EXPECT_EQ(Judge("jane@example.org"), Existence::kPresent);
  EXPECT_EQ(Judge("jane"), Existence::kPresent);
  EXPECT_EQ(Judge("jane+news@example.org"), Existence::kPresent);
  EXPECT_EQ(Judge("Jane@example.org"), Existence::kPresent);
  EXPECT_EQ(Judge("JANE+News@example.org"), Existence::kPresent);
}

TEST_F(Passwd, MissIsProvenWhenUsersComeFromFilesAndRootIsFoundAfterIt) {
  EXPECT_EQ(Judge("Joe+x@example.org"), Existence::kProvenAbsent);
  EXPECT_THAT(users_->asked,
              ElementsAre("Joe+x", "joe+x", "Joe", "joe", "root"));
}

TEST_F(Passwd, MissIsNotProvenWhenRootIsNotFound) {
  users_->answers.erase("root");
  EXPECT_EQ(Judge("joe@example.org"), Existence::kUnsure);
}

TEST_F(Passwd, MissIsNotProvenWhenRootIsSomebodyElse) {
  users_->answers["root"].uid = 1;
  EXPECT_EQ(Judge("joe@example.org"), Existence::kUnsure);
}

TEST_F(Passwd, MissIsNotProvenWhenUsersComeFromElsewhereToo) {
  users_->nsswitch = "passwd: files sss\n";
  EXPECT_EQ(Judge("joe@example.org"), Existence::kUnsure);
  users_->nsswitch = std::nullopt;
  EXPECT_EQ(Judge("joe@example.org"), Existence::kUnsure);
}

TEST_F(Passwd, PresenceDoesNotDependOnAnyOfThat) {
  users_->answers.erase("root");
  users_->nsswitch = std::nullopt;
  EXPECT_EQ(Judge("jane@example.org"), Existence::kPresent);
}

TEST_F(Passwd, NothingIsRememberedFromOneQuestionToTheNext) {
  ASSERT_EQ(Judge("joe@example.org"), Existence::kProvenAbsent);
  users_->answers["joe"] = {What::kFound, 1001};
  EXPECT_EQ(Judge("joe@example.org"), Existence::kPresent);
  users_->answers.erase("joe");
  EXPECT_EQ(Judge("joe@example.org"), Existence::kProvenAbsent);
  users_->nsswitch = "passwd: files sss\n";
  EXPECT_EQ(Judge("joe@example.org"), Existence::kUnsure);
  users_->nsswitch = "passwd: files\n";
  EXPECT_EQ(Judge("joe@example.org"), Existence::kProvenAbsent);
  users_->answers.erase("root");
  EXPECT_EQ(Judge("joe@example.org"), Existence::kUnsure);
}

TEST_F(Passwd, NoErrorOfAnyLookupIsAMiss) {
  for (const char* name : {"joe+x", "joe", "root"}) {
    for (const int error : {EIO, ENOENT, ESRCH, EBADF, EPERM, EINTR, EMFILE,
                            ENFILE, ENOMEM, ERANGE, EINVAL, EAGAIN}) {
      users_->answers = {{"root", {What::kFound, 0}}};
      users_->answers[name] = {What::kFailed, 0, error};
      const Ruling ruling = Ask("joe+x@example.org");
      EXPECT_EQ(ruling.existence, Existence::kUnsure) << name << error;
      EXPECT_THAT(ruling.why, HasSubstr("failed"));
    }
  }
}

TEST_F(Passwd, QuotedOrMissingLocalPartIsNotJudged) {
  for (const char* recipient : {"\"joe\"@example.org", "@example.org", ""}) {
    EXPECT_EQ(Judge(recipient), Existence::kUnsure) << recipient;
  }
  EXPECT_TRUE(users_->asked.empty());
}

TEST_F(Passwd, NameThatBeginsWithPlusIsOneName) {
  EXPECT_EQ(Judge("+x@example.org"), Existence::kProvenAbsent);
  EXPECT_THAT(users_->asked, ElementsAre("+x", "root"));
}

TEST_F(Passwd, LookupThatHangsIsUnsureInTime) {
  users_->Hang(true);
  EXPECT_EQ(Ask("jane@example.org", absl::Milliseconds(20)).existence,
            Existence::kUnsure);
}

TEST_F(Passwd, LookupsThatHangAreBoundedAndComeBack) {
  users_->Hang(true);
  for (size_t i = 0; i < PasswdProof::kMaxThreads; ++i) {
    EXPECT_THAT(Ask("jane", absl::Milliseconds(1)).why, HasSubstr("in time"));
  }
  EXPECT_THAT(Ask("jane").why, HasSubstr("not come back"));  // does not wait
  users_->Hang(false);
  while (Ask("jane").existence != Existence::kPresent) {
  }
}

TEST_F(Passwd, ProofMayGoWhileALookupHangs) {
  users_->Hang(true);
  EXPECT_EQ(Ask("jane", absl::Milliseconds(1)).existence, Existence::kUnsure);
  proof_.reset();
}

TEST(SystemUsers, FindsRootAndSaysNotFoundOfANameThatIsNone) {
  const UserSource users = SystemUsers();
  const UserAnswer root = users.find("root");
  EXPECT_EQ(root.what, What::kFound);
  EXPECT_EQ(root.uid, 0u);
  EXPECT_EQ(users.find("no-such-user-of-mailverdict").what, What::kNotFound);
}

}  // namespace
}  // namespace mailverdict::deliver
