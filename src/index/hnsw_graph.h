#pragma once

#include "index/hnsw_index.h"

namespace pagevec {

/// The highest level a node can be on. With M = 2, the least M, 32 levels hold 2^32 nodes.
constexpr uint8_t kMaxHnswLevel = 31;

/// How many links a node may have on a level (hnswlib's maxM0 and maxM).
constexpr uint32_t maxLinks(const HnswParams& params, uint32_t level) {
  return level == 0 ? 2 * params.maxNeighbors : params.maxNeighbors;
}

/// The checks of HnswIndex::fromGraph, for a store of storedRows rows. Allocates one bit per row.
Status checkGraph(const HnswGraph& graph, const HnswParams& params, Row storedRows);

}  // namespace pagevec
