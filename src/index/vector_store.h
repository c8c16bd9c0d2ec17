#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "distance/distance.h"

namespace pagevec {

/// A row number: rows are numbered from 0 in the order of append and never move.
using Row = uint32_t;

/// f32 vectors of one dimension, in blocks so that growing never moves a row or pauses for a copy.
/// Rows keep the values as they were appended; for cosine the inverse norm is kept beside them.
class VectorStore {
 public:
  /// dimension is at least 1; an upper limit is the caller's business.
  VectorStore(Space space, uint32_t dimension);

  /// Appends dimension() finite floats and returns their row. The caller has checked the values.
  Row append(const float* values);

  Space space() const { return space_; }
  uint32_t dimension() const { return dimension_; }
  Row rows() const { return rows_; }
  std::span<const float> vector(Row row) const;

  /// Distance of two rows, by space().
  float distance(Row a, Row b) const;

  /// A query with what its space needs computed once. Holds a reference to the values.
  struct Query {
    const float* values;
    float inverseNorm;  ///< cosine only; 0 for a zero vector, which makes every distance 1
  };
  Query prepare(const float* values) const;
  float distance(const Query& query, Row row) const;

  /// Heap bytes held.
  size_t bytes() const;

 private:
  struct AlignedDelete {
    void operator()(float* block) const;
  };
  using Block = std::unique_ptr<float[], AlignedDelete>;

  const float* values(Row row) const {
    return blocks_[row >> blockShift_].get() + (row & blockMask_) * stride_;
  }
  float rowInverseNorm(Row row) const {
    return blocks_[row >> blockShift_][normsOffset_ + (row & blockMask_)];
  }
  size_t blockFloats() const;
  void addBlock();

  Space space_;
  uint32_t dimension_;
  Row rows_ = 0;
  uint32_t blockShift_;  ///< log2 of the rows in a block
  uint32_t blockMask_;
  size_t stride_;       ///< floats from one row to the next: dimension, rounded up to 16 bytes
  size_t normsOffset_;  ///< where a block's inverse norms follow its rows (cosine only)
  const Kernels* kernels_;
  std::vector<Block> blocks_;
};

}  // namespace pagevec
