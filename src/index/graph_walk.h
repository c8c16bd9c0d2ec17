#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "index/candidates.h"
#include "index/hnsw_links.h"
#include "index/vector_store.h"

namespace pagevec {

/// Algorithms 2 and 5 of the HNSW paper (see HnswParams) over codes: what searching and linking
/// share. Its memory is kept from walk to walk.
class GraphWalk {
 public:
  /// Both outlive the walk.
  GraphWalk(const VectorStore& store, const HnswLinks& links) : store_(store), links_(links) {}

  /// Goes from row to ever nearer links on the levels from `from` down to `to`, which is at least 1.
  Row descend(const VectorStore::Query& query, Row row, uint32_t from, uint32_t to);

  /// Finds the ef rows of a level that are nearest, beginning at a row; then found() has them.
  void search(const VectorStore::Query& query, Row entry, uint32_t level, size_t ef);

  /// The same on level 0 for rows that accepts(row) is true of: others are passed through, but not
  /// kept.
  template <class Accepts>
  void searchAmong(const VectorStore::Query& query, Row entry, size_t ef, Accepts accepts);

  const Candidates& found() const { return found_; }

  /// Heap bytes held.
  size_t bytes() const { return visited_.capacity() + open_.capacity() * sizeof(uint64_t); }

 private:
  void beginVisits();
  size_t gatherUnvisited(Row row, uint32_t level);

  const VectorStore& store_;
  const HnswLinks& links_;
  Candidates found_;
  std::vector<uint64_t> open_;    ///< searchAmong: what is left to expand, a heap
  std::vector<uint8_t> visited_;  ///< by row: tag_ when seen in this walk
  uint8_t tag_ = 0;
  std::vector<Row> batch_;        ///< links that this walk sees for the first time
  std::vector<float> distances_;  ///< theirs
};

template <class Accepts>
void GraphWalk::searchAmong(const VectorStore::Query& query, Row entry, size_t ef,
                            Accepts accepts) {
  beginVisits();
  found_.reset(ef);
  open_.clear();
  const auto see = [&](float distance, Row row) {
    const uint32_t order = distanceOrder(distance);
    if (!found_.takes(order)) return;
    open_.push_back(rankOf(order, row));
    std::push_heap(open_.begin(), open_.end(), std::greater());
    if (accepts(row)) found_.add(order, row);
  };
  visited_[entry] = tag_;
  store_.estimate(query, &entry, 1, distances_.data());
  see(distances_[0], entry);
  while (!open_.empty()) {
    const uint64_t nearest = open_.front();
    if (!found_.takes(static_cast<uint32_t>(nearest >> 32))) return;
    std::pop_heap(open_.begin(), open_.end(), std::greater());
    open_.pop_back();
    const size_t count = gatherUnvisited(static_cast<Row>(nearest), 0);
    store_.estimate(query, batch_.data(), count, distances_.data());
    for (size_t i = 0; i < count; ++i) see(distances_[i], batch_[i]);
  }
}

}  // namespace pagevec
