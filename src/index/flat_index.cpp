#include "index/flat_index.h"

#include <algorithm>
#include <cassert>

#include "index/scan.h"

namespace pagevec {
namespace {

class FlatIndex final : public Index {
 public:
  explicit FlatIndex(const VectorStore& store) : store_(store) {}

  void insert(Row row) override {
    assert(row < store_.rows());
    rows_.insert(row);
  }
  void erase(Row row) override { rows_.erase(row); }

  std::vector<Neighbor> search(const float* query, const SearchParams& params) const override {
    const size_t k = std::min<size_t>(params.k, rows_.size());
    store_.prepare(query, query_);
    TopK top(std::min<size_t>(store_.candidates(k), rows_.size()));
    scan(store_, query_, rows_, params.allowed, top);
    return rescore(store_, query_, top.take(), k);
  }

  size_t size() const override { return rows_.size(); }
  size_t pending() const override { return 0; }
  size_t link(size_t) override { return 0; }

 private:
  const VectorStore& store_;
  RowSet rows_;
  mutable VectorStore::Query query_;  ///< kept from search to search
};

}  // namespace

std::unique_ptr<Index> makeFlatIndex(const VectorStore& store) {
  return std::make_unique<FlatIndex>(store);
}

}  // namespace pagevec
