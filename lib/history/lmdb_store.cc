#include "lib/history/lmdb_store.h"

#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "lib/history/salt.h"
#include "lib/history/store_files.h"
#include "lib/loop/start_thread.h"

namespace mailverdict {
namespace {

absl::string_view Absl(std::string_view text) {
  return absl::string_view(text.data(), text.size());
}

}  // namespace

absl::StatusOr<std::unique_ptr<LmdbStore>> LmdbStore::Open(Options options) {
  auto lock = FileLock::Take(absl::StrCat(options.path, ".lock"));
  if (!lock.ok()) return lock.status();
  const std::string salt = NewSalt();  // for a file that has to be made
  absl::StatusOr<std::unique_ptr<LmdbFile>> file = OpenFile(options, salt);
  if (file.status().code() == absl::StatusCode::kDataLoss) {
    const absl::Status status = SetAside(options, file.status().message());
    if (!status.ok()) return status;
    file = OpenFile(options, salt);
  }
  if (!file.ok()) return file.status();
  auto store = std::unique_ptr<LmdbStore>(
      new LmdbStore(std::move(options), *std::move(lock)));
  store->salt_ = (*file)->salt();
  store->file_ = *std::move(file);
  // StartThread blocks SIGXFSZ, so a write beyond the limit on file sizes is
  // an error and does not kill the process.
  absl::StatusOr<std::thread> thread =
      StartThread([store = store.get()] { store->Run(); });
  if (!thread.ok()) {
    return absl::ResourceExhaustedError(
        absl::StrCat(store->options_.path,
                     ": it is written by a thread, and "
                     "there is ",
                     thread.status().message()));
  }
  store->thread_ = *std::move(thread);
  return store;
}

absl::StatusOr<std::unique_ptr<LmdbFile>> LmdbStore::OpenFile(
    const Options& options, const std::string& salt) {
  auto file = LmdbFile::Open(options.path, options.max_entries);
  if (!absl::IsNotFound(file.status())) return file;
  const absl::Status status = LmdbFile::Create(options.path, salt);
  if (!status.ok()) return status;
  return LmdbFile::Open(options.path, options.max_entries);
}

absl::Status LmdbStore::SetAside(const Options& options,
                                 absl::string_view why) {
  const absl::StatusOr<std::string> aside = SetFileAside(options.path);
  if (!aside.ok()) {
    return absl::Status(aside.status().code(),
                        absl::StrCat(why, "; ", aside.status().message()));
  }
  if (options.log) {
    options.log(absl::StrCat("history ", why, "; set aside as ", *aside,
                             ", begun anew: who was seen before is forgotten"));
  }
  return absl::OkStatus();
}

LmdbStore::LmdbStore(Options options, std::unique_ptr<FileLock> lock)
    : options_(std::move(options)),
      lock_(std::move(lock)),
      health_(absl::StrCat("history ", options_.path)) {}

LmdbStore::~LmdbStore() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void LmdbStore::Log(const Line& line) const {
  if (line.has_value() && options_.log) options_.log(*line);
}

absl::Status LmdbStore::Put(std::string_view key, std::string_view value) {
  absl::Status status = CheckBounds(key, value);
  if (status.ok()) Queue(key, std::string(value));
  return status;
}

absl::Status LmdbStore::Erase(std::string_view key) {
  absl::Status status = CheckBounds(key);
  if (status.ok()) Queue(key, std::nullopt);
  return status;
}

void LmdbStore::Queue(std::string_view key, std::optional<std::string> value) {
  Batches dropped;  // destroyed without the lock: it may be large
  Line line;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool last_is_committed = committing_ && batches_.size() == 1;
    if (batches_.empty() || last_is_committed || batches_.back().full()) {
      if (batches_.size() >= kMaxBatches) {
        dropped = DropOldest();
        line = health_.Failed("the disk does not keep up", lost_, absl::Now());
      }
      batches_.push_back({next_number_++, {}});
      // Wakes the thread for a first change, and for a full batch.
      wake_.notify_one();
    }
    Batch& last = batches_.back();
    last.bytes += key.size() + (value.has_value() ? value->size() : 0);
    last.changes[Absl(key)] = std::move(value);
  }
  Log(line);
}

LmdbStore::Batches LmdbStore::DropOldest() {
  Batches dropped;
  const auto oldest = std::next(batches_.begin(), committing_ ? 1 : 0);
  lost_ += oldest->changes.size();
  dropped.splice(dropped.end(), batches_, oldest);
  return dropped;
}

template <typename Read>
auto LmdbStore::WithFile(Read read) const
    -> decltype(read(*std::declval<LmdbFile*>())) {
  const std::unique_lock<std::mutex> lock(file_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) {
    return absl::UnavailableError(
        absl::StrCat(options_.path, " is being opened again"));
  }
  if (file_ == nullptr) {
    return absl::AbortedError(
        absl::StrCat(options_.path, " could not be opened again"));
  }
  return read(*file_);
}

absl::StatusOr<std::optional<std::string>> LmdbStore::Get(
    std::string_view key) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto batch = batches_.rbegin(); batch != batches_.rend(); ++batch) {
      const auto noted = batch->changes.find(Absl(key));
      if (noted != batch->changes.end()) return noted->second;
    }
  }
  auto found = WithFile([key](LmdbFile& file) { return file.Get(key); });
  if (absl::IsDataLoss(found.status()) || absl::IsAborted(found.status())) {
    const std::lock_guard<std::mutex> lock(mutex_);
    damage_ = found.status();
    wake_.notify_one();
  }
  return found;
}

