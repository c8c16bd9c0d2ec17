#include "index/hnsw_graph.h"

#include <algorithm>
#include <string>

namespace pagevec {
namespace {

Status corrupt(const std::string& what) {
  return {StatusCode::Corrupt, "the stored search graph is damaged: " + what + "; rebuild it"};
}

std::string text(uint64_t number) { return std::to_string(number); }

Status checkParams(const HnswParams& params) {
  if (params.maxNeighbors < 2 || params.maxNeighbors > 128) {
    return {StatusCode::InvalidArgument,
            "maxNeighbors is " + text(params.maxNeighbors) + ", it must be 2 to 128"};
  }
  if (params.efConstruction < 1 || params.efConstruction > 4096) {
    return {StatusCode::InvalidArgument,
            "efConstruction is " + text(params.efConstruction) + ", it must be 1 to 4096"};
  }
  return {};
}

Status checkNodes(const HnswGraph& graph, Row storedRows) {
  const size_t nodes = graph.rows.size();
  if (nodes != graph.levels.size()) {
    return corrupt(text(nodes) + " rows but " + text(graph.levels.size()) + " levels");
  }
  if (nodes > storedRows) {
    return corrupt(text(nodes) + " nodes for " + text(storedRows) + " stored rows");
  }
  RowSet seen;
  for (size_t i = 0; i < nodes; ++i) {
    const Row row = graph.rows[i];
    if (row >= storedRows) return corrupt("row " + text(row) + " does not exist");
    if (seen.contains(row)) return corrupt("row " + text(row) + " is there twice");
    seen.insert(row);
    if (graph.levels[i] > kMaxHnswLevel) {
      return corrupt("node " + text(i) + " is on level " + text(graph.levels[i]));
    }
  }
  return {};
}

Status checkTarget(const HnswGraph& graph, size_t node, uint32_t level, uint32_t target) {
  if (target >= graph.rows.size()) {
    return corrupt("node " + text(node) + " links to node " + text(target) + " of " +
                   text(graph.rows.size()));
  }
  if (target == node) return corrupt("node " + text(node) + " links to itself");
  if (graph.levels[target] < level) {
    return corrupt("node " + text(node) + " links on level " + text(level) + " to node " +
                   text(target) + ", which ends on level " + text(graph.levels[target]));
  }
  return {};
}

/// Checks the list of one node on one level and moves offset past it.
Status checkList(const HnswGraph& graph, size_t node, uint32_t level, uint32_t limit,
                 size_t& offset) {
  if (offset == graph.links.size()) {
    return corrupt("the links end before node " + text(node) + " level " + text(level));
  }
  const uint32_t count = graph.links[offset++];
  if (count > limit || count > graph.links.size() - offset) {
    return corrupt("node " + text(node) + " has " + text(count) + " links on level " + text(level));
  }
  for (uint32_t i = 0; i < count; ++i) {
    if (Status s = checkTarget(graph, node, level, graph.links[offset + i]); !s.ok()) return s;
  }
  offset += count;
  return {};
}

Status checkLinks(const HnswGraph& graph, const HnswParams& params) {
  size_t offset = 0;
  for (size_t node = 0; node < graph.rows.size(); ++node) {
    for (uint32_t level = 0; level <= graph.levels[node]; ++level) {
      const uint32_t limit = maxLinks(params, level);
      if (Status s = checkList(graph, node, level, limit, offset); !s.ok()) return s;
    }
  }
  if (offset != graph.links.size()) {
    return corrupt(text(graph.links.size() - offset) + " numbers follow the last link");
  }
  return {};
}

Status checkEntry(const HnswGraph& graph) {
  if (graph.rows.empty()) return {};
  if (graph.entryNode >= graph.rows.size()) {
    return corrupt("it starts at node " + text(graph.entryNode) + " of " + text(graph.rows.size()));
  }
  const uint8_t top = *std::max_element(graph.levels.begin(), graph.levels.end());
  if (graph.levels[graph.entryNode] != top) {
    return corrupt("it starts on level " + text(graph.levels[graph.entryNode]) +
                   ", its highest is " + text(top));
  }
  return {};
}

}  // namespace

std::vector<uint32_t> HnswGraph::numbers() const {
  std::vector<uint32_t> numbers;
  if (!rows.empty()) numbers.resize(size_t{1} + *std::max_element(rows.begin(), rows.end()));
  for (size_t node = 0; node < rows.size(); ++node) {
    numbers[rows[node]] = static_cast<uint32_t>(node);
  }
  return numbers;
}

Status checkGraph(const HnswGraph& graph, const HnswParams& params, Row storedRows) {
  if (Status s = checkParams(params); !s.ok()) return s;
  if (Status s = checkNodes(graph, storedRows); !s.ok()) return s;
  if (Status s = checkEntry(graph); !s.ok()) return s;
  return checkLinks(graph, params);
}

}  // namespace pagevec
