#pragma once

#include <span>

#include "index/hnsw_index.h"

namespace pagevec {

/// Makes nodes of level 0 of the copies (HnswIndex::copies), for searchers that know of no copies.
/// A node leads to its first copy, each copy to the next ones and to some of the node's links.
void addCopies(HnswGraph& graph, const HnswParams& params, std::span<const uint32_t> copies);

}  // namespace pagevec
