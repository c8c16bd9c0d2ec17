// Any bytes as the files of a static index: refused, or read and searched without a fault.
#include <cstdlib>

#include "static/static_reader.h"

using namespace pagevec;

namespace {

// Everything the input holds: parts with a length of two bytes before them.
ByteView part(ByteReader& reader) {
  const auto size = reader.number<uint16_t>();
  return reader.raw(std::min<size_t>(size, reader.remaining()));
}

std::string textOf(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader input({data, size});
  const ByteView lengths = part(input);
  std::vector<std::string> firsts = {textOf(part(input)), textOf(part(input))};
  auto opened = StaticReader::open(lengths, std::move(firsts));
  if (!opened.ok()) return 0;
  StaticReader& reader = *opened.value();
  for (uint32_t shard = 0; shard < 2; ++shard) (void)reader.addTermShard(shard, part(input));
  (void)reader.addCentroids(part(input));
  for (uint32_t cluster = 0; cluster < 2; ++cluster) (void)reader.addCluster(cluster, part(input));
  const std::string text = textOf(part(input));
  StaticRequest request;
  request.keyword.prefix = PrefixWords::All;
  request.candidates = request.limit = 10;
  request.passages = 2;
  request.passageLength = 20;
  for (const ScoredSlot& hit : reader.searchKeywords(text, request.keyword, 10)) {
    if (!(hit.score >= 0)) std::abort();
  }
  (void)reader.passagesOf(text, request, std::span(&text, 1));
  const std::vector<float> query(std::min(reader.dimension(), 4096u), 0.5f);
  request.vector = query;
  request.text = text;
  request.probes = 2;
  (void)reader.search(request);
  return 0;
}
