#include "encoder/convert/grid.h"

namespace pagevec {
namespace {

/// The shares of a row's range that are tried.
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
    const double difference = double{w} - double{grid.upperValue(grid.cell(w))};
    error += difference * difference;
  }
  return error;
}

}  // namespace

RowGrid chooseGrid(std::span<const float> row) {
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

}  // namespace pagevec
