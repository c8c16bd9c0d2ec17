#include "encoder/convert/gptq.h"

#include <numeric>

#include "encoder/convert/quantize.h"

namespace pagevec {
namespace {

/// Added to the diagonal, as a share of its mean: channels that the texts never used have a say.
constexpr double kDamping = 0.01;

/// The lower triangle of L with A = L L^T (Cholesky), in place; A's lower triangle is read.
void factorizeCholesky(std::vector<double>& a, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    double* row = a.data() + i * n;
    for (size_t j = 0; j <= i; ++j) {
      const double* other = a.data() + j * n;
      double sum = row[j];
      for (size_t k = 0; k < j; ++k) sum -= row[k] * other[k];
      row[j] = j == i ? std::sqrt(sum) : sum / other[j];
    }
  }
}

/// The transpose of L^-1, row by row: an upper triangle.
std::vector<double> invertTransposed(const std::vector<double>& l, size_t n) {
  std::vector<double> inverse(n * n);
  for (size_t column = 0; column < n; ++column) {
    double* x = inverse.data() + column * n;
    x[column] = 1 / l[column * n + column];
    for (size_t i = column + 1; i < n; ++i) {
      double sum = 0;
      for (size_t k = column; k < i; ++k) sum += l[i * n + k] * x[k];
      x[i] = -sum / l[i * n + i];
    }
  }
  return inverse;
}

}  // namespace

RowRounder::RowRounder(const InputStatistics& statistics, std::span<const uint32_t> outliers) {
  if (statistics.empty()) return;
  orderColumns(statistics, outliers);
  factorize(statistics);
}

void RowRounder::orderColumns(const InputStatistics& statistics,
                              std::span<const uint32_t> outliers) {
  const auto isOutlier = [&](uint32_t column) {
    return std::find(outliers.begin(), outliers.end(), column) != outliers.end();
  };
  order_.resize(statistics.columns);
  std::iota(order_.begin(), order_.end(), 0);
  const auto rest = std::stable_partition(order_.begin(), order_.end(), isOutlier);
  outliers_ = static_cast<size_t>(rest - order_.begin());
  const auto weightOf = [&](uint32_t column) {
    return statistics.products[column * statistics.columns + column];
  };
  std::stable_sort(rest, order_.end(),
                   [&](uint32_t a, uint32_t b) { return weightOf(a) > weightOf(b); });
}

// H = R R^T with R upper is the Cholesky factorization of H with rows and columns in reverse; then
// H^-1 = U^T U with U = R^-1, which is what GPTQ needs, without ever inverting H itself.
void RowRounder::factorize(const InputStatistics& statistics) {
  const size_t n = statistics.columns;
  std::vector<double> reversed(n * n);
  double trace = 0;
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      const uint32_t a = order_[n - 1 - i];
      const uint32_t b = order_[n - 1 - j];
      reversed[i * n + j] = statistics.products[std::max(a, b) * n + std::min(a, b)];
    }
    trace += reversed[i * n + i];
  }
  const double damping = kDamping * trace / static_cast<double>(n) + 1e-12;
  for (size_t i = 0; i < n; ++i) reversed[i * n + i] += damping;
  factorizeCholesky(reversed, n);
  // R = J L J with J the reversal, so R^-1[i][j] = L^-1[n-1-i][n-1-j].
  const std::vector<double> inverse = invertTransposed(reversed, n);
  inverse_.resize(n * n);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = i; j < n; ++j) {
      inverse_[i * n + j] = inverse[(n - 1 - j) * n + (n - 1 - i)];
    }
  }
}

template <class Choose>
void RowRounder::spread(std::span<const float> row, Choose&& choose) const {
  const size_t n = order_.size();
  std::vector<double> weights(n);
  for (size_t i = 0; i < n; ++i) weights[i] = row[order_[i]];
  for (size_t i = 0; i < n; ++i) {
    const double* u = inverse_.data() + i * n;
    const double error = (weights[i] - choose(i, static_cast<float>(weights[i]))) / u[i];
    for (size_t j = i + 1; j < n; ++j) weights[j] -= error * u[j];
  }
}

void RowRounder::round(std::span<const float> row, const RowGrid& grid, uint8_t* cells) const {
  if (order_.empty()) {
    for (size_t k = 0; k < row.size(); ++k) cells[k] = grid.cell(row[k]);
    return;
  }
  spread(row, [&](size_t i, float w) -> double {
    uint8_t& cell = cells[order_[i]];
    cell = grid.cell(w);
    return i < outliers_ ? grid.value(cell) : grid.upperValue(cell >> 1);
  });
  spread(row, [&](size_t i, float w) -> double {
    uint8_t& cell = cells[order_[i]];
    if (i >= outliers_) {
      const uint8_t upper = cell >> 1;
      cell = static_cast<uint8_t>(2 * upper + (w >= grid.upperValue(upper) ? 1 : 0));
    }
    return grid.value(cell);
  });
}

}  // namespace pagevec
