#include "graph_block.h"

#include <algorithm>

namespace pagevec::marshal {

std::vector<uint32_t> graphBlock(const HnswGraph& graph) {
  std::vector<uint32_t> block{graph.entryNode, static_cast<uint32_t>(graph.rows.size()),
                              static_cast<uint32_t>(graph.links.size())};
  block.insert(block.end(), graph.rows.begin(), graph.rows.end());
  block.insert(block.end(), graph.levels.begin(), graph.levels.end());
  block.insert(block.end(), graph.links.begin(), graph.links.end());
  return block;
}

HnswGraph graphFrom(const emscripten::val& uint32Array, std::vector<uint32_t>* rest) {
  const auto block = emscripten::convertJSArrayToNumberVector<uint32_t>(uint32Array);
  HnswGraph graph;
  if (block.size() < 3) return graph;
  const uint64_t nodes = block[1];
  const uint64_t links = 3 + 2 * nodes;
  if (links + block[2] > block.size()) return graph;
  graph.entryNode = block[0];
  const auto rows = block.begin() + 3;
  const auto end = block.begin() + static_cast<ptrdiff_t>(links + block[2]);
  graph.rows.assign(rows, rows + nodes);
  // A level beyond a byte must not become another one.
  for (auto level = rows + nodes; level < rows + 2 * nodes; ++level) {
    graph.levels.push_back(static_cast<uint8_t>(std::min<uint32_t>(*level, 255)));
  }
  graph.links.assign(rows + 2 * nodes, end);
  if (rest != nullptr) rest->assign(end, block.end());
  return graph;
}

}  // namespace pagevec::marshal
