#include "adapters/socketmap/codec.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace mailverdict::socketmap {
namespace {

namespace fs = std::filesystem;

// Feeds all of `bytes`, appending to `payloads` what comes out.
void FeedAll(NetstringReader* reader, std::string_view bytes,
             std::vector<std::string>* payloads) {
  while (!bytes.empty() && reader->error() == CodecError::kNone) {
    bytes.remove_prefix(reader->Feed(bytes));
    std::string_view payload;
    while (reader->Next(&payload) == ReadResult::kOne) {
      payloads->emplace_back(payload);
    }
  }
}

using Pair = std::pair<std::string, std::string>;
std::vector<Pair> ReadAll(RequestReader* reader, std::string_view bytes,
                          size_t chunk) {
  std::vector<Pair> requests;
  Request request;
  while (!bytes.empty() && reader->error() == CodecError::kNone) {
    bytes.remove_prefix(reader->Feed(bytes.substr(0, chunk)));
    while (reader->Next(&request) == ReadResult::kOne) {
      requests.emplace_back(request.map, request.key);
    }
  }
  return requests;
}

CodecError ErrorOf(std::string_view bytes) {
  RequestReader reader;
  EXPECT_TRUE(ReadAll(&reader, bytes, bytes.size()).empty());
  return reader.error();
}

TEST(RequestReader, YieldsPipelinedRequestsInOrderWhateverTheSplit) {
  const std::string bytes = "5:a b c,2:m ,9:verdict x,";
  for (size_t chunk = 1; chunk <= bytes.size(); ++chunk) {
    RequestReader reader;
    EXPECT_EQ(ReadAll(&reader, bytes, chunk),
              (std::vector<Pair>{{"a", "b c"}, {"m", ""}, {"verdict", "x"}}))
        << "in chunks of " << chunk;
    EXPECT_EQ(reader.error(), CodecError::kNone);
    reader.Finish();
    EXPECT_EQ(reader.error(), CodecError::kNone);
  }
}

TEST(RequestReader, RefusesARequestThatTwoServersWouldReadDifferently) {
  EXPECT_EQ(ErrorOf("3:abc,"), CodecError::kNoSpace);
  EXPECT_EQ(ErrorOf("0:,"), CodecError::kNoSpace);
  EXPECT_EQ(ErrorOf("4: abc,"), CodecError::kNoMap);
  EXPECT_EQ(ErrorOf(std::string_view("5:m a\0b,", 8)), CodecError::kNul);
  EXPECT_EQ(ErrorOf("03:m a,"), CodecError::kBadLength);
  EXPECT_EQ(ErrorOf("-3:m a,"), CodecError::kBadLength);
  EXPECT_EQ(ErrorOf("3 :m a,"), CodecError::kBadLength);
  EXPECT_EQ(ErrorOf("GET / HTTP/1.0\r\n"), CodecError::kBadLength);
}

TEST(RequestReader, StaysInErrorAndTakesNothingMore) {
  RequestReader reader;
  EXPECT_EQ(ReadAll(&reader, "3:m a,x3:m b,", 100).size(), 1u);
  EXPECT_EQ(reader.error(), CodecError::kBadLength);
  EXPECT_EQ(reader.unread(), "x3:m b,") << "what a log line would show";
  EXPECT_EQ(reader.room(), 0u);
  EXPECT_EQ(reader.Feed("3:m a,"), 0u);
  Request request;
  EXPECT_EQ(reader.Next(&request), ReadResult::kError);
  reader.Finish();
  EXPECT_EQ(reader.error(), CodecError::kBadLength);
}

TEST(RequestReader, ShowsTheRequestAtFault) {
  RequestReader reader;
  ReadAll(&reader, "3:m a,3:abc,", 100);
  EXPECT_EQ(reader.error(), CodecError::kNoSpace);
  EXPECT_EQ(reader.unread(), "3:abc,");
}

TEST(RequestReader, TakesTheLongestRequestAndRefusesOneByteMoreByItsLength) {
  const std::string key(kMaxRequestBytes - 2, 'k');
  std::string bytes;
  EncodeRequest({"m", key}, &bytes);
  RequestReader reader;
  EXPECT_EQ(ReadAll(&reader, bytes, 1), (std::vector<Pair>{{"m", key}}));
  EXPECT_EQ(ErrorOf(std::to_string(kMaxRequestBytes + 1)),
            CodecError::kTooLong);
  EXPECT_EQ(ErrorOf(std::to_string(kMaxRequestBytes) + ":"), CodecError::kNone);
}

TEST(RequestReader, HoldsBackWhatItHasNoRoomFor) {
  std::string flood;
  for (int i = 0; i < 5000; ++i) flood += "3:m a,";
  RequestReader reader;
  const size_t taken = reader.Feed(flood);
  EXPECT_LT(taken, flood.size());
  EXPECT_GT(taken, kMaxRequestBytes);
  EXPECT_EQ(reader.room(), 0u);
  RequestReader again;
  EXPECT_EQ(ReadAll(&again, flood, flood.size()).size(), 5000u);
}

TEST(EncodeReply, AppendsOneNetstring) {
  std::string out = "2:OK,";
  EXPECT_TRUE(EncodeReply("NOTFOUND ", &out));
  EXPECT_EQ(out, "2:OK,9:NOTFOUND ,");
}

TEST(EncodeReply, RefusesWhatPostfixWouldRefuse) {
  std::string out;
  EXPECT_FALSE(EncodeReply(std::string(kMaxReplyBytes + 1, 'x'), &out));
  EXPECT_EQ(out, "");
  EXPECT_TRUE(EncodeReply(std::string(kMaxReplyBytes, 'x'), &out));
}

// The vectors of other implementations are not part of the project. Looks for
// them in $MAILVERDICT_TESTDATA, or in shared/data beside the project, which is
// found by the symlink of a runfile.
std::optional<std::string> FindTestData(const std::string& name) {
  if (const char* root = std::getenv("MAILVERDICT_TESTDATA")) {
    const fs::path path = fs::path(root) / name;
    if (fs::exists(path)) return path.string();
    return std::nullopt;
  }
  std::error_code error;
  fs::path here = fs::canonical("adapters/socketmap/codec_test.cc", error);
  while (!error && here.has_relative_path()) {
    here = here.parent_path();
    const fs::path path = here / "shared/data" / name;
    if (fs::exists(path)) return path.string();
  }
  return std::nullopt;
}

// A line of the file of vectors: these columns, separated by tabs. Empty lines,
// lines that begin with '#', and the line of the columns' names are skipped.
// `limit`: the reader's max_bytes. `input`: "<encode> TEXT", or bytes to
// decode, with '|' between chunks and "<EOF>" at the end of the connection.
// `expected`: "ok [PAYLOAD]...", "ok map=MAP key=KEY", "error WORD" (see
// Outcome), or "DISAGREE" where implementations differ, which is kBadLength
// here.
struct Vector {
  std::string id, limit, input, expected;
};

// "\xe2" in a vector stands for that byte.
std::string Unescape(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "\\x") == 0 && i + 4 <= text.size()) {
      out += static_cast<char>(std::stoi(text.substr(i + 2, 2), nullptr, 16));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::vector<Vector> LoadVectors(const std::string& path) {
  std::vector<Vector> vectors;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream columns(line);
    Vector v;
    std::getline(columns, v.id, '\t');
    std::getline(columns, v.limit, '\t');
    std::getline(columns, v.input, '\t');
    std::getline(columns, v.expected, '\t');
    v.input = Unescape(v.input);
    v.expected = Unescape(v.expected);
    if (v.id != "id") vectors.push_back(v);
  }
  return vectors;
}

