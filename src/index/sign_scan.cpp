#include "index/sign_scan.h"

#include <algorithm>

namespace pagevec {
namespace {

constexpr size_t kSampleOfMean = 2048;
constexpr size_t kSampleOfLimit = 1024;

/// Values as codes are made of them.
void toUnit(const VectorStore& store, std::span<float> values) {
  if (store.space() == Space::Cosine) normalize(values);
}

void unitOf(const VectorStore& store, Row row, std::span<float> values) {
  store.approximate(row, values.data());
  toUnit(store, values);
}

std::vector<float> sampleOf(const VectorStore& store) {
  const Row step = std::max<Row>(1, store.rows() / kSampleOfMean);
  const size_t dimension = store.dimension();
  std::vector<float> values;
  for (Row row = 0; row < store.rows(); row += step) {
    values.resize(values.size() + dimension);
    unitOf(store, row, std::span(values).last(dimension));
  }
  return values;
}

}  // namespace

SignScan::SignScan(const VectorStore& store)
    : store_(store),
      bits_(store.space(), store.dimension(), sampleOf(store)),
      values_(store.dimension()) {}

void SignScan::grow(size_t maxRows) {
  for (; maxRows > 0 && bits_.rows() < store_.rows(); --maxRows) {
    unitOf(store_, bits_.rows(), values_);
    bits_.append(values_.data());
  }
}

void SignScan::gather(const RowSet& rows, const RowSet& allowed) const {
  rows_.resize(allowed.size());
  Row* end = rows_.data();
  allowed.forEachCommon(rows, [&](Row row) { *end++ = row; });
  rows_.resize(static_cast<size_t>(end - rows_.data()));
}

// Of a sample: to find the place of one among ten thousand would take longer than to compare some rows more.
float SignScan::limitOf(size_t known, size_t kept) const {
  const size_t step = (known + kSampleOfLimit - 1) / kSampleOfLimit;
  TopK nearest(kept / step + 1);
  for (size_t i = 0; i < known; i += step) nearest.offer({distances_[i], rows_[i]});
  return nearest.worst();
}

// Of the first `known` rows about the `kept` nearest, fewer than known, take the first places. Returns how
// many. There is no branch, since it would be hard to foretell.
size_t SignScan::keepNearest(const VectorStore::Query& query, size_t known, size_t kept) const {
  unit_.assign(query.values, query.values + store_.dimension());
  toUnit(store_, unit_);
  bits_.setSigns(unit_.data(), signs_);
  distances_.resize(known);
  bits_.roughly(signs_, rows_.data(), known, distances_.data());
  const float limit = limitOf(known, kept);
  size_t count = 0;
  for (size_t i = 0; i < known; ++i) {
    rows_[count] = rows_[i];
    count += distances_[i] <= limit;
  }
  return count;
}

void SignScan::scan(const VectorStore::Query& query, const RowSet& rows, const RowSet& allowed,
                    size_t kept, TopK& top) const {
  gather(rows, allowed);
  const auto unknown = std::lower_bound(rows_.begin(), rows_.end(), bits_.rows());
  const auto known = static_cast<size_t>(unknown - rows_.begin());
  const size_t count = kept < known ? keepNearest(query, known, kept) : known;
  ScanBatch batch(store_, query, top);
  for (size_t i = 0; i < count; ++i) batch.add(rows_[i]);
  for (size_t i = known; i < rows_.size(); ++i) batch.add(rows_[i]);
  batch.flush();
}

}  // namespace pagevec
