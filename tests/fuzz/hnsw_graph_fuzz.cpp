// Bytes -> HnswGraph -> fromGraph: whatever the checks let through must be safe to search and grow.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "base/bytes.h"
#include "index/hnsw_index.h"

using namespace pagevec;

namespace {

constexpr Row kRows = 48;
constexpr uint32_t kDimension = 3;

void fill(VectorStore& store) {
  for (Row i = 0; i < kRows; ++i) {
    // The first rows are copies of one vector, of which the graph takes one.
    const Row row = i < 8 ? 0 : i;
    const float values[kDimension] = {static_cast<float>(row % 7), static_cast<float>(row % 5),
                                      static_cast<float>(row) / 8};
    store.append(values);
  }
}

/// One byte a number, so that mutations meet small counts and targets; 255 stands for the greatest
/// u32. Lists are written whole, or an input would almost never pass the first check.
HnswGraph readGraph(ByteReader& reader) {
  const auto number = [&]() -> uint32_t {
    const uint8_t byte = reader.number<uint8_t>();
    return byte == 255 ? UINT32_MAX : byte;
  };
  HnswGraph graph;
  const uint32_t nodes = reader.number<uint8_t>() % (kRows + 2);
  const bool shuffled = reader.number<uint8_t>() % 4 == 0;
  for (uint32_t i = 0; i < nodes; ++i) {
    graph.rows.push_back(shuffled ? number() : i);
    const uint8_t level = reader.number<uint8_t>();
    graph.levels.push_back(level < 128 ? level % 3 : level % 40);
  }
  graph.entryNode = number();
  while (reader.ok() && reader.remaining() > 0) graph.links.push_back(number());
  return graph;
}

/// Shortens what readGraph made to what the levels ask for, so that the last check can be passed.
void cutLinks(HnswGraph& graph) {
  size_t offset = 0;
  for (const uint8_t level : graph.levels) {
    for (uint32_t i = 0; i <= level; ++i) {
      if (offset >= graph.links.size()) graph.links.resize(offset + 1);
      offset += 1 + std::min<size_t>(graph.links[offset], 8);
    }
  }
  graph.links.resize(offset);
}

void use(HnswIndex& index, VectorStore& store, uint32_t erased) {
  const float query[kDimension] = {1, 2, 3};
  for (Row row = 0; row < kRows; ++row) {
    if (erased >> (row % 32) & 1) index.erase(row);
  }
  const size_t before = index.size();
  if (index.search(query, {.k = 5, .efSearch = 6}).size() != std::min<size_t>(before, 5)) {
    std::abort();
  }
  for (Row row = 0; row < kRows; ++row) index.insert(row);
  index.link(20);
  if (index.search(query, {.k = 9, .efSearch = 9}).size() != 9) std::abort();
  index.link(kRows);
  if (index.pending() != 0 || index.search(query, {.k = kRows}).size() != kRows) std::abort();
  if (!HnswIndex::fromGraph(store, {.maxNeighbors = 3, .efConstruction = 5}, index.graph()).ok()) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader reader({data, size});
  const Space space = static_cast<Space>(reader.number<uint8_t>() % 3);
  const uint32_t erased = reader.number<uint32_t>();
  const bool cut = reader.number<uint8_t>() % 8 != 0;
  HnswGraph graph = readGraph(reader);
  if (cut) cutLinks(graph);
  VectorStore store(space, kDimension);
  fill(store);
  auto index = HnswIndex::fromGraph(store, {.maxNeighbors = 3, .efConstruction = 5}, graph);
  if (index.ok()) use(*index.value(), store, erased);
  return 0;
}
