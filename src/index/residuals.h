#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/row_set.h"
#include "distance/code_kernels.h"
#include "index/codes.h"
#include "index/row_blocks.h"

namespace pagevec {

/// What rows lose as codes of 7 bits, a byte a dimension: each value's rest in 256ths of a code's step.
/// Codes and residuals together are whole numbers of 15 bits, so that rows compared by codes are compared
/// again precisely for one more byte a dimension, and half of what is read is in the caches already. (Two
/// levels of scalar quantization, as residual quantizers have them: Chen et al. 2010, doi
/// 10.3390/s101211259.) What a row has beyond the largest code is kept apart: one value in ten thousand.
class Residuals {
 public:
  explicit Residuals(uint32_t dimension);

  /// Appends those of the last row of codes, which was made of the same values and peak.
  void append(const float* values, float peak, const Codes& codes);
  /// Appends a row of another as it is.
  void appendFrom(const Residuals& other, Row row);

  /// Distances of count rows to a query as scale times the operand (whole numbers from -32,767 to 32,767,
  /// padded with zeros to a multiple of 16): 1 less the dot product.
  void distances(std::span<const int16_t> operand, float scale, const Codes& codes, const Row* rows,
                 size_t count, float* distances) const;

  /// What one unit of a row stands for.
  static float unitOf(const Codes& codes, Row row) { return codes.scaleOf(row) / kSteps; }

  /// What codes and residuals stand for, dimension floats.
  void decode(Row row, const Codes& codes, float* values) const;

  /// Heap bytes held.
  size_t bytes() const;

 private:
  static constexpr int kSteps = SplitRow::kSteps;

  /// So many units more than code and residual say.
  struct Excess {
    Row row;
    uint16_t dimension;
    int16_t units;
  };
  void keepExcess(const float* values, float inverse, const SplitRow& row);
  template <class Visit>
  void forEachExcess(Row row, Visit visit) const;

  uint32_t dimension_;
  const CodeKernels* kernels_;
  RowBlocks residuals_;
  Row rows_ = 0;
  RowSet exceeding_;            ///< the rows that have any
  std::vector<Excess> excess_;  ///< by row
};

}  // namespace pagevec
