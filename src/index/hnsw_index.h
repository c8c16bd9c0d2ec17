#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/status.h"
#include "index/index.h"

namespace pagevec {

/// Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
/// Hierarchical Navigable Small World graphs" (arXiv 1603.09320); names as in hnswlib and Chroma.
struct HnswParams {
  uint32_t maxNeighbors = 16;     ///< M: links per node above level 0; level 0 has 2 M. 2 to 128
  uint32_t efConstruction = 100;  ///< candidates kept while linking. 1 to 4,096
};

/// A graph as plain numbers: what a snapshot keeps. Node i stands for row rows[i].
struct HnswGraph {
  std::vector<Row> rows;
  std::vector<uint8_t> levels;  ///< top level of each node
  std::vector<uint32_t> links;  ///< for each node, for each level from 0 to its top: a count, then
                                ///< as many node numbers
  uint32_t entryNode = 0;       ///< meaningless when rows is empty

  /// The node of each row up to the last; any number for a row that is no node.
  std::vector<uint32_t> numbers() const;
};

class HnswIndex : public Index {
 public:
  /// store must outlive the index; linking settles it.
  static std::unique_ptr<HnswIndex> make(VectorStore& store, const HnswParams& params);

  /// Rebuilds an index from a stored graph. Corrupt unless everything holds that search relies on:
  /// rows exist and are unique, levels fit, link counts and targets are in range, no self link,
  /// every linked node reaches the link's level, the entry node is on the highest level.
  static Result<std::unique_ptr<HnswIndex>> fromGraph(VectorStore& store, const HnswParams& params,
                                                      const HnswGraph& graph);

  /// The linked part of the index, without erased rows' visibility (erased nodes stay as way
  /// points). Pending rows are not in it, nor are copies of a node, which are found through it;
  /// both are inserted again after fromGraph.
  HnswGraph graph() const;
  /// The same without links.
  virtual HnswGraph nodes() const = 0;
  virtual size_t nodeCount() const = 0;
  /// The rows that a node's row is linked to on a level, 0 to its top. Valid until the next link().
  virtual std::span<const Row> links(Row row, uint32_t level) const = 0;

  /// The live copies, each as its row and its node's number in graph(), in the order of nodes.
  virtual std::vector<uint32_t> copies() const = 0;

  /// The share of linked nodes whose row was erased, 0 to 1. Above a half, rebuild.
  virtual float erasedShare() const = 0;

  /// Heap bytes held, without the store's.
  virtual size_t bytes() const = 0;
};

}  // namespace pagevec
