#include "adapters/deliver/users/passwd.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "adapters/deliver/users/nsswitch.h"

namespace mailverdict::deliver {
namespace {

// The longest entry, which is a line of /etc/passwd. A lookup with a longer one
// fails.
constexpr size_t kMaxEntryBytes = 1 << 20;
// nsswitch.conf has half a kilobyte.
constexpr size_t kMaxNsswitchBytes = 64 * 1024;

UserAnswer FindInSystem(const std::string& name) {
  std::vector<char> buffer(1024);
  for (;;) {
    passwd entry;
    passwd* found = nullptr;
    const int error =
        getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (error == ERANGE && buffer.size() < kMaxEntryBytes) {
      buffer.resize(2 * buffer.size());
    } else if (error != 0) {
      return {UserAnswer::What::kFailed, 0, error};
    } else if (found == nullptr) {
      return {UserAnswer::What::kNotFound};
    } else {
      return {UserAnswer::What::kFound, found->pw_uid};
    }
  }
}

std::optional<std::string> ReadNsswitch() {
  const int fd = open("/etc/nsswitch.conf", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::string text(kMaxNsswitchBytes, '\0');
  size_t size = 0;
  ssize_t count = 0;
  while (size < text.size() &&
         (count = read(fd, &text[size], text.size() - size)) > 0) {
    size += static_cast<size_t>(count);
  }
  close(fd);
  if (count != 0) return std::nullopt;  // failed, or longer than that
  text.resize(size);
  return text;
}

// The user names that may own the mailbox of this local part, none twice.
std::vector<std::string> NamesOf(std::string_view local) {
  std::vector<std::string> names;
  for (const std::string_view part :
       {local, local.substr(0, local.find('+'))}) {
    const absl::string_view view(part.data(), part.size());
    for (std::string name : {std::string(part), absl::AsciiStrToLower(view)}) {
      if (name.empty()) continue;
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(std::move(name));
      }
    }
  }
  return names;
}

Ruling Unsure(std::string why) { return {Existence::kUnsure, std::move(why)}; }

// Why the lookup failed; "" if it did not.
std::string Failure(const UserAnswer& answer) {
  return answer.what == UserAnswer::What::kFailed
             ? absl::StrCat("the user database failed: ",
                            strerror(answer.error))
             : "";
}

// No name was found. Whether that proves an absence: both conditions are tested
// after the miss and each time anew, since either may have ceased to hold.
Ruling JudgeMiss(const UserSource& users) {
  const std::optional<std::string> nsswitch = users.nsswitch();
  if (!nsswitch.has_value()) return Unsure("nsswitch.conf cannot be read");
  if (!UsersComeFromFilesOnly(*nsswitch)) {
    return Unsure("nsswitch.conf: users do not come from files alone");
  }
  const UserAnswer root = users.find("root");
  if (root.what == UserAnswer::What::kFailed) return Unsure(Failure(root));
  if (root.what != UserAnswer::What::kFound || root.uid != 0) {
    return Unsure("the user database does not even find root");
  }
  return {Existence::kProvenAbsent, "no such user in /etc/passwd"};
}

Ruling JudgeName(const UserSource& users, std::string_view local) {
  for (const std::string& name : NamesOf(local)) {
    const UserAnswer answer = users.find(name);
    if (answer.what == UserAnswer::What::kFailed) {
      return Unsure(Failure(answer));
    }
    if (answer.what == UserAnswer::What::kFound) {
      return {Existence::kPresent,
              "the user database of this host has the user, which proves no "
              "absence"};
    }
  }
  return JudgeMiss(users);
}

}  // namespace

UserSource SystemUsers() { return {&FindInSystem, &ReadNsswitch}; }

struct PasswdProof::Shared {
  explicit Shared(UserSource source) : users(std::move(source)) {}

  const UserSource users;
  std::mutex mutex;
  std::condition_variable answered;
  size_t threads = 0;
};

PasswdProof::PasswdProof(UserSource users)
    : shared_(std::make_shared<Shared>(std::move(users))) {}

Ruling PasswdProof::Ask(std::string_view recipient, Deadline deadline) const {
  const std::string local(recipient.substr(0, recipient.rfind('@')));
  if (local.empty() || local[0] == '"') {
    return Unsure("the local part is quoted or missing");
  }
  const auto ruling = std::make_shared<std::optional<Ruling>>();
  std::unique_lock<std::mutex> lock(shared_->mutex);
  if (shared_->threads >= kMaxThreads) {
    return Unsure(
        absl::StrCat(kMaxThreads, " lookups of users have not come back"));
  }
  // Detached: nothing can end a lookup that hangs.
  try {
    std::thread([shared = shared_, local, ruling] {
      Ruling judged = JudgeName(shared->users, local);
      // Ask still holds the lock while it counts this thread, so the count
      // cannot fall before it has risen.
      const std::lock_guard<std::mutex> done(shared->mutex);
      *ruling = std::move(judged);
      --shared->threads;
      shared->answered.notify_all();
    }).detach();
  } catch (const std::system_error&) {
    return Unsure("no thread to look up a user");
  }
  ++shared_->threads;
  if (!shared_->answered.wait_until(
          lock, deadline.at(), [&ruling] { return ruling->has_value(); })) {
    return Unsure("the user database has not answered in time");
  }
  return **ruling;
}

}  // namespace mailverdict::deliver
