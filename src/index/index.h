#pragma once

#include <cstddef>
#include <vector>

#include "base/row_set.h"
#include "index/vector_store.h"

namespace pagevec {

/// A search hit. Ordered by distance, then by row, so that equal distances have one order.
struct Neighbor {
  float distance;
  Row row;
  friend bool operator<(const Neighbor& a, const Neighbor& b) {
    return a.distance != b.distance ? a.distance < b.distance : a.row < b.row;
  }
};

struct SearchParams {
  size_t k = 10;
  size_t efSearch = 64;  ///< candidates kept while walking a graph; raised to k if smaller
  const RowSet* allowed = nullptr;  ///< only these rows may be returned; null: all
};

/// Nearest-neighbour search over rows of a VectorStore, which outlives the index. The flat index is
/// the oracle for every other implementation (tests/contract).
class Index {
 public:
  virtual ~Index() = default;

  /// Makes a stored row findable. It is found by the very next search, even before link() takes it.
  virtual void insert(Row row) = 0;

  /// Hides a row from every later search. Erasing a row that is not in the index does nothing.
  virtual void erase(Row row) = 0;

  /// The k nearest rows of query (dimension floats), nearest first; fewer when fewer are allowed.
  virtual std::vector<Neighbor> search(const float* query, const SearchParams& params) const = 0;

  /// Rows that search can return.
  virtual size_t size() const = 0;

  /// Rows that are still scanned one by one because no graph links them yet.
  virtual size_t pending() const = 0;

  /// Links up to maxRows pending rows, so that building is done in slices. Returns pending() after.
  virtual size_t link(size_t maxRows) = 0;
};

}  // namespace pagevec
