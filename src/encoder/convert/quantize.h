#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "encoder/convert/float_model.h"
#include "encoder/convert/statistics.h"

namespace pagevec {

/// A linear layer as the file holds it (see LinearWeights), but row by row.
struct QuantizedLinear {
  std::vector<uint8_t> cells;  ///< rows x columns
  std::vector<float> scale;
  std::vector<float> zero;
  std::vector<float> bias;         ///< for all eight bits
  std::vector<float> upperBias;    ///< for the upper seven
  std::vector<uint32_t> outliers;  ///< kMaxOutliers channels, unused ones kNoChannel
};

/// Without statistics each weight is rounded to its nearest cell and there are no outliers. With
/// them the largest channels are outliers, and the biases make up for what the rounding changes of
/// the mean of W x; with products the rounding keeps W x close rather than W (LayerRounder).
QuantizedLinear quantizeLinear(const FloatLinear& linear, const InputStatistics& statistics);

/// Rows of int8, one scale a row: the largest value becomes 127.
struct QuantizedTable {
  std::vector<int8_t> values;
  std::vector<float> scale;
};
QuantizedTable quantizeTable(std::span<const float> table, uint32_t hidden);

}  // namespace pagevec