absl::Status LmdbStore::ForEach(std::string_view prefix, const Visitor& visit) {
  LmdbFile::Changes noted;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const Batch& batch : batches_) {
      for (const auto& [key, value] : batch.changes) {
        if (absl::StartsWith(key, Absl(prefix))) noted[key] = value;
      }
    }
  }
  bool go_on = true;
  const auto visit_committed = [&](std::string_view key,
                                   std::string_view value) {
    if (!noted.contains(Absl(key))) go_on = visit(key, value);
    return go_on;
  };
  const absl::Status status = WithFile(
      [&](LmdbFile& file) { return file.ForEach(prefix, visit_committed); });
  for (const auto& [key, value] : noted) {
    if (go_on && status.ok() && value.has_value()) go_on = visit(key, *value);
  }
  return status;
}

size_t LmdbStore::size() const {
  return WithFile([](LmdbFile& file) -> absl::StatusOr<size_t> {
           return file.size();
         })
      .value_or(0);
}

uint64_t LmdbStore::lost() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return lost_;
}

absl::Status LmdbStore::Sync() {
  std::unique_lock<std::mutex> lock(mutex_);
  const uint64_t failures = failures_;
  const uint64_t last = next_number_ - 1;
  urgent_ = last;
  wake_.notify_one();
  committed_.wait(lock, [&] {
    return failures_ != failures || batches_.empty() ||
           batches_.front().number > last;
  });
  if (failures_ != failures) return last_failure_;
  if (std::exchange(lost_told_, lost_) == lost_) return absl::OkStatus();
  return absl::ResourceExhaustedError("writes were dropped");
}

void LmdbStore::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wake_.wait(lock,
               [this] { return stop_ || !batches_.empty() || !damage_.ok(); });
    if (batches_.empty() && stop_) return;
    if (!damage_.ok()) {
      const absl::Status damage = std::exchange(damage_, absl::OkStatus());
      lock.unlock();
      Recover(damage);
      lock.lock();
      Pause(
          &lock);  // keeps a read that fails again and again from busy looping
    } else {
      Gather(&lock);
      CommitFront(&lock);
    }
  }
}

// Waits for more changes: a larger batch needs no more syncs than a small one.
void LmdbStore::Gather(std::unique_lock<std::mutex>* lock) {
  wake_.wait_for(*lock, absl::ToChronoMilliseconds(kGather), [this] {
    return stop_ || batches_.size() > 1 || batches_.front().full() ||
           batches_.front().number <= urgent_;
  });
}

// Waits before the next attempt, unless a Sync asks for it.
void LmdbStore::Pause(std::unique_lock<std::mutex>* lock) {
  const uint64_t urgent = urgent_;
  wake_.wait_for(*lock, absl::ToChronoMilliseconds(kRetry),
                 [&] { return stop_ || urgent_ != urgent; });
}

void LmdbStore::CommitFront(std::unique_lock<std::mutex>* lock) {
  committing_ = true;  // from here on no other thread touches the first batch
  const LmdbFile::Changes& changes = batches_.front().changes;
  lock->unlock();
  const absl::Status status = Commit(changes);
  if (!status.ok()) Recover(status);
  lock->lock();
  Line line = status.ok()
                  ? health_.Healed(lost_, absl::Now())
                  : health_.Failed(status.message(), lost_, absl::Now());
  lock->unlock();
  Log(line);  // before Sync returns, so that its caller finds the line
  lock->lock();
  committing_ = false;
  Batches done;  // destroyed without the lock: it may be large
  if (status.ok()) {
    done.splice(done.end(), batches_, batches_.begin());
  } else {
    ++failures_;
    last_failure_ = status;
  }
  line = std::nullopt;
  if (!status.ok() && stop_) {
    while (!batches_.empty()) done.splice(done.end(), DropOldest());
    line = absl::StrCat("history ", options_.path,
                        " FAILS at the end: ", status.message(), "; ", lost_,
                        " writes dropped");
  }
  committed_.notify_all();
  lock->unlock();
  Log(line);
  done.clear();
  lock->lock();
  if (!status.ok()) Pause(lock);
}

absl::Status LmdbStore::Commit(const LmdbFile::Changes& changes) {
  if (file_ == nullptr) {
    const absl::Status status = Reopen();
    if (!status.ok()) return status;
  }
  return file_->Commit(changes);
}

// Opens the file again after an error that another commit would not repair.
void LmdbStore::Recover(const absl::Status& status) {
  if (!absl::IsAborted(status) && !absl::IsDataLoss(status)) return;
  {
    const std::lock_guard<std::mutex> lock(file_mutex_);
    file_.reset();
  }
  Reopen().IgnoreError();  // the next commit tries again and reports errors
}

// Opens the file again. Only the check of the whole file decides whether it is
// damaged, because LMDB reports other faults with the same errors.
absl::Status LmdbStore::Reopen() {
  absl::StatusOr<std::unique_ptr<LmdbFile>> file = OpenFile(options_, salt_);
  if (absl::IsDataLoss(file.status()) &&
      absl::Now() - set_aside_ >= kSetAsideAgain) {
    const absl::Status status = SetAside(options_, file.status().message());
    if (!status.ok()) return status;
    set_aside_ = absl::Now();
    file = OpenFile(options_, salt_);
  }
  if (!file.ok()) return file.status();
  // The store's users have made hashes with our salt. In a file with another
  // salt they would find nothing.
  if ((*file)->salt() != salt_) {
    return absl::UnavailableError(
        absl::StrCat(options_.path, " is another file now"));
  }
  const std::lock_guard<std::mutex> lock(file_mutex_);
  file_ = *std::move(file);
  return absl::OkStatus();
}

}  // namespace mailverdict
