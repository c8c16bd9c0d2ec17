#pragma once

#include <emscripten/val.h>

#include <vector>

#include "index/hnsw_index.h"

/// A graph as one Uint32Array: entry node, how many nodes, how many link words; then rows, levels and
/// links as HnswGraph has them. What follows is the user's.
namespace pagevec::marshal {

std::vector<uint32_t> graphBlock(const HnswGraph& graph);

/// What does not parse gives no nodes. rest: where what follows is put, if wanted.
HnswGraph graphFrom(const emscripten::val& uint32Array, std::vector<uint32_t>* rest = nullptr);

}  // namespace pagevec::marshal
