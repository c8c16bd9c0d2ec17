#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pagevec {

/// What calibration texts say about the inputs x of one linear layer.
struct InputStatistics {
  size_t columns = 0;
  size_t tokens = 0;
  std::vector<double> sums;  ///< of x
  std::vector<float>
      products;  ///< columns x columns: the sum of x x^T (the lower triangle), or none
  /// For each channel, how much it widens the range of the tokens: the sum of x^2 beyond what is
  /// left once the few largest channels of a token are out.
  std::vector<double> excess;

  bool empty() const { return tokens == 0; }
  /// inputs: tokens x columns floats. products are left out when they are not wanted.
  void add(std::span<const float> inputs, size_t columns, bool wantsProducts);

  std::vector<double> mean() const;
  /// The covariance of x, row by row; its lower triangle.
  std::vector<double> covariance() const;
};

/// The kMaxOutliers channels that widen the tokens' ranges most, unused ones kNoChannel.
std::vector<uint32_t> findOutliers(const InputStatistics& statistics);

}  // namespace pagevec
