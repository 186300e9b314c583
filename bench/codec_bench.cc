// The socket map's codec: what a request and a reply cost, without a socket.
//
//   bazel run --config=opt //bench:codec_bench

#include <benchmark/benchmark.h>

#include <string>

#include "adapters/socketmap/codec.h"
#include "adapters/socketmap/key.h"
#include "bench/allocations.h"

namespace mailverdict::socketmap {
namespace {

// As mailverdict.m4 builds it.
constexpr char kKey[] =
    "joe@example.org,sender=<ann@example.com>,client=<203.0.113.9>,"
    "id=<6AO4xyz012345>,auth=<>,;";

// It arrives in so many pieces.
void BM_ReadRequest(benchmark::State& state) {
  std::string bytes;
  EncodeRequest({"rcpt", kKey}, &bytes);
  const size_t piece = bytes.size() / static_cast<size_t>(state.range(0)) + 1;
  RequestReader reader;
  Request request;
  size_t right = 0;
  {
    const CountAllocations count(&state);
    for (auto _ : state) {
      for (size_t at = 0; at < bytes.size(); at += piece) {
        reader.Feed(std::string_view(bytes).substr(at, piece));
        right += reader.Next(&request) == ReadResult::kOne;
      }
    }
  }
  if (right != static_cast<size_t>(state.iterations())) {
    state.SkipWithError("wrong requests");
  }
}
BENCHMARK(BM_ReadRequest)->ArgName("pieces")->Arg(1)->Arg(16);

void BM_ParseKey(benchmark::State& state) {
  const CountAllocations count(&state);
  for (auto _ : state) benchmark::DoNotOptimize(ParseSendmailKey(kKey));
}
BENCHMARK(BM_ParseKey);

void BM_EncodeReply(benchmark::State& state) {
  std::string out;
  const CountAllocations count(&state);
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(EncodeReply("OK pass", &out));
  }
}
BENCHMARK(BM_EncodeReply);

}  // namespace
}  // namespace mailverdict::socketmap
