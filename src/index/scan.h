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
  /// The largest distance that is kept. There is one.
  float worst() const { return heap_.front().distance; }

  /// What was kept, nearest first. Leaves this empty.
  std::vector<Neighbor> take();

 private:
  void keep(Neighbor neighbor);

  size_t k_;
  std::vector<Neighbor> heap_;
};

/// Collects rows and estimates them together: a row by itself does not keep the machine busy. What
/// is left at the end is offered by flush().
class ScanBatch {
 public:
  /// All outlive the batch.
  ScanBatch(const VectorStore& store, const VectorStore::Query& query, TopK& top)
      : store_(store),
        query_(query),
        top_(top),
        readsAhead_(store.rows() * store.comparedBytes() > VectorStore::kCacheBytes) {}

  void add(Row row) {
    rows_[count_++] = row;
    if (count_ == kRows) flush();
  }
  void flush();

 private:
  static constexpr size_t kRows = 32;

  const VectorStore& store_;
  const VectorStore::Query& query_;
  TopK& top_;
  bool readsAhead_;  ///< whether rows come from memory rather than from caches
  Row rows_[kRows];
  float distances_[kRows];
  size_t count_ = 0;
};

/// Offers every row that is in rows, and in allowed where given, with its estimated distance.
void scan(const VectorStore& store, const VectorStore::Query& query, const RowSet& rows,
          const RowSet* allowed, TopK& top);

/// The k nearest of what was found by estimates, by their distances.
std::vector<Neighbor> rescore(const VectorStore& store, const VectorStore::Query& query,
                              std::vector<Neighbor> found, size_t k);

}  // namespace pagevec
