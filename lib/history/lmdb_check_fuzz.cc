// Fuzzes CheckLmdbFile with a history file in which some bytes are changed.
// Requires: LMDB reads and writes a file that was found sound without a crash.
// The input is the changes, five bytes each: the page, the offset in it (two
// bytes, mostly near the page's head), the operation on that byte, and its
// operand.

#include <stdlib.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "lib/history/lmdb_file.h"
#include "tests/fuzz/require.h"

namespace mailverdict {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kHead = 64;
constexpr size_t kMaxEntries = 1000;
constexpr size_t kMaxChanges = 16;

const std::string& Path() {
  static const std::string* const path = [] {
    const char* base = getenv("TEST_TMPDIR");
    static std::string folder(base != nullptr ? base : "/tmp");
    folder += "/lmdb_check_fuzzXXXXXX";
    Require(mkdtemp(folder.data()) != nullptr, "a folder of our own");
    atexit([] {
      unlink((folder + "/history").c_str());
      unlink((folder + "/history-lock").c_str());
      rmdir(folder.c_str());
    });
    return new std::string(folder + "/history");
  }();
  return *path;
}

void WriteFile(const std::string& bytes) {
  std::ofstream(Path(), std::ios::binary | std::ios::trunc) << bytes;
}

LmdbFile::Changes Generation(int round) {
  LmdbFile::Changes changes;
  for (int i = 0; i < 200; ++i) {
    const bool erase = (i + round) % 3 == 0;
    changes[absl::StrCat("m", i)] =
        erase ? std::nullopt : std::optional(std::string(i % 40, 'v'));
  }
  changes["long"] = std::string(1500, 'v');
  return changes;
}

// The bytes of a used file: two generations, branch pages, free pages.
const std::string& Whole() {
  static const std::string* const whole = [] {
    Require(LmdbFile::Create(Path(), std::string(Store::kSaltBytes, 's')).ok(),
            "a new file");
    {
      auto file = LmdbFile::Open(Path(), kMaxEntries);
      Require(file.ok(), "a new file is sound");
      for (int round = 0; round < 12; ++round) {
        Require((*file)->Commit(Generation(round)).ok(), "it can be written");
      }
    }
    std::ifstream in(Path(), std::ios::binary);
    return new std::string(std::istreambuf_iterator<char>(in), {});
  }();
  return *whole;
}

std::string Changed(std::string_view input) {
  std::string bytes = Whole();
  for (size_t i = 0; i < kMaxChanges && input.size() >= 5; ++i) {
    const auto at = [&input](size_t n) {
      return static_cast<unsigned char>(input[n]);
    };
    const size_t page = at(0) % (bytes.size() / kPage);
    const size_t within =
        at(1) < 0xc0 ? at(2) % kHead : (at(1) << 8 | at(2)) % kPage;
    char& byte = bytes[page * kPage + within];
    const auto number = static_cast<char>(at(4));
    switch (at(3) % 4) {
      case 0:
        byte = number;
        break;
      case 1:
        byte = static_cast<char>(byte ^ number);
        break;
      case 2:
        byte = static_cast<char>(byte + number);
        break;
      default:  // the file ends here
        bytes.resize(page * kPage + within);
        return bytes;
    }
    input.remove_prefix(5);
  }
  return bytes;
}

void Use(LmdbFile* file) {
  size_t entries = 0;
  const auto count = [&entries](std::string_view, std::string_view) {
    return ++entries < 10 * kMaxEntries;
  };
  file->ForEach("", count).IgnoreError();
  file->Get("m1").IgnoreError();
  file->Commit(Generation(0)).IgnoreError();
  file->Commit(Generation(1)).IgnoreError();
}

}  // namespace
}  // namespace mailverdict

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mailverdict;  // NOLINT: a program of one function
  const std::string bytes = Changed(Bytes(data, size));
  WriteFile(bytes);
  auto file = LmdbFile::Open(Path(), kMaxEntries);
  if (bytes == Whole()) Require(file.ok(), "what is unchanged is sound");
  if (file.ok()) {
    Use(file->get());
  } else {
    const auto code = file.status().code();
    Require(code == absl::StatusCode::kDataLoss ||
                code == absl::StatusCode::kFailedPrecondition ||
                code == absl::StatusCode::kNotFound ||
                code == absl::StatusCode::kAborted,
            "what is not sound is damaged, of another format, or none");
  }
  return 0;
}
