#pragma once

#include <vector>

#include "index/index.h"

namespace pagevec {

/// Keeps the k least of the neighbors it is offered, in a heap whose top is the worst one kept.
class TopK {
 public:
  explicit TopK(size_t k) : k_(k) { heap_.reserve(k); }
  void offer(Neighbor neighbor) {
    if (heap_.size() < k_ || (k_ > 0 && neighbor < heap_.front())) keep(neighbor);
  }
  size_t size() const { return heap_.size(); }

  /// What was kept, nearest first. Leaves this empty.
  std::vector<Neighbor> take();

 private:
  void keep(Neighbor neighbor);

  size_t k_;
  std::vector<Neighbor> heap_;
};

/// Offers every row that is in rows, and in allowed where given, with its estimated distance.
void scan(const VectorStore& store, const VectorStore::Query& query, const RowSet& rows,
          const RowSet* allowed, TopK& top);

/// The k nearest of what was found by estimates, by their distances.
std::vector<Neighbor> rescore(const VectorStore& store, const VectorStore::Query& query,
                              std::vector<Neighbor> found, size_t k);

}  // namespace pagevec
