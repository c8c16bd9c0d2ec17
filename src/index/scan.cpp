#include "index/scan.h"

#include <algorithm>

namespace pagevec {

void TopK::keep(Neighbor neighbor) {
  if (heap_.size() == k_) {
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
  }
  heap_.push_back(neighbor);
  std::push_heap(heap_.begin(), heap_.end());
}

std::vector<Neighbor> TopK::take() {
  std::sort_heap(heap_.begin(), heap_.end());
  return std::move(heap_);
}

void ScanBatch::flush() {
  if (readsAhead_) store_.touch(rows_, count_);
  store_.estimate(query_, rows_, count_, distances_);
  for (size_t i = 0; i < count_; ++i) top_.offer({distances_[i], rows_[i]});
  count_ = 0;
}

void scan(const VectorStore& store, const VectorStore::Query& query, const RowSet& rows,
          const RowSet* allowed, TopK& top) {
  ScanBatch batch(store, query, top);
  if (allowed == nullptr) {
    rows.forEach([&](Row row) { batch.add(row); });
  } else {
    allowed->forEachCommon(rows, [&](Row row) { batch.add(row); });
  }
  batch.flush();
}

std::vector<Neighbor> rescore(const VectorStore& store, const VectorStore::Query& query,
                              std::vector<Neighbor> found, size_t k) {
  if (store.coded()) {
    std::vector<Row> rows(found.size());
    std::vector<float> distances(found.size());
    for (size_t i = 0; i < found.size(); ++i) rows[i] = found[i].row;
    store.distances(query, rows.data(), rows.size(), distances.data());
    for (size_t i = 0; i < found.size(); ++i) found[i].distance = distances[i];
  }
  std::sort(found.begin(), found.end());
  found.resize(std::min(found.size(), k));
  if (store.space() != Space::L2) return found;
  // Estimates by bits may be less than zero, and equal ones there would lose their order.
  for (Neighbor& neighbor : found) neighbor.distance = std::max(0.0f, neighbor.distance);
  return found;
}

}  // namespace pagevec
