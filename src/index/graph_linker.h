#pragma once

#include <span>
#include <vector>

#include "index/graph_walk.h"

namespace pagevec {

/// Algorithms 1 and 4 of the HNSW paper: puts rows into the graph, with distances of codes.
class GraphLinker {
 public:
  GraphLinker(const VectorStore& store, HnswLinks& links, const HnswParams& params)
      : store_(store), links_(links), params_(params) {}

  /// Links a row, which is no node yet, to a graph that is entered at another. Returns the row
  /// itself; or, with nothing changed, a node with the same codes: nodes that nothing can tell apart
  /// would fill each other's lists and cut off the rest (4,000 rows beside five vectors of 2,000
  /// copies each were found with a recall of 0.23).
  Row link(Row row, Row entry, GraphWalk& walk);

 private:
  Row findCopy(Row row, const Candidates& found) const;
  void chooseNeighbors(std::span<const uint64_t> nearest, size_t most);
  bool nearerToChosen(Row row, float distance);
  void connectBack(Row from, Row row, uint32_t level);

  const VectorStore& store_;
  HnswLinks& links_;
  HnswParams params_;
  VectorStore::Query query_;
  VectorStore::Query other_;
  std::vector<uint64_t> nearest_;  ///< as rankOf() numbers them
  std::vector<Row> chosen_;
  std::vector<float> distances_;
};

/// The top level of a row's node: at least L with probability M^-L, as in the paper. A hash of the
/// row and not a random stream, so that a graph read back grows just as the original would, on every
/// platform.
uint8_t levelOf(Row row, uint32_t maxNeighbors);

}  // namespace pagevec