// What the vectors' authors call our errors.
std::string Outcome(const std::vector<std::string>& payloads,
                    CodecError error) {
  switch (error) {
    case CodecError::kNone:
      break;
    case CodecError::kBadLength:
      return "error length";
    case CodecError::kTooLong:
      return "error size";
    case CodecError::kBadTerminator:
      return "error terminator";
    case CodecError::kTruncated:
      return "error eof";
    default:
      return "error";
  }
  std::string outcome = "ok ";
  for (const std::string& payload : payloads) outcome += "[" + payload + "]";
  return outcome;
}

std::string Decode(std::string input, size_t limit) {
  const size_t eof = input.find("<EOF>");
  if (eof != std::string::npos) input.resize(eof);
  NetstringReader reader(limit);
  std::vector<std::string> payloads;
  std::istringstream chunks(input);
  for (std::string chunk; std::getline(chunks, chunk, '|');) {
    FeedAll(&reader, chunk, &payloads);
  }
  if (eof != std::string::npos) reader.Finish();
  return Outcome(payloads, reader.error());
}

void CheckVector(const Vector& v) {
  const std::string encode = "<encode>";
  if (v.input.compare(0, encode.size(), encode) == 0) {
    std::string out;
    const size_t skip = v.input.size() > encode.size() ? 1 : 0;
    EXPECT_TRUE(EncodeReply(v.input.substr(encode.size() + skip), &out));
    EXPECT_EQ(out, v.expected) << v.id;
    return;
  }
  const size_t limit = std::stoul(v.limit);
  if (v.expected == "DISAGREE") {
    EXPECT_EQ(Decode(v.input, limit), "error length") << v.id;
  } else if (v.expected.compare(0, 7, "ok map=") == 0) {
    RequestReader reader(limit);
    const std::vector<Pair> requests = ReadAll(&reader, v.input, 1);
    ASSERT_EQ(requests.size(), 1u) << v.id;
    EXPECT_EQ("ok map=" + requests[0].first + " key=" + requests[0].second,
              v.expected)
        << v.id;
  } else {
    EXPECT_EQ(Decode(v.input, limit), v.expected) << v.id;
  }
}

TEST(ThirdPartyVectors, AreDecodedAsTheirAuthorsExpect) {
  const std::string name = "netstring/netstring-socketmap-vectors.tsv";
  const std::optional<std::string> path = FindTestData(name);
  if (!path.has_value()) {
    GTEST_SKIP() << name << " is neither below $MAILVERDICT_TESTDATA (pass "
                 << "--test_env=MAILVERDICT_TESTDATA=DIR to bazel) nor in "
                 << "shared/data beside the project";
  }
  const std::vector<Vector> vectors = LoadVectors(*path);
  EXPECT_GE(vectors.size(), 30u) << *path;
  for (const Vector& v : vectors) CheckVector(v);
}

}  // namespace
}  // namespace mailverdict::socketmap
