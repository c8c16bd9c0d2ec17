#include "index/scan.h"

#include <algorithm>

namespace pagevec {

void TopK::offer(Neighbor neighbor) {
  if (heap_.size() < k_) {
    heap_.push_back(neighbor);
    std::push_heap(heap_.begin(), heap_.end());
  } else if (k_ > 0 && neighbor < heap_.front()) {
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.back() = neighbor;
    std::push_heap(heap_.begin(), heap_.end());
  }
}

std::vector<Neighbor> TopK::take() {
  std::sort_heap(heap_.begin(), heap_.end());
  return std::move(heap_);
}

void scan(const VectorStore& store, const VectorStore::Query& query, const RowSet& rows,
          const RowSet* allowed, TopK& top) {
  const auto offer = [&](Row row) { top.offer({store.distance(query, row), row}); };
  if (allowed == nullptr) {
    rows.forEach(offer);
  } else {
    allowed->forEach([&](Row row) {
      if (rows.contains(row)) offer(row);
    });
  }
}

}  // namespace pagevec
