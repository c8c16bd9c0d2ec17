#pragma once

#include <vector>

#include "base/row_set.h"
#include "index/binary_codes.h"
#include "index/scan.h"

namespace pagevec {

/// Bits of a store's rows beside their codes, for scans of so many rows that reading the codes of
/// all would take longer than a walk: all are estimated roughly, and only the nearest by that are
/// compared by their codes.
class SignScan {
 public:
  /// Below it too few signs tell rows apart, and codes are hardly longer.
  static constexpr uint32_t kMinDimension = 256;

  /// store: of rows, settled; outlives this.
  explicit SignScan(const VectorStore& store);

  /// Takes in up to maxRows of the store's rows that it has not.
  void grow(size_t maxRows);
  Row rows() const { return bits_.rows(); }

  /// Offers those of the rows, allowed ones, that are about the `kept` nearest, with their estimated
  /// distances; and all that grow() did not take in yet.
  void scan(const VectorStore::Query& query, const RowSet& rows, const RowSet& allowed, size_t kept,
            TopK& top) const;

  /// Heap bytes held.
  size_t bytes() const { return bits_.bytes(); }

 private:
  void gather(const RowSet& rows, const RowSet& allowed) const;
  size_t keepNearest(const VectorStore::Query& query, size_t known, size_t kept) const;
  float limitOf(size_t known, size_t kept) const;

  const VectorStore& store_;
  BinaryCodes bits_;
  std::vector<float> values_;
  // What a scan needs, kept from scan to scan.
  mutable CodeQuery signs_;
  mutable std::vector<float> unit_;       ///< the query, for cosine of norm 1
  mutable std::vector<Row> rows_;         ///< to be looked at
  mutable std::vector<float> distances_;  ///< of rows that grow() took in, roughly
};

}  // namespace pagevec
