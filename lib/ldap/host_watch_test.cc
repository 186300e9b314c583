#include "lib/ldap/host_watch.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace mailverdict {
namespace {

TEST(HostAddresses, OnlyNamesAreLookedUp) {
  const std::map<std::string, std::string> cases = {
      {"ldap://ldap1.example.org", "ldap1.example.org"},
      {"ldaps://ldap1.example.org:1636", "ldap1.example.org"},
      {"LDAP://localhost:389", "localhost"},
      {"ldap://192.0.2.1:389", ""},
      {"ldaps://[2001:db8::1]:636", ""},
      {"ldapi://%2Frun%2Fslapd%2Fldapi", ""},
      {"http://example.org", ""},
  };
  for (const auto& [uri, name] : cases) EXPECT_EQ(HostNameOf(uri), name) << uri;
}

TEST(HostAddresses, AreWrittenAsNumbers) {
  EXPECT_EQ(LookUpHost("127.0.0.1"), HostAddresses{"127.0.0.1"});
  EXPECT_EQ(LookUpHost("0:0:0:0:0:0:0:1"), HostAddresses{"::1"});
  EXPECT_EQ(LookUpHost("no such name"), HostAddresses());
  EXPECT_EQ(PeerAddress(-1), "");
}

// A lookup function whose calls the test answers, one after the other.
class Script {
 public:
  HostAddresses Answer(const std::string& name) {
    std::unique_lock<std::mutex> lock(mutex_);
    ++asked_;
    changed_.notify_all();
    EXPECT_EQ(name, "ldap.example.org");
    changed_.wait(lock, [this] { return !answers_.empty(); });
    HostAddresses answer = std::move(answers_.front());
    answers_.erase(answers_.begin());
    return answer;
  }
  void Say(HostAddresses answer) {
    const std::lock_guard<std::mutex> lock(mutex_);
    answers_.push_back(std::move(answer));
    changed_.notify_all();
  }
  void Keep(HostAddresses found) {
    const std::lock_guard<std::mutex> lock(mutex_);
    found_.push_back(std::move(found));
    changed_.notify_all();
  }
  // Both functions wait without a limit of their own.
  void AwaitAsked(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return asked_ >= count; });
  }
  std::vector<HostAddresses> AwaitFound(size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return found_.size() >= count; });
    return found_;
  }
  size_t found() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return found_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int asked_ = 0;
  std::vector<HostAddresses> answers_;
  std::vector<HostAddresses> found_;
};

std::unique_ptr<HostWatch> Watch(const std::shared_ptr<Script>& script,
                                 absl::Duration every) {
  auto watch = HostWatch::Start(
      "ldap.example.org", every,
      [script](const std::string& name) { return script->Answer(name); },
      [script](HostAddresses found) { script->Keep(std::move(found)); });
  EXPECT_TRUE(watch.ok()) << watch.status();
  return *std::move(watch);
}

TEST(HostWatch, TellsOfEachLookupThatHasSucceeded) {
  const auto script = std::make_shared<Script>();
  const auto watch = Watch(script, absl::Milliseconds(1));
  script->Say({"192.0.2.1"});
  script->Say({});  // has failed
  script->Say({"192.0.2.2", "192.0.2.3"});
  const std::vector<HostAddresses> found = script->AwaitFound(2);
  EXPECT_EQ(found, (std::vector<HostAddresses>{{"192.0.2.1"},
                                               {"192.0.2.2", "192.0.2.3"}}));
  script->AwaitAsked(4);
  script->Say({});
}

TEST(HostWatch, EndsWhileALookupHangsAndIsNotToldOfItAnyMore) {
  const auto script = std::make_shared<Script>();
  auto watch = Watch(script, absl::Milliseconds(1));
  script->AwaitAsked(1);
  watch.reset();  // would wait for ever
  script->Say({"192.0.2.1"});
  // The detached thread has ended when no one else owns the script.
  while (script.use_count() > 1) std::this_thread::yield();
  EXPECT_EQ(script->found(), 0u);
}

TEST(HostWatch, EndsWhileItWaitsForTheNext) {
  const auto script = std::make_shared<Script>();
  Watch(script, absl::Hours(24)).reset();
  EXPECT_EQ(script.use_count(), 1);
}

}  // namespace
}  // namespace mailverdict
