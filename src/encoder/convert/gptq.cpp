#include "encoder/convert/gptq.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "encoder/convert/matrix.h"

namespace pagevec {
namespace {

/// Added to the diagonal, as a share of its mean: channels that the texts never used have a say.
constexpr double kDamping = 0.01;
/// Columns that are rounded one by one before the columns to come hear of their errors.
constexpr size_t kBlock = 32;
/// How much the error of the upper seven bits counts against that of all eight.
constexpr float kUpperShare = 0.5f;

/// The cell for a weight that should be at place8 for eight bits and at place7 for the upper seven.
/// The errors' squares are added up with the schemes' shares.
uint8_t jointCell(float place8, float place7) {
  const float middle = kUpperShare * place7 + (1 - kUpperShare) * place8;
  const float nearest = std::floor(middle / 2);
  float least = INFINITY;
  float best = 0;
  for (float upper = nearest - 1; upper <= nearest + 1; ++upper) {
    const float u = std::max(0.0f, std::min(127.0f, upper));
    const float q = 2 * u + (place8 >= 2 * u + 0.5f ? 1.0f : 0.0f);
    const float error8 = place8 - q;
    const float error7 = place7 - (2 * u + 0.5f);
    const float error = (1 - kUpperShare) * error8 * error8 + kUpperShare * error7 * error7;
    if (error >= least) continue;
    least = error;
    best = q;
  }
  return static_cast<uint8_t>(best);
}

}  // namespace

/// The errors so far, with all bits and with the upper seven, rows x columns in the rounder's order.
struct LayerRounder::Pass {
  const FloatLinear& linear;
  std::span<const RowGrid> grids;
  std::vector<uint8_t> cells;
  std::vector<float> errors8;
  std::vector<float> errors7;
};

LayerRounder::LayerRounder(const InputStatistics& statistics, std::span<const uint32_t> outliers)
    : columns_(statistics.columns) {
  const std::vector<double> covariance = statistics.covariance();
  orderColumns(covariance, outliers);
  factorize(covariance);
}

void LayerRounder::orderColumns(std::span<const double> covariance,
                                std::span<const uint32_t> outliers) {
  const auto isOrdinary = [&](uint32_t column) {
    return std::find(outliers.begin(), outliers.end(), column) == outliers.end();
  };
  order_.resize(columns_);
  std::iota(order_.begin(), order_.end(), 0);
  const auto rest = std::stable_partition(order_.begin(), order_.end(), isOrdinary);
  firstOutlier_ = static_cast<size_t>(rest - order_.begin());
  const auto varianceOf = [&](uint32_t column) { return covariance[column * columns_ + column]; };
  std::stable_sort(order_.begin(), rest,
                   [&](uint32_t a, uint32_t b) { return varianceOf(a) < varianceOf(b); });
}

void LayerRounder::factorize(std::span<const double> covariance) {
  const size_t n = columns_;
  std::vector<double> ordered(n * n);
  double trace = 0;
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      const size_t a = order_[i];
      const size_t b = order_[j];
      ordered[i * n + j] = covariance[std::max(a, b) * n + std::min(a, b)];
    }
    trace += ordered[i * n + i];
  }
  const double damping = kDamping * trace / static_cast<double>(n) + 1e-12;
  for (size_t i = 0; i < n; ++i) ordered[i * n + i] += damping;
  factorizeCholesky(ordered.data(), n);
  factor_.resize(n * n);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      factor_[i * n + j] = static_cast<float>(ordered[i * n + j] / ordered[j * n + j]);
    }
  }
}

// The error of an output is |(w - q) L|, with (w - q) L in column j the error of weight j plus what
// the errors of the columns after it add. Rounded from the last column on, each weight makes up for
// those.
std::vector<uint8_t> LayerRounder::round(const FloatLinear& linear,
                                         std::span<const RowGrid> grids) const {
  const size_t size = size_t{linear.rows} * columns_;
  Pass pass{linear, grids, std::vector<uint8_t>(size), std::vector<float>(size),
            std::vector<float>(size)};
  for (size_t end = columns_; end > 0;) {
    const size_t first = end > kBlock ? end - kBlock : 0;
    roundBlock(pass, first, end);
    end = first;
  }
  return std::move(pass.cells);
}

void LayerRounder::roundBlock(Pass& pass, size_t first, size_t end) const {
  const size_t n = columns_;
  const size_t rows = pass.linear.rows;
  const size_t width = end - first;
  std::vector<float> carried8(rows * width);
  std::vector<float> carried7(rows * width);
  const MatrixView<float> factor{factor_.data() + end * n + first, n};
  const ProductShape shape{rows, width, n - end};
  addProduct(shape, {pass.errors8.data() + end, n}, factor, carried8.data(), width);
  addProduct(shape, {pass.errors7.data() + end, n}, factor, carried7.data(), width);
  for (size_t r = 0; r < rows; ++r) {
    float* errors8 = pass.errors8.data() + r * n;
    float* errors7 = pass.errors7.data() + r * n;
    const RowGrid& grid = pass.grids[r];
    for (size_t j = end; j-- > first;) {
      float extra8 = carried8[r * width + j - first];
      float extra7 = carried7[r * width + j - first];
      for (size_t i = j + 1; i < end; ++i) {
        extra8 += errors8[i] * factor_[i * n + j];
        extra7 += errors7[i] * factor_[i * n + j];
      }
      const float weight = pass.linear.weights[r * n + order_[j]];
      uint8_t& cell = pass.cells[r * n + order_[j]];
      if (j >= firstOutlier_) {
        cell = grid.cell(weight + (extra8 + extra7) / 2);
        errors7[j] = weight - grid.value(cell);
      } else {
        cell = jointCell(grid.place(weight + extra8), grid.place(weight + extra7));
        errors7[j] = weight - grid.upperValue(cell);
      }
      errors8[j] = weight - grid.value(cell);
    }
  }
}

}  // namespace pagevec
