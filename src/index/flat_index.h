#pragma once

#include <memory>

#include "index/index.h"

namespace pagevec {

/// Compares the query with every row: exact, and the oracle of the other indexes.
/// store must outlive the index.
std::unique_ptr<Index> makeFlatIndex(const VectorStore& store);

}  // namespace pagevec
