#include "graph_block.h"

namespace pagevec::marshal {

void writeGraph(ByteWriter& out, const HnswGraph& graph) {
  out.number(graph.entryNode);
  out.number(static_cast<uint32_t>(graph.rows.size()));
  out.number(static_cast<uint32_t>(graph.links.size()));
  out.array<uint32_t>(graph.rows);
  out.raw(graph.levels);
  out.array<uint32_t>(graph.links);
}

HnswGraph readGraph(ByteReader& in) {
  HnswGraph graph;
  graph.entryNode = in.number<uint32_t>();
  const auto nodes = in.number<uint32_t>();
  const auto links = in.number<uint32_t>();
  graph.rows = in.array<uint32_t>(nodes);
  const ByteView levels = in.raw(nodes);
  graph.levels.assign(levels.begin(), levels.end());
  graph.links = in.array<uint32_t>(links);
  return graph;
}

}  // namespace pagevec::marshal
