#include "encoder/convert/quantize.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "encoder/convert/gptq.h"

namespace pagevec {
namespace {

/// The share of a row's range that cells cover; the best is found by trying.
constexpr float kRangeShares[] = {1.0f, 0.96f, 0.92f, 0.88f, 0.84f, 0.8f};

RowGrid gridOf(float low, float high, float share) {
  // A row of equal weights still needs cells of some size.
  const float width = std::max(high - low, 1e-6f) * share;
  const float middle = (low + high) / 2;
  const float scale = width / 256;
  return {scale, 128 - middle / scale};
}

double squaredError(const RowGrid& grid, std::span<const float> row) {
  double error = 0;
  for (const float w : row) {
    const double difference = double{w} - double{grid.upperValue(grid.cell(w) >> 1)};
    error += difference * difference;
  }
  return error;
}

RowGrid bestGrid(std::span<const float> row) {
  const auto [low, high] = std::minmax_element(row.begin(), row.end());
  RowGrid best{};
  double least = INFINITY;
  for (const float share : kRangeShares) {
    const RowGrid grid = gridOf(*low, *high, share);
    const double error = squaredError(grid, row);
    if (error >= least) continue;
    least = error;
    best = grid;
  }
  return best;
}

/// The channels with the largest values, of which there may be none.
std::vector<uint32_t> findOutliers(const InputStatistics& statistics) {
  std::vector<uint32_t> channels(statistics.columns);
  std::iota(channels.begin(), channels.end(), 0);
  std::stable_sort(channels.begin(), channels.end(), [&](uint32_t a, uint32_t b) {
    return statistics.largest[a] > statistics.largest[b];
  });
  channels.resize(std::min<size_t>(channels.size(), kMaxOutliers));
  channels.resize(kMaxOutliers, kNoChannel);
  return channels;
}

}  // namespace

void InputStatistics::add(std::span<const float> inputs, size_t width) {
  if (empty()) {
    columns = width;
    products.resize(columns * columns);
    largest.resize(columns);
  }
  for (size_t begin = 0; begin < inputs.size(); begin += columns) {
    const float* x = inputs.data() + begin;
    for (size_t i = 0; i < columns; ++i) {
      largest[i] = std::max(largest[i], std::abs(x[i]));
      double* row = products.data() + i * columns;
      const double xi = x[i];
      for (size_t j = 0; j <= i; ++j) row[j] += xi * double{x[j]};
    }
  }
}

QuantizedLinear quantizeLinear(const FloatLinear& linear, const InputStatistics& statistics) {
  QuantizedLinear out;
  out.outliers.assign(kMaxOutliers, kNoChannel);
  if (!statistics.empty()) out.outliers = findOutliers(statistics);
  const RowRounder rounder(statistics, out.outliers);
  out.cells.resize(linear.weights.size());
  for (size_t n = 0; n < linear.rows; ++n) {
    const std::span<const float> row(linear.weights.data() + n * linear.columns, linear.columns);
    const RowGrid grid = bestGrid(row);
    rounder.round(row, grid, out.cells.data() + n * linear.columns);
    out.scale.push_back(grid.scale);
    out.zero.push_back(grid.zero);
  }
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
