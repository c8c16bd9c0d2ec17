#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "encoder/convert/float_model.h"

namespace pagevec {

/// What calibration texts say about the inputs x of one linear layer.
struct InputStatistics {
  size_t columns = 0;
  std::vector<double> products;  ///< columns x columns: the sum of x x^T (the lower triangle)
  std::vector<float> largest;    ///< the largest |x| of each channel

  bool empty() const { return columns == 0; }
  /// inputs: tokens x columns floats.
  void add(std::span<const float> inputs, size_t columns);
};

/// A linear layer as the file holds it (see LinearWeights), but row by row.
struct QuantizedLinear {
  std::vector<uint8_t> cells;  ///< rows x columns
  std::vector<float> scale;
  std::vector<float> zero;
  std::vector<uint32_t> outliers;  ///< kMaxOutliers channels, unused ones kNoChannel
};

/// Without statistics each weight is rounded to its nearest cell and there are no outliers. With
/// them the rounding keeps W x close rather than W (GPTQ: Frantar et al. 2022), in two passes: the
/// upper seven bits by themselves, then the eighth for the best eight bits that begin with them.
QuantizedLinear quantizeLinear(const FloatLinear& linear, const InputStatistics& statistics);

/// Rows of int8, one scale a row: the largest value becomes 127.
struct QuantizedTable {
  std::vector<int8_t> values;
  std::vector<float> scale;
};
QuantizedTable quantizeTable(std::span<const float> table, uint32_t hidden);

}  // namespace pagevec
