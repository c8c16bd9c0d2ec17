#pragma once

#include "base/bytes.h"
#include "index/hnsw_index.h"

/// A graph as bytes between modules: u32 entry node, how many nodes, how many link words; then rows,
/// levels (a byte each) and links as HnswGraph has them.
namespace pagevec::marshal {

void writeGraph(ByteWriter& out, const HnswGraph& graph);

/// What does not parse makes in.ok() false.
HnswGraph readGraph(ByteReader& in);

}  // namespace pagevec::marshal
