#include "encoder/convert/quantize.h"

#include <algorithm>
#include <cmath>

#include "encoder/convert/gptq.h"
#include "encoder/convert/grid.h"
#include "encoder/weights.h"

namespace pagevec {
namespace {

std::vector<uint8_t> roundNearest(const FloatLinear& linear, std::span<const RowGrid> grids) {
  std::vector<uint8_t> cells;
  cells.reserve(linear.weights.size());
  for (size_t i = 0; i < linear.weights.size(); ++i) {
    cells.push_back(grids[i / linear.columns].cell(linear.weights[i]));
  }
  return cells;
}

/// Adds to the biases what the rounded weights take from the mean outputs.
void correctBiases(const FloatLinear& linear, std::span<const RowGrid> grids,
                   std::span<const double> means, QuantizedLinear& out) {
  for (size_t n = 0; n < linear.rows; ++n) {
    double lost = 0;
    double upperLost = 0;
    for (size_t k = 0; k < linear.columns; ++k) {
      const size_t i = n * linear.columns + k;
      const bool outlier =
          std::find(out.outliers.begin(), out.outliers.end(), k) != out.outliers.end();
      const double weight = linear.weights[i];
      const double value = grids[n].value(out.cells[i]);
      const double upper = outlier ? value : double{grids[n].upperValue(out.cells[i])};
      lost += (weight - value) * means[k];
      upperLost += (weight - upper) * means[k];
    }
    out.bias[n] += static_cast<float>(lost);
    out.upperBias[n] += static_cast<float>(upperLost);
  }
}

}  // namespace

QuantizedLinear quantizeLinear(const FloatLinear& linear, const InputStatistics& statistics) {
  std::vector<RowGrid> grids;
  for (size_t n = 0; n < linear.rows; ++n) {
    grids.push_back(chooseGrid({linear.weights.data() + n * linear.columns, linear.columns}));
  }
  QuantizedLinear out;
  for (const RowGrid& grid : grids) {
    out.scale.push_back(grid.scale);
    out.zero.push_back(grid.zero);
  }
  out.bias = linear.bias;
  out.upperBias = linear.bias;
  if (statistics.empty()) {
    out.outliers.assign(kMaxOutliers, kNoChannel);
    out.cells = roundNearest(linear, grids);
    return out;
  }
  out.outliers = findOutliers(statistics);
  out.cells = statistics.products.empty()
                  ? roundNearest(linear, grids)
                  : LayerRounder(statistics, out.outliers).round(linear, grids);
  correctBiases(linear, grids, statistics.mean(), out);
  return out;
}

QuantizedTable quantizeTable(std::span<const float> table, uint32_t hidden) {
  QuantizedTable out;
  out.values.reserve(table.size());
  for (size_t begin = 0; begin < table.size(); begin += hidden) {
    const std::span<const float> row = table.subspan(begin, hidden);
    float largest = 0;
    for (const float value : row) largest = std::max(largest, std::abs(value));
    const float scale = largest / 127;
    out.scale.push_back(scale);
    for (const float value : row) {
      out.values.push_back(static_cast<int8_t>(
          scale > 0 ? std::lround(std::clamp(value / scale, -127.0f, 127.0f)) : 0));
    }
  }
  return out;
}

}  // namespace pagevec
