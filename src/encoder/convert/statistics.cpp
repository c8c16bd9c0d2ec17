#include "encoder/convert/statistics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "encoder/convert/matrix.h"
#include "encoder/weights.h"

namespace pagevec {
namespace {

void addExcess(std::span<const float> row, std::vector<float>& sorted,
               std::vector<double>& excess) {
  sorted.resize(row.size());
  std::transform(row.begin(), row.end(), sorted.begin(), [](float x) { return std::abs(x); });
  const size_t rest = std::min<size_t>(kMaxOutliers, sorted.size() - 1);
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<ptrdiff_t>(rest), sorted.end(),
                   std::greater<>());
  const float ordinary = sorted[rest];
  for (size_t k = 0; k < row.size(); ++k) {
    const float x = std::abs(row[k]);
    if (x > ordinary) excess[k] += double{x * x - ordinary * ordinary};
  }
}

}  // namespace

void InputStatistics::add(std::span<const float> inputs, size_t width, bool wantsProducts) {
  if (empty()) {
    columns = width;
    sums.resize(columns);
    if (wantsProducts) products.resize(columns * columns);
    excess.resize(columns);
  }
  const size_t rows = inputs.size() / columns;
  tokens += rows;
  std::vector<float> sorted;
  for (size_t m = 0; m < rows; ++m) {
    const std::span<const float> row = inputs.subspan(m * columns, columns);
    for (size_t k = 0; k < columns; ++k) sums[k] += double{row[k]};
    addExcess(row, sorted, excess);
  }
  if (!wantsProducts) return;
  const MatrixView<float> x{inputs.data(), columns};
  addProduct({columns, columns, rows}, x.transposed(), x, products.data(), columns, 1,
             ProductPart::Lower);
}

std::vector<double> InputStatistics::mean() const {
  std::vector<double> mean = sums;
  for (double& value : mean) value /= static_cast<double>(tokens);
  return mean;
}

std::vector<double> InputStatistics::covariance() const {
  const std::vector<double> means = mean();
  std::vector<double> covariance(products.size());
  for (size_t i = 0; i < columns; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      const double product = double{products[i * columns + j]} / static_cast<double>(tokens);
      covariance[i * columns + j] = product - means[i] * means[j];
    }
  }
  return covariance;
}

std::vector<uint32_t> findOutliers(const InputStatistics& statistics) {
  std::vector<uint32_t> channels(statistics.columns);
  std::iota(channels.begin(), channels.end(), 0);
  std::stable_sort(channels.begin(), channels.end(), [&](uint32_t a, uint32_t b) {
    return statistics.excess[a] > statistics.excess[b];
  });
  channels.resize(std::min<size_t>(channels.size(), kMaxOutliers));
  channels.resize(kMaxOutliers, kNoChannel);
  return channels;
}

}  // namespace pagevec
